import type { Device } from '../../server/devices/model.ts';
import type { Ip } from '../../server/lib/ip.ts';
import type { Mac } from '../../server/lib/mac.ts';
import { fromPlain, type OrderedJson } from '../../server/lib/ordered-json.ts';
import { openSqliteStore } from '../../server/store/sqlite/store.ts';
import type { Vendor } from './vendors.ts';

/** One phone that the bench plays. */
export interface Phone {
  readonly mac: Mac;
  readonly ip: Ip;
  readonly path: string;
  readonly userAgent: string;
}

/** The one config from which all phones inherit. */
export const baseConfig = 'base';

/** So many phones of a vendor, each at an address of its own. */
export function phonesOf(vendor: Vendor, count: number): Phone[] {
  return Array.from({ length: count }, (_, index) => {
    const mac = `${vendor.prefix}:${bytes(index, 3).map(hexadecimal).join(':')}` as Mac;
    return { mac, ip: `10.${bytes(index, 3).join('.')}` as Ip, path: vendor.path(mac), userAgent: vendor.userAgent(mac) };
  });
}

const bytes = (number: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => (number >> (8 * (count - 1 - index))) & 0xff);
const hexadecimal = (byte: number): string => byte.toString(16).padStart(2, '0');

/** What all phones share. @param ntp something to change */
export const baseRaw = (ntp: string): object => ({
  timezone: 'Europe/Paris',
  locale: 'fr_FR',
  ntp_enabled: true,
  ntp_ip: ntp,
  sip_proxy_ip: '192.0.2.20',
  sip_registrar_ip: '192.0.2.20',
  admin_username: 'admin',
  admin_password: 'pbx',
  exten_voicemail: '*98',
});

/**
 * Writes devices and configs as they are after the phones' first boot. Straight into the store: through the API it would take as
 * long as all else, and it is not what is measured.
 */
export async function fill(file: string, vendor: Vendor, phones: readonly Phone[]): Promise<void> {
  const store = await openSqliteStore(file);
  const [main] = await store.tenants.list();
  if (!main) throw new Error('the store has no main tenant');
  const at = Date.now();
  const stored = { tenant: main.id, created: at, updated: at, revision: 1, extra: new Map() };
  const config = { ...stored, transient: false, deletable: true };
  await store.configs.insert({ ...config, id: baseConfig, parents: [], raw: ordered(baseRaw('192.0.2.1')) });
  await Promise.all(
    phones.map(async ({ mac, ip }, index) => {
      const id = mac.replaceAll(':', '');
      await store.configs.insert({ ...config, id, parents: [baseConfig], raw: ordered(rawOf(index)) });
      const { plugin, model, version, name } = vendor;
      const facts = { mac, ip, vendor: name, model, version, plugin, config: id };
      const device: Device = { ...stored, ...facts, id, pinned: false, approved: true, options: new Map() };
      await store.devices.insert(device);
    }),
  );
  await store.close();
}

/** What one phone has of its own. */
export const rawOf = (index: number): object => ({
  sip_lines: {
    1: { username: `user${index}`, auth_username: `user${index}`, password: `secret${index}`, display_name: `Phone ${index}` },
  },
  funckeys: Object.fromEntries(
    Array.from({ length: 10 }, (_, key) => [key + 1, { type: 'blf', value: `${1000 + key}`, label: `Key ${key + 1}`, line: 1 }]),
  ),
});

export function ordered(value: object): Map<string, OrderedJson> {
  return fromPlain(value) as Map<string, OrderedJson>;
}
