import { rawConfigOf } from '../simulate/expect.ts';
import type { Fleet, Phone } from '../simulate/fleet.ts';
import { type Client, type Document, listOf, textOf } from './client.ts';
import { devicePath, findTenant } from './find.ts';
import type { Io } from './io.ts';

/** Requests to the API at one time: enough to keep a server busy, not enough to trouble it. */
const AT_ONCE = 8;

/**
 * Makes a device and a config of each phone, with one line whose user is the phone's account. What a run before made is used again;
 * a device that the server made of a phone by itself is given the config.
 */
export async function register(client: Client, fleet: Fleet, tenantName: string | undefined, io: Io): Promise<void> {
  const tenant = tenantName === undefined ? undefined : textOf(await findTenant(client, tenantName), 'id');
  const ofTenant: [string, string][] = tenant === undefined ? [] : [['tenant', tenant]];
  await forEach(fleet, 'registered', io, async (phone) => {
    const { account, mac, kind } = phone;
    const raw = rawConfigOf(phone);
    const config: Document = new Map<string, Document | string>([...ofTenant, ['id', account], ['raw_config', raw]]);
    await client.ask('POST', '/api/v1/configs', { body: config, expect: [409] });
    const facts = new Map([
      ['vendor', kind.plugin.package.definition.vendor],
      ['model', kind.row.name],
      ['version', kind.row.series.version],
      ['config', account],
    ]);
    const body = new Map([...ofTenant, ['id', account], ['mac', mac as string], ...facts]);
    const { status } = await client.ask('POST', '/api/v1/devices', { body, expect: [409] });
    if (status !== 409) return;
    for (const id of await idsOf(client, phone)) await client.ask('PATCH', devicePath(id), { body: facts });
  });
}

/** Removes what the run left on the server: devices that it made or was given, and their configs. */
export async function remove(client: Client, fleet: Fleet, io: Io): Promise<void> {
  await forEach(fleet, 'removed', io, async (phone) => {
    for (const id of await idsOf(client, phone)) await client.ask('DELETE', devicePath(id), { expect: [404] });
    await client.ask('DELETE', `/api/v1/configs/${phone.account}`, { expect: [404] });
  });
}

async function idsOf(client: Client, { mac }: Phone): Promise<string[]> {
  const { document } = await client.ask('GET', '/api/v1/devices', { query: [['mac', mac]] });
  return listOf(document, 'devices').map((device) => textOf(device, 'id'));
}

async function forEach(fleet: Fleet, done: string, io: Io, each: (phone: Phone) => Promise<void>): Promise<void> {
  let next = 0;
  const say = () => io.err(`\r\x1b[K${next} of ${fleet.size} ${done}`);
  const timer = io.terminal ? setInterval(say, 200) : undefined;
  const work = async () => {
    while (next < fleet.size) {
      const phone = fleet.phone(next);
      next += 1;
      await each(phone);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  } finally {
    clearInterval(timer);
    if (io.terminal) io.err('\r\x1b[K');
  }
}
