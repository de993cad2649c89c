import { setTimeout as wait } from 'node:timers/promises';
import { checkLink, type LinkState } from '../lib/download/link.ts';
import type { Network } from '../lib/download/network.ts';
import type { Patience } from '../lib/download/persist.ts';
import { ProvisioningError } from '../lib/errors.ts';
import type { Credentials } from '../lib/login.ts';
import type { WorkOptions } from '../lib/shared-work.ts';
import { loginFor } from './cache.ts';
import type { RemoteFile } from './model.ts';

export interface CheckedLink {
  readonly file: RemoteFile;
  readonly state: LinkState;
}

export interface CheckLinksOptions extends WorkOptions {
  readonly network: Network;
  readonly credentialsFor: (host: string) => Credentials | undefined;
  readonly patience?: Patience;
  /** How many hosts are asked at once; each is asked one thing at a time. Default 4. */
  readonly concurrency?: number;
  /** Between two questions to the same host. Default 200 ms. */
  readonly delayMs?: number;
}

/**
 * Asks for every file that has a URL whether it is still there, each URL once. Progress is in files.
 *
 * @returns in the order of the files; rejects only with the signal's reason
 */
export async function checkLinks(files: Iterable<RemoteFile>, options: CheckLinksOptions): Promise<CheckedLink[]> {
  const { concurrency = 4, delayMs = 200, signal, progress } = options;
  const linked = [...files].filter(({ url }) => url !== undefined);
  const states = new Map<RemoteFile, LinkState>();
  const hosts = new Map<string, Map<string, RemoteFile[]>>();
  for (const file of linked) {
    const host = hostOf(file);
    const links = hosts.get(host) ?? new Map<string, RemoteFile[]>();
    const link = `${file.size} ${file.authenticated} ${file.url}`;
    hosts.set(host, links.set(link, [...(links.get(link) ?? []), file]));
  }
  const waiting = [...hosts.values()];
  const work = async () => {
    for (let links = waiting.shift(); links; links = waiting.shift()) {
      let first = true;
      for (const same of links.values()) {
        if (!first) await pause(delayMs, signal);
        first = false;
        const [file] = same;
        if (!file) continue;
        const state = await stateOf(file, options);
        for (const each of same) states.set(each, state);
        progress?.(states.size, linked.length);
      }
    }
  };
  signal?.throwIfAborted();
  await Promise.all(Array.from({ length: Math.min(concurrency, waiting.length) }, work));
  return linked.flatMap((file) => {
    const state = states.get(file);
    return state ? [{ file, state }] : [];
  });
}

async function stateOf(file: RemoteFile, options: CheckLinksOptions): Promise<LinkState> {
  const { network, credentialsFor, patience, signal } = options;
  const { url = '', size, authenticated } = file;
  try {
    const credentials = authenticated ? loginFor(file, url, credentialsFor) : undefined;
    return await checkLink(url, size, { network, credentials, patience, signal });
  } catch (cause) {
    signal?.throwIfAborted();
    if (!(cause instanceof ProvisioningError)) throw cause;
    return { kind: 'unreachable', words: `was not asked for: ${cause.message}` };
  }
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await wait(milliseconds, undefined, signal ? { signal } : {}).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw cause;
  });
}

function hostOf({ url = '' }: RemoteFile): string {
  return URL.canParse(url) ? new URL(url).hostname : url;
}
