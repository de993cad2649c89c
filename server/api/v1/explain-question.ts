import * as z from 'zod';
import type { StoredDevice } from '../../devices/dao.ts';
import { Code, type Options, option } from '../../lib/dhcp/options.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import { type Ip, UNSPECIFIED } from '../../lib/ip.ts';
import type { Question } from '../../pipeline/explain/explain.ts';
import type { RecentMessage } from '../../pipeline/recent-messages.ts';
import type { RecentRequest } from '../../pipeline/recent-requests.ts';
import type { PhoneRequest } from '../../pipeline/request.ts';
import { dhcpOptions, ip, ipv4, mac } from '../fields.ts';
import { bodyInvalid } from '../input.ts';
import type { ApiParts } from '../parts.ts';

export const questionSchema = z
  .strictObject({
    /** Id of a device: its last request is explained, with what else is said in its place. */
    device: z.string(),
    transport: z.enum(['http', 'https', 'tftp'], { error: 'must be http, https or tftp' }),
    /** As the phone sends it: what follows the host in a URL, or a file name of TFTP. */
    path: z.string(),
    ip,
    headers: z.map(z.string(), z.string(), { error: 'must be an object of texts' }),
    /** What DHCP tells, instead of a path: the hardware address, and options by code in hexadecimal. */
    mac,
    options: dhcpOptions,
    /** Where the client of DHCP is: the interface over which it comes, or the relay that passes it on, by its address there. */
    interface: z.string(),
    relay: ipv4,
  })
  .partial();
type Asked = z.output<typeof questionSchema>;

/** Where nobody says from where: a request that is tried from this host. */
const here = '127.0.0.1' as Ip;

export async function readQuestion(asked: Asked, parts: ApiParts): Promise<Question> {
  const { device: id, ...said } = asked;
  const { interface: name, relay } = asked;
  const isDhcp = [asked.options, asked.mac, name, relay].some((each) => each !== undefined);
  if (id === undefined && asked.path === undefined && !isDhcp) {
    throw bodyInvalid('Say what is to be explained: a device, a path, or what DHCP tells');
  }
  if (isDhcp && (asked.path ?? asked.headers ?? asked.transport) !== undefined) {
    throw bodyInvalid('What DHCP tells comes in a request of its own; explain it and the one with the path one after the other');
  }
  const device = id === undefined ? undefined : await known(id, parts);
  if (isDhcp) {
    const where = { ...(name !== undefined && { interface: name }), ...(relay !== undefined && { relay }) };
    return { request: overDhcp(asked, device, parts), imagined: true, ...where };
  }
  const recent = device ? await parts.recent(device.id) : [];
  // What it asks over SIP PnP is no file: its last request is what it asked after that, or before.
  const last = recent.findLast((each) => each.request.transport !== 'pnp');
  const profile = recent.findLast((each) => each.request.transport === 'pnp');
  const start = last ? withKey(last, parts) : imagine(device, parts);
  const request = changed(start, asked, parts);
  const imagined = !last || request.transport !== last.request.transport;
  const question = { request, imagined, ...(profile && { profile }) };
  if (id === undefined || Object.keys(said).length > 0) return question;
  return { ...question, ofDevice: true, ...(last && { recorded: last.last }) };
}

async function known(id: string, { devices }: ApiParts): Promise<StoredDevice> {
  const device = await devices.get(id);
  if (!device) throw new ProvisioningError('device-unknown', `No device has the id ${id}`);
  return device;
}

/** As it came: with the key of its tenant, if that has one by now. */
function withKey({ request, tenant }: RecentRequest, { tenants }: ApiParts): PhoneRequest {
  const key = tenant === undefined ? undefined : tenants.get(tenant)?.provisioningKey?.reveal();
  return key === undefined ? request : { ...request, path: `/${key}${request.path}` };
}

/** A request that nobody sent: of a device for its first file, from where it is. */
function imagine(device: StoredDevice | undefined, { plugins, desired }: ApiParts): PhoneRequest {
  const plugin = device?.plugin === undefined ? undefined : plugins.catalogue.plugin(device.plugin);
  const [first] = device && plugin ? desired.filesOf(plugin, device) : [];
  const ip = device?.ip ?? here;
  return {
    transport: 'http',
    ip,
    // Without a file whose name tells who asks, it is taken as told.
    ...(device?.mac && !first && { mac: device.mac }),
    reached: { ip, port: 0 },
    path: first ? `/${first.name}` : '/',
    query: '',
    headers: {},
    options: new Map(),
  };
}

function changed(start: PhoneRequest, asked: Asked, parts: ApiParts): PhoneRequest {
  const { mac, ...rest } = start;
  const transport = asked.transport ?? start.transport;
  return {
    ...rest,
    transport,
    ip: asked.ip ?? start.ip,
    ...(asked.path === undefined ? mac && { mac } : targetOf(asked.path, transport, parts)),
    ...(asked.headers && { headers: { ...start.headers, ...lowerCase(asked.headers) } }),
  };
}

/** What is not said is as in the phone's last message, as far as that is remembered. */
function overDhcp(asked: Asked, device: StoredDevice | undefined, { messages }: ApiParts): PhoneRequest {
  const ip = asked.ip ?? UNSPECIFIED;
  const hardware = asked.mac ?? device?.mac;
  return {
    transport: 'dhcp',
    ip,
    ...(hardware && { mac: hardware }),
    reached: { ip, port: 0 },
    path: '',
    query: '',
    headers: {},
    options: asked.options ?? optionsOf(messages.lastOf({ mac: hardware, device: device?.id })),
  };
}

function optionsOf({ vendorClass, hostName }: Partial<RecentMessage> = {}): Options {
  return new Map([
    ...(hostName === undefined ? [] : [option(Code.hostName, hostName)]),
    ...(vendorClass === undefined ? [] : [option(Code.vendorClass, vendorClass)]),
  ]);
}

/** As the listener reads it. */
function targetOf(path: string, transport: PhoneRequest['transport'], { readTarget }: ApiParts): { path: string; query: string } {
  const target = readTarget(transport, path);
  if (target) return target;
  const message =
    'is no name that a file can have (a . or .. between slashes, a backslash, a control character); the phone is told that there is no such file';
  throw bodyInvalid('The body is not valid', [{ path: 'path', message }]);
}

function lowerCase(headers: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries(Array.from(headers, ([name, value]) => [name.toLowerCase(), value]));
}
