import type { IncomingMessage } from 'node:http';
import { ProvisioningError } from '../errors.ts';
import type { Credentials } from '../login.ts';
import { wrongSize } from '../sums.ts';
import { Failure, statusFailure } from './failure.ts';
import { openFtp } from './ftp.ts';
import { askHttp } from './http.ts';
import { credentialsIn, type Network, parseUrl, proxyFor, STALL_MS } from './network.ts';
import { type Patience, persist } from './persist.ts';
import { lengthOf, rangeOf } from './source.ts';
import { within } from './within.ts';

/** Whether a file is still where it was; `words` say it in a sentence without a subject. */
export type LinkState = { readonly words: string } & (
  | { readonly kind: 'ok' }
  /** The server has another file there. */
  | { readonly kind: 'other-size'; readonly size: number }
  /** The server does not give it; its HTTP or FTP status. */
  | { readonly kind: 'gone'; readonly status: number }
  /** Nobody could tell. */
  | { readonly kind: 'unreachable' }
);

export interface LinkOptions {
  readonly network: Network;
  readonly credentials?: Credentials | undefined;
  readonly patience?: Patience | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Asks whether a URL leads to a file of that size, without fetching it. Rejects only with the signal's reason. */
export async function checkLink(text: string, size: number, options: LinkOptions): Promise<LinkState> {
  const { signal, patience = {} } = options;
  try {
    const url = parseUrl(text);
    const credentials = options.credentials ?? credentialsIn(url);
    const found = await persist('', () => sizeOf(url, { ...options, credentials }), { tries: 2, ...patience }, signal);
    if (found === undefined) return { kind: 'ok', words: 'is there; the server does not tell its size' };
    if (found === size) return { kind: 'ok', words: 'is there' };
    return { kind: 'other-size', size: found, words: wrongSize(found, size) };
  } catch (cause) {
    signal?.throwIfAborted();
    if (!(cause instanceof ProvisioningError)) throw cause;
    const failure = cause.cause instanceof Failure ? cause.cause : cause;
    const status = failure instanceof Failure && !failure.passing ? failure.status : undefined;
    const verb = failure.code === 'download-missing' ? 'is gone' : 'is not given';
    if (status !== undefined) return { kind: 'gone', status, words: `${verb}: ${failure.message}` };
    return { kind: 'unreachable', words: `cannot be reached: ${failure.message}` };
  }
}

async function sizeOf(url: URL, { network, credentials, signal }: LinkOptions): Promise<number | undefined> {
  if (url.protocol === 'ftp:' && !proxyFor(url, network.proxies)) {
    const { stallMs = STALL_MS } = network;
    const file = await openFtp(url, { credentials, network, signal });
    try {
      // Where no size is told, only its first bytes tell that it is there.
      if (file.size === undefined) await within(file.read(0).next(), stallMs, { where: url.host, what: 'no byte', signal });
      return file.size;
    } finally {
      file.close();
    }
  }
  const ask = async (method: 'HEAD' | 'GET', headers: Record<string, string>) => {
    const answer = await askHttp(url, { method, headers, credentials, network, signal });
    answer.destroy();
    return answer;
  };
  const head = await ask('HEAD', {});
  if (head.statusCode === 200 && lengthOf(head) !== undefined) return lengthOf(head);
  // Some servers know no HEAD, and some refuse it to all.
  if (![200, 403, 405, 501].includes(head.statusCode ?? 0)) throw refusal(head, url);
  const first = await ask('GET', { range: 'bytes=0-0' });
  if (first.statusCode === 206) return rangeOf(first).total;
  if (first.statusCode === 200) return lengthOf(first);
  throw refusal(first, url);
}

function refusal({ statusCode = 0, headers }: IncomingMessage, url: URL): Failure {
  return statusFailure(statusCode, url.host, headers['retry-after']);
}
