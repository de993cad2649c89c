/**
 * Writes into the store `argv[2]` until it is killed, and says on stdout what was acknowledged, a line each, only after its
 * promise resolved: `device ID REVISION`, `config ID REVISION`; revision 0 is a deletion. Ids begin with `argv[3]`.
 */
import { pathToFileURL } from 'node:url';
import type { Config } from '../../server/configs/model.ts';
import type { Device } from '../../server/devices/model.ts';
import type { Mac } from '../../server/lib/mac.ts';
import { openSqliteStore } from '../../server/store/sqlite/store.ts';

/** So many lanes write at once, so that commits hold several writes. */
const LANES = 8;

/** What the writer stores as one revision of a device; the reader makes it again to compare. */
export function deviceAt(id: string, tenant: string, revision: number): Device {
  return {
    id,
    tenant,
    mac: `mac of ${id}` as Mac,
    model: `model ${revision}`,
    pinned: revision % 2 === 0,
    approved: true,
    options: new Map([[id, revision]]),
    extra: new Map(),
    created: 1_000,
    updated: 1_000 + revision,
    revision,
  };
}

/** The same for a config; some are larger than a page of the file. */
export function configAt(id: string, tenant: string, revision: number): Config {
  return {
    id,
    tenant,
    parents: Array.from({ length: revision }, (_, index) => `${id} parent ${index}`),
    raw: new Map([['text', `${id} ${revision} `.repeat(revision * 100)]]),
    transient: true,
    deletable: true,
    extra: new Map(),
    created: 1_000,
    updated: 1_000 + revision,
    revision,
  };
}

/** Whether the writer deletes a record when it has reached its last revision. */
export function endsDeleted(kind: string, id: string): boolean {
  const count = Number(id.split('-').at(-1));
  return count % (kind === 'device' ? 3 : 4) === 0;
}

/** The last revision that the writer stores of anything. */
export const LAST = 3;

async function main(file: string, prefix: string): Promise<void> {
  // Should nobody kill it, it ends by itself.
  setTimeout(() => process.exit(1), 10_000);
  const store = await openSqliteStore(file);
  const [tenant] = await store.tenants.list();
  if (!tenant) throw new Error('The store has no main tenant');
  // A pipe is written synchronously: what was said before the kill is read.
  const say = (line: string) => process.stdout.write(`${line}\n`);

  const lane = async (name: string) => {
    for (let count = 0; ; count++) {
      const id = `${name}-${count}`;
      await store.devices.insert(deviceAt(id, tenant.id, 1));
      say(`device ${id} 1`);
      await store.configs.insert(configAt(id, tenant.id, 1));
      say(`config ${id} 1`);
      for (let revision = 1; revision < LAST; revision++) {
        if (await store.devices.update({ ...deviceAt(id, tenant.id, revision + 1), revision }))
          say(`device ${id} ${revision + 1}`);
        if (await store.configs.update({ ...configAt(id, tenant.id, revision + 1), revision }))
          say(`config ${id} ${revision + 1}`);
      }
      if (endsDeleted('device', id) && (await store.devices.delete(id))) say(`device ${id} 0`);
      if (endsDeleted('config', id) && (await store.configs.delete(id))) say(`config ${id} 0`);
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, index) => lane(`${prefix}-${index}`)));
}

const [, program, file, prefix] = process.argv;
if (program && import.meta.url === pathToFileURL(program).href && file && prefix) await main(file, prefix);
