import type { StoredDevice } from '../../devices/dao.ts';
import { parseIp } from '../../lib/ip.ts';
import { parseMac } from '../../lib/mac.ts';
import type { OrderedJson } from '../../lib/ordered-json.ts';
import type { ApiParts } from '../parts.ts';
import { linksTo, noSuchResource, Refusal } from './answer.ts';
import { deviceChange, deviceDocument } from './documents.ts';
import type { Gate } from './gate.ts';
import { inPages, listed, named, readListing } from './listing.ts';
import type { Counters } from './operations.ts';
import { type Call, objectIn, type Route, textIn } from './route.ts';
import type { Document, Selector } from './selector.ts';

/** Fields that an index finds, by their names here. */
const INDEXED = {
  id: 'id',
  mac: 'mac',
  ip: 'ip',
  sn: 'serial',
  uuid: 'uuid',
  plugin: 'plugin',
  config: 'config',
  vendor: 'vendor',
  model: 'model',
} as const;

/** `/dev_mgr`: devices, and what is done with them. */
export function deviceRoutes(
  { devices, tenants, resync, noteLease, log }: ApiParts,
  gate: Pick<Gate, 'shown'>,
  counters: Counters,
): Route[] {
  const documentOf = (device: StoredDevice, { caller }: Call) => {
    const whose = { shown: gate.shown(device.tenant), isMain: device.tenant === tenants.main.id };
    return deviceDocument(device, whose, caller);
  };

  async function known(id: string, { caller, tenant }: Call): Promise<StoredDevice> {
    const device = await devices.get(id);
    if (device && caller.sees(device.tenant) && tenants.below(tenant).has(device.tenant)) return device;
    throw noSuchResource();
  }

  /** What could be asked for. */
  async function* candidates(call: Call, among: Selector['among']): AsyncGenerator<Document> {
    const below = call.query.get('recurse')?.toLowerCase() === 'true' ? [...tenants.below(call.tenant)] : [call.tenant];
    const wanted = new Set(below.filter(call.caller.sees));
    const where: Record<string, string> = {};
    for (const [name, field] of Object.entries(INDEXED)) {
      const [value, ...others] = among.get(name) ?? [];
      if (value !== undefined && others.length === 0) where[field] = value;
    }
    const all = async (page: object) => {
      const { devices: rows, ...ended } = await devices.list({ tenants: [...wanted], where, ...page });
      return { rows, ...ended };
    };
    const ids = among.get('id');
    for await (const device of ids ? named(ids, devices.get) : inPages(all)) {
      if (wanted.has(device.tenant)) yield documentOf(device, call);
    }
  }

  const mayTake =
    ({ caller }: Call) =>
    (other: { readonly tenant: string }) =>
      caller.sees(other.tenant);

  const manager = '/dev_mgr';
  return [
    {
      method: 'GET',
      path: manager,
      acl: 'dev_mgr.read',
      permission: 'devices.read',
      handle: () =>
        linksTo(manager, {
          'dev.synchronize': 'synchronize',
          'dev.reconfigure': 'reconfigure',
          'dev.dhcpinfo': 'dhcpinfo',
          'dev.devices': 'devices',
        }),
    },
    {
      method: 'GET',
      path: `${manager}/devices`,
      acl: 'dev_mgr.devices.read',
      permission: 'devices.read',
      async handle(call) {
        const listing = readListing(call.query);
        const items = listed(candidates(call, listing.selector.among), listing);
        return { status: 200, list: { name: 'devices', items } };
      },
    },
    {
      method: 'POST',
      path: `${manager}/devices`,
      acl: 'dev_mgr.devices.create',
      permission: 'devices.create',
      async handle(call) {
        const document = objectIn(call.body, 'device');
        const id = document.get('id');
        if (id !== undefined && typeof id !== 'string') throw new Refusal(400, 'id must be a string');
        const device = await devices.create(call.tenant, deviceChange(document, undefined), id, mayTake(call));
        return { status: 201, json: { id: device.id }, location: `${call.path}/${encodeURIComponent(device.id)}` };
      },
    },
    {
      method: 'GET',
      path: `${manager}/devices/:id`,
      acl: 'dev_mgr.devices.{id}.read',
      permission: 'devices.read',
      async handle(call) {
        return { status: 200, json: { device: documentOf(await known(call.params.id ?? '', call), call) } };
      },
    },
    {
      method: 'PUT',
      path: `${manager}/devices/:id`,
      acl: 'dev_mgr.devices.{id}.update',
      permission: 'devices.update',
      async handle(call) {
        const id = call.params.id ?? '';
        const document = objectIn(call.body, 'device');
        const device = await devices.get(id);
        // A phone that came by itself may be taken out of the main tenant by any tenant that may write devices.
        const isNew = device?.tenant === tenants.main.id;
        const isTaken = isNew && call.tenant !== tenants.main.id;
        if (
          !device ||
          !(isTaken ? call.caller.isMain : call.caller.sees(device.tenant) && tenants.below(call.tenant).has(device.tenant))
        )
          throw noSuchResource();
        const change = (current: StoredDevice) => {
          // Another tenant may have taken it meanwhile.
          if (current.tenant !== device.tenant) throw noSuchResource();
          return deviceChange(document, current);
        };
        await devices.change(id, change, mayTake(call), isTaken ? call.tenant : undefined);
        return { status: 204 };
      },
    },
    {
      method: 'DELETE',
      path: `${manager}/devices/:id`,
      acl: 'dev_mgr.devices.{id}.delete',
      permission: 'devices.delete',
      async handle(call) {
        const { id } = await known(call.params.id ?? '', call);
        await devices.remove(id);
        return { status: 204 };
      },
    },
    {
      method: 'POST',
      path: `${manager}/synchronize`,
      acl: 'dev_mgr.synchronize.create',
      permission: 'devices.update',
      async handle(call) {
        const { id } = await known(textIn(call.body, 'id'), call);
        return counters.begun(call, await resync(id), { label: false });
      },
    },
    ...counters.routes(`${manager}/synchronize`, 'devices.update'),
    {
      method: 'POST',
      path: `${manager}/reconfigure`,
      acl: 'dev_mgr.reconfigure.create',
      permission: 'devices.update',
      async handle(call) {
        const id = textIn(call.body, 'id');
        const device = await known(id, call).catch((cause) => {
          throw cause instanceof Refusal ? new Refusal(400, `invalid device ID "${id}"`) : cause;
        });
        // Files are made when phones ask: what is left is to choose the plugin that serves it best now.
        await devices.reconsider(device.id);
        return { status: 204 };
      },
    },
    {
      method: 'POST',
      path: `${manager}/dhcpinfo`,
      acl: 'dev_mgr.dhcpinfo.create',
      permission: 'leases.create',
      serverWide: true,
      handle({ body }) {
        const news = leaseIn(objectIn(body, 'dhcp_info'));
        // provd answers before it has looked; what goes wrong is for its log.
        if (news) {
          void noteLease(news).catch((cause) => log.error({ event: 'api.failed', err: cause }, 'could not take note of a lease'));
        }
        return { status: 204 };
      },
    },
  ];
}

/** undefined: there is nothing to be noted. @throws Refusal */
function leaseIn(info: ReadonlyMap<string, OrderedJson>): Parameters<ApiParts['noteLease']>[0] | undefined {
  const op = info.get('op');
  if (op !== 'commit' && op !== 'expiry' && op !== 'release') throw new Refusal(400, 'invalid operation value');
  const ip = parseIp(textIn(info, 'ip'));
  if (!ip || ip.includes(':')) throw new Refusal(400, 'ip is not a valid dotted quad IPv4 address');
  if (op !== 'commit') return { kind: 'ended', ip, options: new Map(), trusted: true };
  const mac = parseMac(textIn(info, 'mac'));
  if (!mac) throw new Refusal(400, 'invalid MAC string');
  const given = info.get('options');
  if (!Array.isArray(given)) throw new Refusal(400, 'Missing "options" key');
  return { kind: 'bound', ip, mac, options: new Map(given.map(optionIn)), trusted: true };
}

/** `06061.62.63`: option 60, `abc`. */
function optionIn(text: OrderedJson): [code: number, bytes: Buffer] {
  const [, code = '', hex = ''] = /^(\d{3})((?:[\da-f]{2})(?:\.[\da-f]{2})*)?$/i.exec(String(text)) ?? [];
  const number = Number(code);
  if (code === '' || number < 1 || number > 254) throw new Refusal(400, `invalid DHCP option: ${String(text)}`);
  return [number, Buffer.from(hex.replaceAll('.', ''), 'hex')];
}
