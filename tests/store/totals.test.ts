import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { blankDevice } from '../../server/devices/model.ts';
import { openSqliteStore } from '../../server/store/sqlite/store.ts';
import type { Store } from '../../server/store/store.ts';
import { fc } from '../support/fuzz.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-totals-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a total is that of the moment, whoever wrote: this process, another, one transaction or one that was undone', async () => {
  const file = join(folder, 'store.sqlite');
  const stores: [Store, Store] = [await openSqliteStore(file, { shared: true }), await openSqliteStore(file, { shared: true })];
  const [main] = await stores[0].tenants.list();
  const tenant = main?.id ?? '';
  const device = (id: string, vendor: string) => ({ ...blankDevice(id, tenant, 1), vendor });
  const steps = fc.array(
    fc.record({
      by: fc.nat(1),
      how: fc.constantFrom('insert', 'update', 'delete', 'commit', 'undo', 'look'),
      vendor: fc.constantFrom('Snom', 'Digium'),
    }),
    { maxLength: 30 },
  );
  let made = 0;
  try {
    await fc.assert(
      fc.asyncProperty(steps, async (given) => {
        for (const { by, how, vendor } of given) {
          const store = stores[by === 0 ? 0 : 1];
          const [last] = (await store.devices.list({ limit: 1, descending: true })).devices;
          const id = `d${made++}`;
          if (how === 'insert') await store.devices.insert(device(id, vendor));
          if (how === 'update' && last) await store.devices.update({ ...last, vendor });
          if (how === 'delete' && last) await store.devices.delete(last.id);
          if (how === 'commit' || how === 'undo')
            await store.transact(async ({ devices }) => {
              await devices.insert(device(id, vendor));
              const all = await devices.list({});
              expect(all.total).toBe(all.devices.length);
              // Others look while it goes on.
              expect(await stores[0].devices.count({})).toBe(all.total - 1);
              return how === 'commit';
            });
          for (const each of stores) {
            const all = await each.devices.list({});
            expect(all.total).toBe(all.devices.length);
            for (const wanted of ['Snom', 'Digium'])
              expect(await each.devices.count({ where: { vendor: wanted } })).toBe(
                all.devices.filter((row) => row.vendor === wanted).length,
              );
          }
        }
      }),
      { numRuns: 20 },
    );
  } finally {
    for (const each of stores) await each.close();
  }
}, 60_000);
