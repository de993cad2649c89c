import { describe, expect, test } from '@jest/globals';
import type { DeviceFilter, DeviceQuery, DeviceSort, StoredDevice } from '../../server/devices/dao.ts';
import type { Device } from '../../server/devices/model.ts';
import type { Ip } from '../../server/lib/ip.ts';
import { comparePositions, type Position } from '../../server/lib/paging.ts';
import type { Store } from '../../server/store/store.ts';
import { fc } from '../support/fuzz.ts';
import { type Open, Stage } from './stage.ts';

const few = (...values: string[]) => fc.constantFrom(undefined, undefined, ...values);
const facts = {
  ip: few('10.0.0.1', '10.0.0.12', '::1'),
  serial: few('S1', 's12', 'T'),
  uuid: few('u1', 'u2'),
  vendor: few('Digium', 'Snom'),
  model: few('D40', 'd4x', 'T46S'),
  version: few('1', '2'),
  plugin: few('p-1', 'p-2'),
  config: few('c1', 'c2'),
  description: few('Desk', 'desk', 'Front', 'd'),
} as const;
const rows = fc.array(
  fc.record({
    ...facts,
    tenant: fc.nat(2),
    hasMac: fc.boolean(),
    pinned: fc.boolean(),
    approved: fc.boolean(),
    auto: fc.boolean(),
    configured: fc.boolean(),
    created: fc.nat(3),
    updated: fc.nat(3),
    seenAt: fc.constantFrom(undefined, 1, 2, 3),
    fetched: fc.constantFrom(undefined, 'now', 'before'),
  }),
  { minLength: 1, maxLength: 25 },
);
const orNull = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: null });
const where = fc.record(
  {
    ...(Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, orNull(value)])) as object),
    mac: fc.constant(null),
    added: fc.constantFrom('auto', null),
    pinned: fc.boolean(),
    approved: fc.boolean(),
  },
  { requiredKeys: [] },
);
const filter = fc.record(
  {
    where,
    tenants: fc.subarray(['t0', 't1', 't2', 't3']),
    configured: fc.boolean(),
    inSync: fc.constantFrom(true, false, null),
    recognised: fc.boolean(),
    state: fc.constantFrom('held', 'configured', 'failing'),
    seen: fc.boolean(),
    seenSince: fc.nat(4),
    notSeenSince: fc.nat(4),
    changedSince: fc.nat(4),
    search: fc.constantFrom('d', 'D', '10.0.0.1', '00-0F', '000fd3', 'S1', 'T4', 'id1', 'x', '%'),
  },
  { requiredKeys: [] },
);
const sorts: readonly DeviceSort[] = [
  ...(['created', 'updated', 'seen', 'id', 'mac', 'ip', 'serial', 'uuid'] as const),
  ...(['vendor', 'model', 'version', 'plugin', 'config', 'description'] as const),
];
const order = fc.record({ sort: fc.constantFrom(...sorts), descending: fc.boolean(), limit: fc.integer({ min: 1, max: 7 }) });

type Row = StoredDevice & { readonly ordinal: number };

/** What a list is, said as plainly as can be. */
function expected(
  all: readonly Row[],
  asked: DeviceFilter,
  { sort, descending }: { sort: DeviceSort; descending: boolean },
): string[] {
  const { tenants, configured, inSync, recognised, state, seen, seenSince, notSeenSince, changedSince, search } = asked;
  const found = all.filter((row) => {
    const at = row.seen?.at;
    const stateOf = !row.approved ? 'held' : row.condition.configured ? 'configured' : 'failing';
    const is = (wanted: unknown, value: unknown) => wanted === undefined || wanted === value;
    const facts = Object.entries(asked.where ?? {}).every(([name, value]) => {
      const own = row[name as keyof Row];
      return is(
        name === 'description' && typeof value === 'string' ? value.toLowerCase() : value,
        name === 'description' && typeof own === 'string' ? own.toLowerCase() : (own ?? null),
      );
    });
    return (
      facts &&
      (!tenants || tenants.includes(row.tenant)) &&
      is(configured, row.condition.configured) &&
      is(inSync, row.inSync ?? null) &&
      is(recognised, row.vendor !== undefined) &&
      is(state, stateOf) &&
      is(seen, at !== undefined) &&
      (seenSince === undefined || (at !== undefined && at >= seenSince)) &&
      (notSeenSince === undefined || at === undefined || at < notSeenSince) &&
      (changedSince === undefined || row.updated >= changedSince) &&
      (search === undefined || isCalled(row, search))
    );
  });
  const sortedBy = (row: Row) =>
    (sort === 'seen' ? row.seen?.at : sort === 'description' ? row.description?.toLowerCase() : row[sort]) ?? null;
  const position = (row: Row): Position => [sortedBy(row), row.created, row.ordinal];
  found.sort((one, other) => (descending ? -1 : 1) * comparePositions(position(one), position(other)));
  return found.map(({ id }) => id);
}

function isCalled({ id, mac, ip, serial, model, description }: Row, search: string): boolean {
  const digits = search.replaceAll(/[:.-]/g, '').toLowerCase();
  const begins = (name: string | undefined) => name?.toLowerCase().startsWith(search.toLowerCase()) === true;
  const isMac = /^[\da-f]{1,12}$/.test(digits) && mac?.replaceAll(':', '').startsWith(digits) === true;
  return id.startsWith(search) || isMac || [ip, serial, model, description].some(begins);
}

export function listSuite(open: Open): void {
  describe('lists of devices', () => {
    const stage = new Stage(open);

    async function fill(
      given: readonly (typeof rows extends fc.Arbitrary<(infer Row)[]> ? Row : never)[],
      from = 0,
    ): Promise<void> {
      const { devices } = stage.store;
      for (const [at, { tenant, hasMac, auto, configured, seenAt, fetched, ...fields }] of given.entries()) {
        const index = from + at;
        const id = `id${index}`;
        const mac = hasMac ? `00:0f:d3:00:00:${String(index).padStart(2, '0')}` : undefined;
        const known = Object.entries({ ...fields, mac, added: auto ? 'auto' : undefined }).filter(
          ([, value]) => value !== undefined,
        );
        await devices.insert(stage.device({ ...(Object.fromEntries(known) as Partial<Device>), id, tenant: `t${tenant}` }));
        if (fetched) {
          const delivery = { device: id, artefact: 'a', digest: fetched, at: 1, ip: '10.0.0.9' as Ip, transport: 'http' };
          await devices.noteDeliveries([{ ...delivery, own: true }]);
        }
        await devices.setConditions(new Map([[id, { configured, wanted: new Map([['a', 'now']]) }]]));
        if (seenAt !== undefined) await devices.noteSightings([{ device: id, at: seenAt, ip: '10.0.0.9' as Ip }]);
      }
    }

    async function stored(store: Store): Promise<Row[]> {
      const ids = Array.from({ length: 60 }, (_, index) => `id${index}`);
      const found = await Promise.all(ids.map((id) => store.devices.get(id)));
      return found.flatMap((device, ordinal) => (device ? [{ ...device, ordinal }] : []));
    }

    async function empty(): Promise<void> {
      for (const id of await stage.store.devices.ids()) await stage.store.devices.delete(id);
    }

    async function walk(query: DeviceQuery, between: () => Promise<void> = async () => {}) {
      const pages: StoredDevice[] = [];
      const totals: number[] = [];
      for (let after: Position | undefined; ; ) {
        const found = await stage.store.devices.list({ ...query, ...(after && { after }) });
        pages.push(...found.devices);
        totals.push(found.total);
        if (!found.next) return { ids: pages.map(({ id }) => id), totals };
        after = found.next;
        await between();
      }
    }

    const tenants = async () => {
      for (const id of ['t0', 't1', 't2']) await stage.addTenant({ id, name: id });
    };

    test('all pages together have each row that fits once, in the order of a plain sort, and each knows the total', async () => {
      await tenants();
      await fc.assert(
        fc.asyncProperty(rows, filter, order, async (given, asked, page) => {
          await empty();
          await fill(given);
          const ids = expected(await stored(stage.store), asked as DeviceFilter, page);
          const walked = await walk({ ...(asked as DeviceFilter), ...page });
          expect(walked.ids).toEqual(ids);
          expect(new Set(walked.totals)).toEqual(new Set([ids.length]));
          expect(await stage.store.devices.count(asked as DeviceFilter)).toBe(ids.length);
        }),
        { numRuns: 80 },
      );
    }, 60_000);

    test('rows that come and go between pages make no other come twice or not at all', async () => {
      await tenants();
      await fc.assert(
        fc.asyncProperty(rows, rows, order, fc.array(fc.nat(24)), async (given, later, page, removed) => {
          await empty();
          await fill(given);
          const before = expected(await stored(stage.store), {}, page);
          const comers = later.slice(0, 10);
          let turn = 0;
          const gone = new Set<string>();
          const { ids } = await walk(page, async () => {
            const id = `id${removed[turn] ?? 99}`;
            if (await stage.store.devices.delete(id)) gone.add(id);
            const comer = comers[turn];
            if (comer) await fill([comer], 30 + turn);
            turn += 1;
          });
          expect(new Set(ids).size).toBe(ids.length);
          const stayed = before.filter((id) => !gone.has(id));
          expect(ids.filter((id) => stayed.includes(id))).toEqual(stayed);
        }),
        { numRuns: 40 },
      );
    }, 60_000);
  });
}
