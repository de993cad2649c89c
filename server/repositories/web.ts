import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory } from '../lib/directory.ts';
import { download } from '../lib/download/download.ts';
import type { Network } from '../lib/download/network.ts';
import { parseUrl, shown } from '../lib/download/network.ts';
import type { Patience } from '../lib/download/persist.ts';
import { ProvisioningError } from '../lib/errors.ts';
import { writing } from '../lib/writing.ts';
import { localShelf, type Shelf } from './open.ts';

export interface WebOptions {
  readonly network: Network;
  readonly patience?: Patience;
  /** For what is on its way. */
  readonly folder: string;
}

/** A repository by its location: on this machine, or on a web or FTP server. @throws ProvisioningError repository-missing, download-url-invalid */
export async function shelfAt(location: string, options: WebOptions): Promise<Shelf> {
  return /^(?:https?|ftp):/i.test(location) ? webShelf(location, options) : localShelf(location);
}

function webShelf(location: string, { folder, ...options }: WebOptions): Shelf {
  const base = parseUrl(location);
  const urlOf = (path: string) => {
    const url = new URL(base);
    // What follows a question mark belongs to each of its files.
    url.pathname = `${base.pathname.replace(/\/$/, '')}/${path}`;
    return url.href;
  };
  return {
    name: shown(base),

    async read(path, most, signal) {
      await writing(folder, () => makeDirectory(folder));
      const to = join(folder, randomUUID());
      try {
        // Never resumed: an index that changes meanwhile would be half of each.
        await download(urlOf(path), { ...options, to, most, sums: new Map(), signal });
        return await readFile(to);
      } catch (cause) {
        if (cause instanceof ProvisioningError && cause.code === 'download-missing') return undefined;
        throw cause;
      } finally {
        await rm(to, { force: true });
      }
    },

    async fetch(path, { size, sha256 }, to, signal) {
      await writing(folder, () => makeDirectory(folder));
      await download(urlOf(path), { ...options, to, size, sums: new Map([['sha256', sha256]]), signal });
    },
  };
}
