import { parseIp } from '../lib/ip.ts';
import { parseMac } from '../lib/mac.ts';
import { type Client, type Document, listOf, type Reply, textOf } from './client.ts';
import { exit, Failure } from './io.ts';
import { askList } from './pages.ts';

/** The path of a device in the API. */
export function devicePath(id: string): string {
  return `/api/v1/devices/${encodeURIComponent(id)}`;
}

/** The path of a vendor package in the API, or of what follows it. */
export function packagePath(id: string, action = ''): string {
  // As a part of a URL it would lead to another resource, however it is escaped (WHATWG URL).
  if (/^\.{0,2}$/.test(id)) throw new Failure(`No package is called ${JSON.stringify(id)}`, exit.usage);
  return `/api/v1/packages/${encodeURIComponent(id)}${action}`;
}

/**
 * The device that a person means: by its id, its MAC address in any spelling, its IP address, its serial number or its UUID.
 * @throws Failure when there is none, or more than one
 */
export async function findDevice(client: Client, text: string): Promise<Reply> {
  const found = await lookForDevice(client, text);
  if (found) return found;
  throw new Failure(
    `No device has the id, MAC address, IP address, serial number or UUID ${text}; offhook device list shows all`,
  );
}

/** The same, where there may be none. @throws Failure when there is more than one */
export async function lookForDevice(client: Client, text: string): Promise<Reply | undefined> {
  const direct = await client.ask('GET', devicePath(text), { expect: [404] });
  if (direct.status === 200) return direct;
  const mac = parseMac(text);
  const ip = parseIp(text);
  const facts = [...(mac ? [['mac', mac]] : []), ...(ip ? [['ip', ip]] : []), ['serial', text], ['uuid', text]] as [
    string,
    string,
  ][];
  for (const fact of facts) {
    const { document } = await client.ask('GET', '/api/v1/devices', { query: [fact] });
    const ids = listOf(document, 'devices').map((device) => textOf(device, 'id'));
    if (ids.length > 1) throw new Failure(`Several devices have the ${fact[0]} ${text}; say which by its id: ${ids.join(', ')}`);
    if (ids[0] !== undefined) return client.ask('GET', devicePath(ids[0]));
  }
  return undefined;
}

/** The tenant that a person means, by its id or its name. @throws Failure when there is none */
export async function findTenant(client: Client, text: string): Promise<Document> {
  const document = await askList(client, '/api/v1/tenants', 'tenants');
  const tenants = listOf(document, 'tenants');
  const found = tenants.find((each) => textOf(each, 'id') === text) ?? tenants.find((each) => textOf(each, 'name') === text);
  if (found) return found;
  throw new Failure(
    `No tenant has the id or the name ${text}; there are ${tenants.map((each) => textOf(each, 'name')).join(', ')}`,
  );
}

/** Names of tenants by their ids, for tables. */
export async function tenantNames(client: Client): Promise<ReadonlyMap<string, string>> {
  const document = await askList(client, '/api/v1/tenants', 'tenants');
  return new Map(listOf(document, 'tenants').map((each) => [textOf(each, 'id'), textOf(each, 'name')]));
}

/** A filter of a list, written FIELD=VALUE, as a parameter of its query; tenants may be named. */
export async function readFilter(client: Client, text: string): Promise<[string, string]> {
  const at = text.indexOf('=');
  if (at < 1) throw new Failure(`${text} is no filter; write FIELD=VALUE, such as model=D40`, exit.usage);
  const [name, value] = [text.slice(0, at), text.slice(at + 1)];
  return [name, name === 'tenant' ? textOf(await findTenant(client, value), 'id') : value];
}
