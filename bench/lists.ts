import { setTimeout as sleep } from 'node:timers/promises';
import type { Device } from '../server/devices/model.ts';
import type { Ip } from '../server/lib/ip.ts';
import type { Mac } from '../server/lib/mac.ts';
import { openSqliteStore } from '../server/store/sqlite/store.ts';
import { baseRaw, ordered, rawOf } from './support/fleet.ts';
import { type Offhook, startOffhook } from './support/offhook.ts';
import type { Part, Row } from './support/table.ts';
import { digium } from './support/vendors.ts';

const sizes = [1_000, 10_000, 100_000] as const;
const page = 50;
const tenantCount = 4;
const calls = 200;
/** Packages beside that of Digium whose files cost next to nothing: what is measured is not how files are made. */
const vendors = ['Vendor1', 'Vendor2', 'Vendor3', 'Vendor4'];

/** Before the devices are made, and after the last. */
const epoch = Date.UTC(2024, 0, 1);

interface Place extends Pick<Offhook, 'ask'> {
  readonly size: number;
}

/**
 * Devices of several vendors and tenants, in the order in which a site comes to them: by the batch. Straight into the store: through the API it
 * would take as long as all else.
 */
async function fill(file: string, size: number): Promise<void> {
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
  await store.devices.noteSightings(
    ids.filter((_, index) => index % 3 !== 0).map((device, index) => ({ device, at: epoch + index, ip: '10.0.0.1' as Ip })),
  );
  await store.close();
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
    // One in ten has a plugin that is not installed.
    plugin: index % 10 === 0 ? 'gone-1' : `${vendor.toLowerCase()}-1`,
    config: id,
    description: `Desk ${index}`,
    pinned: index % 10 === 0,
    approved: index % 10 !== 1,
    options: new Map(),
    extra: new Map(),
    created: epoch + index,
    updated: epoch + index,
    revision: 1,
  };
}

/** What is asked for, by its name; changes last, as files are made anew after them. `turn` rises with each call. */
const work: Readonly<Record<string, (place: Place, turn: number) => Promise<unknown>>> = {
  get: ({ ask, size }, turn) => ask('GET', `/api/v1/devices/${idOf((turn * 7_919) % size)}`),
  'resolve a config': ({ ask, size }, turn) => ask('GET', `/api/v1/configs/${idOf((turn * 7_919) % size)}/resolved`),
  ...Object.fromEntries(
    Object.entries<(size: number) => string>({
      all: () => '',
      'a MAC address': (size) => `mac=${deviceOf(size >> 1, size).mac}`,
      'an IP address': (size) => `ip=${deviceOf(size >> 1, size).ip}`,
      'a serial number': (size) => `serial=${deviceOf(size >> 1, size).serial}`,
      'a config': (size) => `config=${idOf(size >> 1)}`,
      'a vendor': () => 'vendor=Vendor2',
      'a model': () => 'model=Vendor2+1',
      'a version': () => 'version=1.2',
      'a plugin': () => 'plugin=vendor2-1',
      'no plugin': () => 'plugin=',
      'a tenant': () => 'tenant=t3',
      'all tenants below one': () => 'tenant=t1&tenant=t2&descendants=true',
      'a tenant and a vendor': () => 'tenant=t3&vendor=Vendor2',
      'what is pinned': () => 'pinned=true',
      'what is failing': () => 'state=failing',
      'what is not configured': () => 'configured=false',
      'what is held': () => 'state=held',
      'what has fetched nothing': () => 'sync=unfetched',
      'what is not recognised': () => 'recognised=false',
      'what was never seen': () => 'seen=false',
      'what was seen lately': (size) => `seen_since=${dateOf(Math.floor((size * 2) / 3) - page)}`,
      'what was not seen lately': (size) => `not_seen_since=${dateOf(size >> 2)}`,
      'what changed lately': (size) => `changed_since=${dateOf(size - page)}`,
      'a beginning that few have': (size) => `search=${idOf(size >> 1)}`,
      'a beginning that all have': () => 'search=Desk',
      'all by MAC address': () => 'sort=mac',
      'all by vendor, from the last': () => 'sort=-vendor',
      'all by description': () => 'sort=description',
      'a vendor by MAC address': () => 'vendor=Vendor2&sort=mac',
      'a tenant by description': () => 'tenant=t3&sort=description',
    }).map(([name, query]) => [
      `${page}: ${name}`,
      ({ ask, size }: Place) => ask('GET', `/api/v1/devices?limit=${page}&${query(size)}`),
    ]),
  ),
  [`${page}, deep down: all`]: deep(''),
  [`${page}, deep down: all by vendor`]: deep('sort=vendor'),
  [`${page}, deep down: a tenant`]: deep('tenant=t3'),
  update: ({ ask, size }, turn) =>
    ask('PATCH', `/api/v1/devices/${idOf((turn * 7_919) % size)}`, { description: `Desk of ${turn}` }),
  async [`update, and then ${page}: all, which counts again`]({ ask, size }, turn) {
    await ask('PATCH', `/api/v1/devices/${idOf((turn * 7_919) % size)}`, { description: `Desk for ${turn}` });
    return ask('GET', `/api/v1/devices?limit=${page}`);
  },
  'update 1,000 that were made one after the other, together': together((turn, index) => turn * 1_000 + index),
  'update 1,000 from all over, together': together((turn, index) => turn * 7_919 + index * 97),
};

function dateOf(index: number): string {
  return new Date(epoch + index).toISOString();
}

/** A thousand devices, in one request. */
function together(which: (turn: number, index: number) => number) {
  return ({ ask, size }: Place, turn: number) => {
    const ids = [...new Set(Array.from({ length: 1_000 }, (_, index) => idOf(which(turn, index) % size)))];
    const rows = ids.map((id) => ({ update: { id, description: `Desk of ${turn} ${id}` } }));
    return ask('POST', '/api/v1/bulk/devices', { rows });
  };
}

/** The page in the middle. */
function deep(query: string) {
  const ends = new WeakMap<Place, string>();
  return async (place: Place) => {
    const cursor = ends.get(place) ?? (await middle(place, query));
    ends.set(place, cursor);
    return place.ask('GET', `/api/v1/devices?limit=${page}&${query}&cursor=${cursor}`);
  };
}

async function middle({ ask }: Place, query: string): Promise<string> {
  const list = async (limit: number, cursor: string) => {
    const found = await ask('GET', `/api/v1/devices?limit=${limit}&fields=id&${query}${cursor && `&cursor=${cursor}`}`);
    return found as { readonly total: number; readonly next: string | null };
  };
  const { total } = await list(0, '');
  let cursor = '';
  for (let left = total >> 1; left > 0; left -= 500) {
    const { next } = await list(Math.min(500, left), cursor);
    if (next === null) throw new Error('there is no middle');
    cursor = encodeURIComponent(next);
  }
  return cursor;
}

interface Figures {
  readonly p50: number;
  readonly p99: number;
}

/** Milliseconds a call. @param rest is awaited before each, where one leaves the server much to do */
async function measure(run: (turn: number) => Promise<unknown>, calls: number, rest?: () => Promise<void>): Promise<Figures> {
  for (let turn = 0; turn < calls / 20; turn++) await run(turn);
  const took: number[] = [];
  for (let turn = 0; turn < calls; turn++) {
    await rest?.();
    const began = performance.now();
    await run(turn);
    took.push(performance.now() - began);
  }
  took.sort((a, b) => a - b);
  return { p50: took[calls >> 1] ?? Number.NaN, p99: took[Math.floor(calls * 0.99)] ?? Number.NaN };
}

/** Everything with so many devices. @returns by the name of the work */
async function measureAll(size: number): Promise<Map<string, Figures>> {
  const { stop, ...offhook } = await startOffhook({
    vendor: digium,
    packages: 1 + vendors.length,
    phones: (file) => fill(file, size),
  });
  const place: Place = { ...offhook, size };
  try {
    const figures = new Map<string, Figures>();
    const rest = async () => {
      do await sleep(100);
      while ((await offhook.waiting()) > 0);
    };
    for (const [what, run] of Object.entries(work)) {
      await rest();
      const ask = (turn: number) => run(place, turn);
      figures.set(what, await (what.includes('together') ? measure(ask, 20, rest) : measure(ask, calls)));
    }
    return figures;
  } finally {
    await stop();
  }
}

export const lists: Part = {
  name: 'lists',
  about:
    `A page of ${page} devices by each filter, one device, and changes, over the API, with ${sizes.map((size) => size.toLocaleString('en')).join(', ')} devices of four ` +
    `vendors and ${tenantCount} tenants in the store; a total is remembered until something is written. ${calls} requests each, one after the other, and 20 of 1,000 updates, each when no file waits to be made anew. ` +
    'The ratio is that of the most devices to the fewest, at p50: flat is 1.',
  async run() {
    const all: Map<string, Figures>[] = [];
    for (const size of sizes) all.push(await measureAll(size));
    return Object.keys(work).flatMap((what): Row[] => {
      const [few, some, many] = all.map((figures) => figures.get(what));
      if (!few || !some || !many) throw new Error('nothing was measured');
      const peer = { name: `${sizes[0].toLocaleString('en')} devices`, figure: few.p50 };
      return [
        { what: `${what}, p50`, ours: many.p50, unit: 'ms', peer },
        {
          what: `${what}, p99; p50 of ${sizes[1].toLocaleString('en')} is ${some.p50.toFixed(2)} ms`,
          ours: many.p99,
          unit: 'ms',
          peer: { ...peer, figure: few.p99 },
        },
      ];
    });
  },
};
