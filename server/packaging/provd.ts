import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFirmware, type Source } from '../firmware/read.ts';
import type { Network } from '../lib/download/network.ts';
import { type Complaint, ProvisioningError } from '../lib/errors.ts';
import { nearest } from '../lib/nearest.ts';
import { most } from '../repositories/model.ts';
import type { Shelf } from '../repositories/open.ts';
import { PLUGINS_DB, type ProvdEntry, readPluginsDb, unpackProvd } from '../repositories/provd.ts';
import { shelfAt } from '../repositories/web.ts';

/** A plugin of provd that was unpacked as data. */
export interface TakenPlugin {
  readonly id: string;
  readonly version: string;
  readonly folder: string;
  /** Ids of its firmware packages. */
  readonly firmware: readonly string[];
  /** What is wrong with what describes them. */
  readonly problem?: string;
}

/**
 * What a repository of provd has. @param location a folder or a URL
 * @throws ProvisioningError index-missing, index-invalid, repository-missing, download-…
 */
export async function listProvd(
  location: string,
  network: Network,
): Promise<{ readonly entries: readonly ProvdEntry[]; readonly complaints: readonly Complaint[] }> {
  return inScratch(async (scratch) => readIndex(await shelfAt(location, { network, folder: scratch })));
}

/**
 * Downloads plugins of provd, checks them and unpacks each into a folder of its id. They are data: nothing of them is run.
 * @throws ProvisioningError package-unknown, and what listing, checking and unpacking throw
 */
export async function takeProvd(
  location: string,
  ids: readonly string[],
  { network, into }: { readonly network: Network; readonly into: string },
): Promise<TakenPlugin[]> {
  return inScratch(async (scratch) => {
    const shelf = await shelfAt(location, { network, folder: scratch });
    const { entries } = await readIndex(shelf);
    const wanted = ids.map((id) => find(entries, id));
    const taken: TakenPlugin[] = [];
    for (const entry of wanted) {
      const { id, version } = entry;
      const file = join(scratch, entry.file);
      const bytes = await shelf.read(entry.file, most.archive);
      if (!bytes)
        throw new ProvisioningError('archive-missing', `${shelf.name} has no ${entry.file}, although ${PLUGINS_DB} names it`);
      await writeFile(file, bytes);
      const folder = join(into, id);
      const { firmware } = await unpackProvd(file, entry, folder);
      taken.push({ id, version, folder, ...describedBy(firmware) });
    }
    return taken;
  });
}

function describedBy(sources: readonly Source[]): Pick<TakenPlugin, 'firmware' | 'problem'> {
  try {
    return { firmware: [...readFirmware(sources).packages.keys()] };
  } catch (cause) {
    if (!(cause instanceof ProvisioningError)) throw cause;
    return { firmware: [], problem: cause.message };
  }
}

async function readIndex(shelf: Shelf) {
  const bytes = await shelf.read(PLUGINS_DB, most.index);
  if (!bytes) throw new ProvisioningError('index-missing', `${shelf.name} has no ${PLUGINS_DB}: it is no repository of provd`);
  return readPluginsDb(bytes);
}

function find(entries: readonly ProvdEntry[], id: string): ProvdEntry {
  const found = entries.find((each) => each.id === id);
  if (found) return found;
  const like = nearest(
    id,
    entries.map((each) => each.id),
  );
  throw new ProvisioningError(
    'package-unknown',
    `There is no plugin ${id}${like === undefined ? '' : `; did you mean ${like}?`}`,
  );
}

async function inScratch<Result>(work: (scratch: string) => Promise<Result>): Promise<Result> {
  const scratch = await mkdtemp(join(tmpdir(), 'offhook-provd-'));
  try {
    return await work(scratch);
  } finally {
    await rm(scratch, { recursive: true });
  }
}
