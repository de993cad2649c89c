import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConfigNotifier } from '../server/configs/notifier.ts';
import { createConfigService } from '../server/configs/service.ts';
import type { DeviceQuery } from '../server/devices/dao.ts';
import type { Device } from '../server/devices/model.ts';
import type { Ip } from '../server/lib/ip.ts';
import type { Mac } from '../server/lib/mac.ts';
import type { Position } from '../server/lib/paging.ts';
import { openSqliteStore } from '../server/store/sqlite/store.ts';
import type { Store } from '../server/store/store.ts';
import { baseRaw, ordered, rawOf } from './support/fleet.ts';
import type { Part, Row } from './support/table.ts';

const sizes = [1_000, 10_000, 100_000] as const;
const page = 50;
const tenantCount = 10;
const calls = 200;
const vendors = ['Cisco', 'Digium', 'Snom', 'Yealink'];

/** Before the devices are made, and after the last. */
const epoch = Date.UTC(2030, 0, 1);

interface Place {
  readonly store: Store;
  readonly size: number;
  readonly main: string;
  readonly resolve: (id: string) => Promise<unknown>;
}

/** Devices of several vendors and tenants, in the order in which a site comes to them: by the batch. */
async function fill(file: string, size: number): Promise<Place> {
  const store = await openSqliteStore(file);
  const [main] = await store.tenants.list();
  if (!main) throw new Error('the store has no main tenant');
  const stored = { created: epoch, updated: epoch, revision: 1, extra: new Map() };
  for (let tenant = 0; tenant < tenantCount; tenant++)
    await store.tenants.insert({ ...stored, id: `t${tenant}`, name: `t${tenant}`, main: false, parent: main.id });
  const config = { ...stored, tenant: main.id, transient: false, deletable: true };
  await store.configs.insert({ ...config, id: 'base', parents: [], raw: ordered(baseRaw('192.0.2.1')) });
  for (let from = 0; from < size; from += 10_000) {
    await store.transact(async ({ configs, devices }) => {
      for (let index = from; index < Math.min(from + 10_000, size); index++) {
        const device = deviceOf(index, size);
        await configs.insert({ ...config, id: device.id, parents: ['base'], raw: ordered(rawOf(index)) });
        await devices.insert(device);
      }
      return true;
    });
  }
  const ids = await store.devices.ids();
  await store.devices.setConditions(new Map(ids.map((id, index) => [id, { configured: index % 50 !== 0 }])));
  await store.devices.noteSightings(
    ids.filter((_, index) => index % 3 !== 0).map((device, index) => ({ device, at: epoch + index, ip: '10.0.0.1' as Ip })),
  );
  const configs = createConfigService({
    dao: store.configs,
    base: new Map(),
    line: (tenant) => [tenant],
    notifier: createConfigNotifier(store.configs, () => {}),
    now: Date.now,
  });
  return { store, size, main: main.id, resolve: (id) => configs.resolve(id) };
}

const idOf = (index: number): string => index.toString(16).padStart(12, '0');

function deviceOf(index: number, size: number): Device {
  const id = idOf(index);
  const batch = Math.floor((index / size) * 20);
  const vendor = vendors[batch % vendors.length] ?? '';
  return {
    id,
    tenant: `t${index % tenantCount}`,
    mac: (id.match(/../g) ?? []).join(':') as Mac,
    ip: `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}` as Ip,
    serial: `SN${id}`,
    vendor,
    model: `${vendor} ${batch}`,
    version: `1.${batch % 3}`,
    plugin: `${vendor.toLowerCase()}-1`,
    config: id,
    description: `Desk ${index}`,
    pinned: index % 10 === 0,
    approved: index % 100 !== 1,
    options: new Map(),
    extra: new Map(),
    created: epoch + index,
    updated: epoch + index,
    revision: 1,
  };
}

/** What is measured, by its name. `turn` rises with each call. */
const work: Readonly<Record<string, (place: Place, turn: number) => Promise<unknown>>> = {
  get: ({ store, size }, turn) => store.devices.get(idOf((turn * 7_919) % size)),
  async update({ store, size }, turn) {
    const device = await store.devices.get(idOf((turn * 7_919) % size));
    if (device) await store.devices.update({ ...device, description: `Desk of ${turn}`, updated: epoch + size + turn });
  },
  'update 1,000 that were made one after the other, together': together((turn, index) => turn * 1_000 + index),
  'update 1,000 from all over, together': together((turn, index) => turn * 7_919 + index * 97),
  'resolve a config': ({ resolve, size }, turn) => resolve(idOf((turn * 7_919) % size)),
  ...Object.fromEntries(
    Object.entries<(size: number) => DeviceQuery>({
      all: () => ({}),
      'a MAC address': (size) => ({ where: { mac: deviceOf(size >> 1, size).mac ?? null } }),
      'an IP address': (size) => ({ where: { ip: deviceOf(size >> 1, size).ip ?? null } }),
      'a config': (size) => ({ where: { config: idOf(size >> 1) } }),
      'a vendor': () => ({ where: { vendor: 'Snom' } }),
      'a model': () => ({ where: { model: 'Snom 18' } }),
      'a version': () => ({ where: { version: '1.2' } }),
      'a plugin': () => ({ where: { plugin: 'snom-1' } }),
      'no plugin': () => ({ where: { plugin: null } }),
      'a tenant': () => ({ tenants: ['t3'] }),
      'all tenants below one': () => ({ tenants: Array.from({ length: tenantCount }, (_, index) => `t${index}`) }),
      'a tenant and a vendor': () => ({ tenants: ['t3'], where: { vendor: 'Snom' } }),
      'what is failing': () => ({ state: 'failing' }),
      'what is not configured': () => ({ configured: false }),
      'what is held': () => ({ state: 'held' }),
      'what is not recognised': () => ({ recognised: false }),
      'what was never seen': () => ({ seen: false }),
      'what changed lately': (size) => ({ changedSince: epoch + size - page }),
      'a beginning that few have': (size) => ({ search: idOf(size >> 1) }),
      'a beginning that all have': () => ({ search: 'Desk' }),
      'all by MAC address': () => ({ sort: 'mac' }),
      'all by vendor, from the last': () => ({ sort: 'vendor', descending: true }),
      'all by description': () => ({ sort: 'description' }),
      'a vendor by MAC address': () => ({ where: { vendor: 'Snom' }, sort: 'mac' }),
      'a tenant by description': () => ({ tenants: ['t3'], sort: 'description' }),
    }).flatMap(([name, query]) => [
      [`${page}: ${name}`, ({ store, size }: Place) => store.devices.list({ ...query(size), limit: page })] as const,
    ]),
  ),
  async [`update, and then ${page}: all, which counts again`]({ store, size }, turn) {
    const device = await store.devices.get(idOf((turn * 7_919) % size));
    if (device) await store.devices.update({ ...device, description: `Desk for ${turn}` });
    return store.devices.list({ limit: page });
  },
  [`${page}, deep down: all`]: deep({}),
  [`${page}, deep down: all by vendor`]: deep({ sort: 'vendor' }),
  [`${page}, deep down: a tenant`]: deep({ tenants: ['t3'] }),
};

/** A thousand devices, in one commit. */
function together(which: (turn: number, index: number) => number) {
  return ({ store, size }: Place, turn: number) =>
    store.transact(async ({ devices }) => {
      for (let index = 0; index < 1_000; index++) {
        const device = await devices.get(idOf(which(turn, index) % size));
        if (device) await devices.update({ ...device, description: `Desk of ${turn} ${index}` });
      }
      return true;
    });
}

/** The page in the middle. */
function deep(query: DeviceQuery) {
  const ends = new WeakMap<Place, Position>();
  return async (place: Place) => {
    const { devices } = place.store;
    const after = ends.get(place) ?? (await devices.list({ ...query, limit: (await devices.count(query)) >> 1 })).next;
    if (!after) throw new Error('there is no middle');
    ends.set(place, after);
    return devices.list({ ...query, limit: page, after });
  };
}

interface Figures {
  readonly p50: number;
  readonly p99: number;
}

/** Milliseconds a call. */
async function measure(run: (turn: number) => Promise<unknown>, calls: number): Promise<Figures> {
  for (let turn = 0; turn < calls / 20; turn++) await run(turn);
  const took: number[] = [];
  for (let turn = 0; turn < calls; turn++) {
    const began = performance.now();
    await run(turn);
    took.push(performance.now() - began);
  }
  took.sort((a, b) => a - b);
  return { p50: took[calls >> 1] ?? Number.NaN, p99: took[Math.floor(calls * 0.99)] ?? Number.NaN };
}

export const lists: Part = {
  name: 'lists',
  about:
    `A page of ${page} devices by each filter, and one device, with ${sizes.map((size) => size.toLocaleString('en')).join(', ')} devices of four ` +
    `vendors and ${tenantCount} tenants in the store; a total is remembered until something is written. ${calls} calls each, and 20 of 1,000 updates. The ratio is that of the most devices to the fewest, at p50: ` +
    'flat is 1.',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'offhook-bench-'));
    try {
      const places: Place[] = [];
      for (const size of sizes) places.push(await fill(join(folder, `${size}.sqlite`), size));
      const rows: Row[] = [];
      for (const [what, run] of Object.entries(work)) {
        const figures: Figures[] = [];
        for (const place of places)
          figures.push(await measure((turn) => run(place, turn), what.includes('together') ? 20 : calls));
        const [few, some, many] = figures;
        if (!few || !some || !many) throw new Error('nothing was measured');
        const peer = { name: `${sizes[0].toLocaleString('en')} devices`, figure: few.p50 };
        rows.push({ what: `${what}, p50`, ours: many.p50, unit: 'ms', peer });
        rows.push({
          what: `${what}, p99; p50 of ${sizes[1].toLocaleString('en')} is ${some.p50.toFixed(2)} ms`,
          ours: many.p99,
          unit: 'ms',
          peer: { ...peer, figure: few.p99 },
        });
      }
      for (const { store } of places) await store.close();
      return rows;
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};
