import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Credentials } from '../login.ts';
import { differenceOf, formatCount, type Summing, type Sums, wrongSize } from '../sums.ts';
import { Failure } from './failure.ts';
import { credentialsIn, type Network, parseUrl, STALL_MS, shown } from './network.ts';
import { Part, removePart, written } from './part.ts';
import { type Patience, persist } from './persist.ts';
import { openSource, type Source } from './source.ts';
import { within } from './within.ts';

/** What is known of a file before it is here: its size, or the most that it may have. */
export type Expected = { readonly sums: Sums } & ({ readonly size: number } | { readonly most: number });

export type DownloadOptions = Expected & {
  /** Where it is kept, in a folder that exists. While it is on its way, `.part` and `.part.json` stand beside it. */
  readonly to: string;
  readonly network: Network;
  readonly patience?: Patience | undefined;
  /** Default: those that the URL has. */
  readonly credentials?: Credentials | undefined;
  readonly signal?: AbortSignal | undefined;
  /** In bytes; the end when it is known. */
  readonly progress?: ((current: number, end?: number) => void) | undefined;
};

/**
 * Fetches a file by http, https or ftp. What has its final name is whole, and has the size and the sums that were expected; it is as
 * the server has it, no encoding undone. What was cut off, also by the end of this process, is taken up where it ended. One at a time
 * for each `to`.
 *
 * @returns its size and all its sums
 * @throws ProvisioningError download-…, which names the URL, the try, and what was expected; the signal's reason, with nothing left
 */
export async function download(text: string, options: DownloadOptions): Promise<Summing> {
  const { to, sums, signal, patience = {} } = options;
  const url = parseUrl(text);
  const what = `Cannot download ${shown(url)}`;
  const credentials = options.credentials ?? credentialsIn(url);
  signal?.throwIfAborted();
  const fetched = persist(
    what,
    async () => {
      const part = await Part.open(to, shown(url), { sums, signal });
      try {
        await checkRoom(options, part);
        await receive(url, part, { ...options, credentials });
        await part.finish();
        return part.summing;
      } catch (cause) {
        // What comes again is worth keeping: a wrong or unwanted file is not.
        const keep = cause instanceof Failure && cause.passing && part.summing.size > 0;
        await (keep ? part.close() : part.discard());
        throw cause;
      }
    },
    patience,
    signal,
  );
  return fetched.catch(async (cause: unknown) => {
    if (signal?.aborted) await removePart(to);
    throw cause;
  });
}

async function receive(url: URL, part: Part, options: DownloadOptions): Promise<void> {
  const { network, credentials, signal, progress, sums } = options;
  const size = 'size' in options ? options.size : undefined;
  const [limit, limitWords] = 'size' in options ? [options.size, 'that were expected'] : [options.most, 'that are allowed'];
  const tooLong = () => new Failure('download-mismatch', `it is longer than the ${formatCount(limit)} bytes ${limitWords}`);
  const mismatch = (difference: string, passing: boolean) => new Failure('download-mismatch', `it ${difference}`, { passing });
  const { stallMs = STALL_MS } = network;

  if (part.summing.size > limit) await part.begin();
  // Killed after the last byte, before the file had its name.
  if (part.summing.size === size && differenceOf(part.summing, { size, sums }) === undefined) return;
  if (part.summing.size === size) await part.begin();

  const wanted = { offset: part.summing.size, validator: part.validator, size, credentials, network, signal };
  const source = await openSource(url, wanted);
  try {
    if (source.size !== undefined && source.size > limit && size === undefined) throw tooLong();
    if (source.size !== undefined && size !== undefined && source.size !== size)
      throw mismatch(wrongSize(source.size, size), false);
    const resumed = source.offset > 0;
    if (!resumed) await part.begin(source.validator);
    const end = size ?? source.size;
    progress?.(part.summing.size, end);
    for (;;) {
      const next = await within(source.bytes.next(), stallMs, { where: url.host, what: 'no byte', signal });
      if (next.done) break;
      if (part.summing.size + next.value.length > limit) {
        if (!resumed) throw tooLong();
        await part.begin();
        throw new Failure('download-mismatch', tooLong().message, { passing: true });
      }
      await part.write(next.value);
      progress?.(part.summing.size, end);
    }
    if (end !== undefined && part.summing.size < end && !source.conclusive) {
      const problem = `the connection ended after ${formatCount(part.summing.size)} of ${formatCount(end)} bytes`;
      throw new Failure('download-failed', `${url.host}: ${problem}`, { passing: true });
    }
    const difference = differenceOf(part.summing, { ...(size !== undefined && { size }), sums });
    if (difference === undefined) return;
    // The earlier bytes may have been of another file: that is found out by beginning again.
    if (resumed) await part.begin();
    throw mismatch(`${difference}${encodingOf(source)}`, resumed);
  } finally {
    source.close();
  }
}

function encodingOf({ encoding }: Source): string {
  const unasked = encoding !== undefined && encoding !== 'identity';
  return unasked ? `; the server says that it sent it in the encoding ${encoding}, which was not asked for` : '';
}

/** @throws Failure download-no-room */
async function checkRoom(options: DownloadOptions, { summing }: Part): Promise<void> {
  if (!('size' in options)) return;
  const { bavail, bsize } = await written(options.to, () => statfs(dirname(options.to)));
  const [free, needed] = [bavail * bsize, options.size - summing.size];
  if (free >= needed) return;
  throw new Failure(
    'download-no-room',
    `it needs ${formatCount(needed)} bytes, and the file system of ${dirname(options.to)} has ${formatCount(free)} free; make room, then try again`,
  );
}
