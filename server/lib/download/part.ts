import { type FileHandle, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '../durable.ts';
import { codeOf, ifThere, reason } from '../errors.ts';
import { addFile, Summing, type Sums } from '../sums.ts';
import { unwritable } from '../writing.ts';
import { Failure } from './failure.ts';

const MODE = 0o600;

/** What is written down before the first byte, so that the bytes can be trusted later. */
interface PartRecord {
  readonly url: string;
  readonly validator?: string;
}

/**
 * The file `NAME.part` in which a download grows, and what is known of it in `NAME.part.json`. All that is written goes through
 * its sums; so does what an earlier process left.
 */
export class Part {
  readonly #to: string;
  readonly #url: string;
  readonly #file: FileHandle;
  summing: Summing;
  validator: string | undefined;

  private constructor(to: string, url: string, file: FileHandle, summing: Summing, validator: string | undefined) {
    this.#to = to;
    this.#url = url;
    this.#file = file;
    this.summing = summing;
    this.validator = validator;
  }

  /**
   * Takes up what an earlier download from the same URL left, if there are sums to tell whether the whole is right.
   *
   * @param url without credentials @throws Failure download-unwritable; the signal's reason
   */
  static async open(to: string, url: string, { sums, signal }: { sums: Sums; signal?: AbortSignal | undefined }): Promise<Part> {
    return written(
      to,
      async () => {
        const record = await readRecord(recordOf(to));
        const summing = new Summing();
        // Without sums nobody would notice what a loss of power made of them.
        const isKnown = record?.url === url && sums.size > 0;
        if (isKnown && (await ifThere(stat(partOf(to))))) await addFile(summing, partOf(to), signal);
        const file = await open(partOf(to), summing.size > 0 ? 'r+' : 'w', MODE);
        return new Part(to, url, file, summing, record?.validator);
      },
      signal,
    );
  }

  /** Begins again with nothing, and notes what the bytes to come are of. */
  async begin(validator?: string): Promise<void> {
    await written(this.#to, async () => {
      this.summing = new Summing();
      this.validator = validator;
      await this.#file.truncate(0);
      // Bytes on the disk without the word on them would be taken for those of the version before.
      await this.#file.sync();
      const record: PartRecord = { url: this.#url, ...(validator !== undefined && { validator }) };
      await writeFile(recordOf(this.#to), JSON.stringify(record), { mode: MODE, flush: true });
    });
  }

  async write(bytes: Buffer): Promise<void> {
    await written(this.#to, async () => {
      let done = 0;
      while (done < bytes.length) {
        const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.summing.size + done);
        done += bytesWritten;
      }
      this.summing.add(bytes);
    });
  }

  /** The whole file gets its name; from then on it is there whatever happens. */
  async finish(): Promise<void> {
    await written(this.#to, async () => {
      await this.#file.sync();
      await this.#file.close();
      await rename(partOf(this.#to), this.#to);
      await rm(recordOf(this.#to), { force: true });
      await syncFolder(dirname(this.#to));
    });
  }

  /** Leaves it for the next time. */
  async close(): Promise<void> {
    await this.#file.close();
  }

  async discard(): Promise<void> {
    await this.#file.close();
    await removePart(this.#to);
  }
}

/** What belongs to a part that is left: the bytes last, for without the word on them they are not taken up. */
export async function removePart(to: string): Promise<void> {
  await rm(recordOf(to), { force: true });
  await rm(partOf(to), { force: true });
}

/** Runs what writes beside a download, and says in words what the file system refuses. @throws Failure download-unwritable */
export async function written<Result>(to: string, work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    signal?.throwIfAborted();
    const told = unwritable(cause, dirname(to))?.message ?? `it cannot be written: ${reason(cause)}`;
    throw new Failure('download-unwritable', told, { cause });
  }
}

const partOf = (to: string): string => `${to}.part`;
const recordOf = (to: string): string => `${to}.part.json`;

async function readRecord(path: string): Promise<PartRecord | undefined> {
  try {
    const record: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof record !== 'object' || record === null || !('url' in record) || typeof record.url !== 'string') return undefined;
    const validator = 'validator' in record && typeof record.validator === 'string' ? record.validator : undefined;
    return { url: record.url, ...(validator !== undefined && { validator }) };
  } catch (cause) {
    // Not there, or half written when the process was killed: then there is no word on the bytes.
    if (codeOf(cause) === 'ENOENT' || codeOf(cause) === '') return undefined;
    throw cause;
  }
}
