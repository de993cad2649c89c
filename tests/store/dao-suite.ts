import { describe, expect, test } from '@jest/globals';
import { configSuite } from './config-suite.ts';
import { deviceSuite } from './device-suite.ts';
import { historySuite } from './history-suite.ts';
import { leaseSuite } from './lease-suite.ts';
import { listSuite } from './list-suite.ts';
import { operationSuite } from './operation-suite.ts';
import { type Open, Stage } from './stage.ts';
import { tenantSuite } from './tenant-suite.ts';
import { tokenSuite } from './token-suite.ts';
import { userSuite } from './user-suite.ts';

/** What every store promises, whatever the database. */
export function daoSuite(name: string, open: Open): void {
  describe(name, () => {
    deviceSuite(open);
    configSuite(open);
    tenantSuite(open);
    tokenSuite(open);
    operationSuite(open);
    leaseSuite(open);
    userSuite(open);
    historySuite(open);
    listSuite(open);

    describe('the store', () => {
      const stage = new Stage(open);

      test('an open store answers a ping', async () => {
        await expect(stage.store.ping()).resolves.toBeUndefined();
      });

      test('a closed store refuses every call, and may be closed again', async () => {
        const { tenants, devices, configs } = stage.store;
        await stage.store.close();
        const calls = [
          stage.store.ping(),
          tenants.list(),
          devices.get('d'),
          devices.delete('d'),
          configs.insert(stage.config({ id: 'c' })),
        ];
        const outcomes = await Promise.allSettled(calls);
        expect(outcomes).toEqual(
          calls.map(() => ({ status: 'rejected', reason: expect.objectContaining({ code: 'store-closed' }) })),
        );
        await expect(stage.store.close()).resolves.toBeUndefined();
      });

      test('what was called before close is written, and its promises resolve', async () => {
        const written = stage.addDevices({ id: 'd' });
        await stage.store.close();
        await expect(written).resolves.toBeUndefined();
      });
    });
  });
}
