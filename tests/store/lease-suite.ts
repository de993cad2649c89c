import { describe, expect, test } from '@jest/globals';
import type { Lease } from '../../server/leases/model.ts';
import type { Ip } from '../../server/lib/ip.ts';
import type { Mac } from '../../server/lib/mac.ts';
import { type Open, Stage, UNUSUAL } from './stage.ts';

const full: Required<Lease> = {
  address: '10.0.0.5' as Ip,
  subnet: '10.0.0.0/24',
  client: 'id:01000fd3054848',
  mac: '00:0f:d3:05:48:48' as Mac,
  hostName: 'desk',
  vendorClass: 'digium_D40_1_1_0_0_48178',
  vendor: 'Digium',
  known: true,
  circuit: '10.0.0.1 port 7',
  state: 'declined',
  since: 1_700_000_000_001,
  expires: 1_700_000_000_002,
};
const plain: Lease = {
  address: '10.0.0.6' as Ip,
  subnet: '10.0.0.0/24',
  client: 'mac:00:0f:d3:05:48:49',
  known: false,
  circuit: '',
  state: 'bound',
  since: 0,
  expires: 2 ** 42,
};

const byAddress = (one: Lease, other: Lease) => (one.address < other.address ? -1 : 1);

export function leaseSuite(open: Open): void {
  describe('leases', () => {
    const stage = new Stage(open);
    const all = async () => (await stage.store.leases.list()).sort(byAddress);

    test('every field of a lease comes back as it was stored, and one that it does not have stays absent', async () => {
      expect(await all()).toEqual([]);
      await stage.store.leases.save([plain, full]);
      expect(await all()).toStrictEqual([full, plain]);
    });

    test.each(UNUSUAL.map((text) => [text.slice(0, 30), text]))('the text %j comes back unharmed', async (_, text) => {
      const unusual = { ...full, hostName: text, vendorClass: `${text}\0`, circuit: text };
      await stage.store.leases.save([unusual]);
      expect(await all()).toStrictEqual([unusual]);
    });

    test('a lease takes the place of the one on its address, whoever had that', async () => {
      await stage.store.leases.save([full, plain]);
      const next: Lease = { ...plain, address: full.address };
      await stage.store.leases.save([next]);
      expect(await all()).toStrictEqual([next, plain]);
    });

    test('of writes of one address at once the last counts, and a removal is one of them', async () => {
      const { leases } = stage.store;
      await Promise.all([
        ...Array.from({ length: 50 }, (_, index) => leases.save([{ ...plain, since: index }])),
        leases.save([full]),
        leases.remove([full.address]),
      ]);
      expect(await all()).toStrictEqual([{ ...plain, since: 49 }]);
    });

    test('of leases that are saved together all are stored, or none', async () => {
      const broken = { ...full, since: Number.NaN };
      await expect(stage.store.leases.save([plain, broken])).rejects.toMatchObject({ code: 'store-failed' });
      expect(await all()).toEqual([]);
    });

    test('those that are removed are gone, and those that were never there are passed over', async () => {
      await stage.store.leases.save([full, plain]);
      await stage.store.leases.remove([full.address, '10.9.9.9' as Ip]);
      expect(await all()).toStrictEqual([plain]);
    });
  });
}
