import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { type Host, makeNetwork, type Network } from '../support/netns.ts';
import { type PnpPhone, pnpPhones, subscribe } from '../support/pnp-dialects.ts';
import { type NetworkServer, serving, startOn } from '../support/served-network.ts';

const SERVER = '10.88.0.1';
const base = `http://${SERVER}:8667`;
/** Of all tests here: none of it may leave. */
const KEY = 'Blue-Kettle-4417';

let network: Network;
let folder: string;
const servers: NetworkServer[] = [];
beforeEach(async () => {
  network = await makeNetwork();
  folder = mkdtempSync(join(tmpdir(), 'offhook-pnp-'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  await network.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** What of a vendor's package SIP PnP needs; `pnp` where its phones want more than the server's URL. */
const packages = {
  snom: { vendor: 'Snom', model: '370', prefix: '00:04:13', pnp: '{server.url}/snom/{mac}.htm' },
  grandstream: { vendor: 'Grandstream', model: 'GRP2612W', prefix: 'c0:74:ad', pnp: '{server.url}/grandstream/' },
  fanvil: { vendor: 'Fanvil', model: 'X4', prefix: '0c:38:3e', pnp: undefined },
  htek: { vendor: 'Htek', model: 'UC926', prefix: '00:1f:c1', pnp: undefined },
};

/** Vendor packages as they are installed. */
function installPackages(into: string): void {
  for (const [id, { vendor, model, prefix, pnp }] of Object.entries(packages)) {
    const place = join(into, id);
    mkdirSync(join(place, 'templates'), { recursive: true });
    mkdirSync(join(place, 'pkgs'), { recursive: true });
    const definition = {
      vendor,
      version: '1.0.0',
      recognise: {},
      macPrefixes: [prefix],
      plugins: { [`${id}-1`]: { series: [{ version: '1.0', models: { [model]: { lines: 1 } } }] } },
      artefacts: [{ name: `${id}/{mac}.cfg`, template: 'phone.tpl', format: 'text', secret: true }],
      ...(pnp && { pnp }),
    };
    writeFileSync(join(place, 'package.json'), '{"type":"module"}');
    writeFileSync(join(place, 'plugin.js'), `export default ${JSON.stringify(definition)};\n`);
    writeFileSync(join(place, 'templates/phone.tpl'), '{{ device.mac }}\n');
    writeFileSync(join(place, 'pkgs/pkgs.db'), '');
  }
}

async function start(host: Host, pnp = 'pnp: { interfaces: [eth0] }'): Promise<NetworkServer> {
  const data = join(folder, 'data');
  installPackages(join(data, 'plugins'));
  const server = startOn(host, "mode: 'off'", data, pnp);
  servers.push(server);
  return serving(server);
}

const lan = { bridge: 'lan', addresses: [`${SERVER}/24`] };

async function phoneHost(name = 'phone', address = '10.88.0.33'): Promise<Host> {
  const host = await network.host(name, { eth0: { bridge: 'lan', addresses: [`${address}/24`] } });
  await host.ip('route add 224.0.0.0/4 dev eth0');
  return host;
}

/**
 * sipp as a phone that asks once, waits for the answer and for the URL, and takes it.
 * @returns all that went to and fro. Rejects when it hears nothing, or another URL
 */
async function sipp(host: Host, phone: PnpPhone, url: string, address = '10.88.0.33'): Promise<string> {
  const scenario = join(folder, 'phone.xml');
  const messages = join(folder, `messages-${phone.vendor}-${address}`);
  const ask = subscribe(phone, address)
    .toString()
    .replace(/Call-ID: .*/, 'Call-ID: [call_id]')
    .replace(/branch=[^;]*/, 'branch=[branch]')
    .replaceAll('\r', '')
    .trim();
  const taken = 'SIP/2.0 200 OK\n[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]\nContent-Length: 0';
  const pattern = `^${url.replaceAll(/[.{}?]/g, '[$&]')}$`;
  writeFileSync(
    scenario,
    `<?xml version="1.0" encoding="ISO-8859-1"?>
<!DOCTYPE scenario SYSTEM "sipp.dtd">
<scenario name="phone">
<send retrans="500"><![CDATA[
${ask}

]]></send>
<recv response="200"/>
<recv request="NOTIFY"><action>
<ereg regexp="application/url" search_in="hdr" header="Content-Type:" check_it="true" assign_to="type"/>
<ereg regexp="${pattern}" search_in="body" check_it="true" assign_to="url"/>
</action></recv>
<Reference variables="type,url"/>
<send><![CDATA[
${taken}

]]></send>
<pause milliseconds="200"/>
</scenario>
`,
  );
  const words = ['224.0.1.75:5060', '-sf', scenario, '-i', address, '-p', String(phone.port), '-t', 'u1', '-m', '1', '-nostdin'];
  const log = ['-trace_msg', '-message_file', messages, '-timeout', '4s', '-timeout_error', '-default_behaviors', 'none'];
  await host.run('sipp', [...words, ...log]);
  return readFileSync(messages, 'utf8');
}

const { yealink } = pnpPhones;

/** A phone that asks, and does not wait. */
async function send(host: Host, to: string): Promise<void> {
  const bytes = subscribe(yealink, '10.88.0.33').toString('base64');
  const program = `require('dgram').createSocket('udp4').send(Buffer.from('${bytes}', 'base64'), 5060, '${to}', () => process.exit())`;
  await host.run(process.execPath, ['-e', program]);
}

const metricsOf = (host: Host) => host.run('curl', ['-sf', 'http://127.0.0.1:8666/metrics']);

test('sipp as a phone of each vendor asks the group, is told its URL without a key, and is a device; the CLI says what it was told', async () => {
  const host = await network.host('server', { eth0: lan });
  const phone = await phoneHost();
  const offhook = await start(host);
  await offhook.offhook('tenant', 'set', 'main', '--key', KEY);
  const urls = {
    snom: `${base}/snom/{mac}.htm`,
    yealink: base,
    grandstream: `${base}/grandstream/`,
    fanvil: base,
    htek: base,
  };
  for (const [index, [name, url]] of Object.entries(urls).entries()) {
    const address = `10.88.0.${40 + index}`;
    await phone.ip(`address add ${address}/24 dev eth0`);
    const dialect: PnpPhone = pnpPhones[name as keyof typeof pnpPhones];
    const said = await sipp(phone, dialect, url, address);
    expect(said).toContain('SIP/2.0 200 OK');
    expect(said).not.toContain(KEY);
  }
  const { devices } = await offhook.ask('device', 'list');
  expect(devices.map(({ vendor, model, ip, plugin }: Record<string, string>) => [vendor, model, ip, plugin]).toSorted()).toEqual([
    ['Fanvil', 'X4', '10.88.0.43', 'fanvil-1'],
    ['Grandstream', 'GRP2612W', '10.88.0.42', 'grandstream-1'],
    ['Htek', 'UC926', '10.88.0.44', 'htek-1'],
    ['Snom', '370', '10.88.0.40', 'snom-1'],
    ['Yealink', 'T53W', '10.88.0.41', 'yealink-v87'],
  ]);
  expect(await offhook.offhook('requests', '805e0c4d796d')).toMatch(
    /10\.88\.0\.41 {2}SIP PnP\n +was told http:\/\/10\.88\.0\.1:8667;/,
  );
  expect(await offhook.offhook('explain', '805e0c4d796d')).toMatch(
    /SIP PnP\n +At .*: It asked where its configuration\s+is, and was told\s+http:\/\/10\.88\.0\.1:8667\./,
  );
  expect(await phone.run('curl', ['-sf', `${base}/805e0c4d796d.cfg`])).toContain('account.1');
  const metrics = await metricsOf(host);
  expect(metrics).toContain('offhook_pnp_requests_total{outcome="answered"} 5');
  // sipp says 200 to whom it asked, the group, where a phone says it to whom it was told by: that is nothing that anybody asks.
  expect(metrics).toContain('offhook_pnp_requests_total{outcome="garbage"} 5');
  expect(metrics).toContain('offhook_pnp_interface_ready{interface="eth0"} 1');
}, 120_000);

test('it is off by default: nobody hears the group', async () => {
  const host = await network.host('server', { eth0: lan });
  const phone = await phoneHost();
  const offhook = await start(host, '');
  await expect(sipp(phone, yealink, base)).rejects.toThrow();
  expect(await host.run('ss', ['-H', '-lnup', 'sport = :5060'])).toBe('');
  expect((await offhook.ask('status')).pnp).toEqual([]);
}, 60_000);

test('who is nobody’s phone, and who asks a PBX on the same host, is left to others', async () => {
  const host = await network.host('server', { eth0: lan });
  const phone = await phoneHost();
  const offhook = await start(host);
  const pbx = host.spawn('tcpdump', ['-i', 'eth0', '-l', '-n', 'src host 10.88.0.1 and udp']);
  await pbx.until(/listening on eth0/);
  const stranger: PnpPhone = { ...pnpPhones.snom, mac: '020000000001', vendor: 'Other', model: 'O1' };
  await expect(sipp(phone, stranger, base)).rejects.toThrow();
  await send(phone, SERVER);
  await sipp(phone, yealink, base);
  expect(
    pbx
      .said()
      .split('\n')
      .filter((line) => line.includes('10.88.0.33')),
  ).toHaveLength(2);
  const { requests } = await offhook.ask('requests');
  expect(requests).toMatchObject([{ transport: 'pnp', profile: { vendor: 'Other' }, outcome: { kind: 'no-plugin' } }]);
  expect((await offhook.ask('device', 'list')).devices).toMatchObject([{ vendor: 'Yealink' }]);
}, 60_000);

test('an interface may come later, change its address and come anew: phones are told the URL of now', async () => {
  const host = await network.host('server', {});
  const phone = await phoneHost();
  const offhook = await start(host);
  const stateIs = (state: string, problem: string | null) =>
    eventually(async () => expect((await offhook.ask('status')).pnp).toMatchObject([{ interface: 'eth0', state, problem }]));
  await stateIs('unavailable', 'pnp-interface-missing');
  await network.connect(host, 'eth0', { bridge: 'lan' });
  await stateIs('unavailable', 'pnp-interface-unready');
  await host.ip('address add 10.88.0.1/24 dev eth0');
  await stateIs('answered', null);
  await sipp(phone, yealink, base);
  await host.ip('address del 10.88.0.1/24 dev eth0');
  await stateIs('unavailable', 'pnp-interface-unready');
  await host.ip('address add 10.88.0.2/24 dev eth0');
  await stateIs('answered', null);
  await sipp(phone, yealink, 'http://10.88.0.2:8667');
  await host.ip('link del eth0');
  await stateIs('unavailable', 'pnp-interface-missing');
  await network.connect(host, 'eth0', lan);
  await stateIs('answered', null);
  await sipp(phone, yealink, base);
  expect(await offhook.offhook('status')).toMatch(/^pnp +eth0: answered$/m);
  const events = offhook.log().flatMap(({ event }) => (event?.startsWith('pnp.interface') ? [event] : []));
  expect(events.filter((event) => event === 'pnp.interface')).toHaveLength(3);
}, 120_000);

test('each interface tells the URL by which its phones reach the server, and two in one network answer a phone once', async () => {
  const host = await network.host('server', {
    eth0: lan,
    eth1: { bridge: 'other', addresses: ['10.89.0.1/24'] },
    eth2: { bridge: 'lan', addresses: ['10.88.0.2/24'] },
  });
  const phone = await phoneHost();
  const other = await network.host('other', { eth0: { bridge: 'other', addresses: ['10.89.0.33/24'] } });
  await other.ip('route add 224.0.0.0/4 dev eth0');
  await start(host, 'pnp: { interfaces: [eth0, eth1] }');
  await sipp(phone, yealink, base);
  await sipp(other, { ...yealink, mac: '805e0c000002' }, 'http://10.89.0.1:8667', '10.89.0.33');
  const [first] = servers.splice(0);
  await first?.stop();
  await start(host, 'pnp: { interfaces: [eth0, eth2] }');
  const wire = phone.spawn('tcpdump', ['-i', 'eth0', '-l', '-n', 'dst host 10.88.0.33 and udp']);
  await wire.until(/listening on eth0/);
  await send(phone, '224.0.1.75');
  await eventually(async () => expect(await metricsOf(host)).toContain('offhook_pnp_requests_total{outcome="repeated"} 1'));
  // What was sent is there by then.
  await wire.until(/(?:UDP|SIP).*\n.*(?:UDP|SIP)/);
  expect(
    wire
      .said()
      .split('\n')
      .filter((line) => line.includes('> 10.88.0.33')),
  ).toHaveLength(2);
}, 120_000);

test('a PBX that has the port on all addresses ends the start with one clear line; on its own address it has its calls, and phones their URL', async () => {
  const host = await network.host('server', { eth0: lan });
  const phone = await phoneHost();
  const pbx = (address: string) => {
    const program = `require('dgram').createSocket('udp4').on('message', (m) => console.log('call ' + m.length)).bind(5060, '${address}', () => console.log('ready'))`;
    return host.spawn(process.execPath, ['-e', program]);
  };
  const everywhere = pbx('0.0.0.0');
  await everywhere.until(/ready/);
  await expect(start(host)).rejects.toThrow(/pnp: UDP port 5060 of eth0: another program has the port on all addresses/);
  await everywhere.stop();
  const own = pbx(SERVER);
  await own.until(/ready/);
  await start(host);
  await sipp(phone, yealink, base);
  await send(phone, SERVER);
  await own.until(/call/);
  expect(own.said().match(/call/g)).toHaveLength(1);
}, 60_000);

test('of several processes one answers; when it ends, the next one that takes its place does', async () => {
  const host = await network.host('server', { eth0: lan });
  const phone = await phoneHost();
  const offhook = await start(host, 'pnp: { interfaces: [eth0] }\nworkers: 2');
  const pidOf = (number: number): number =>
    offhook.log().findLast(({ event, worker }) => event === 'worker.started' && worker === number)?.pid;
  const listening = async () => {
    const sockets = await host.run('ss', ['-H', '-lnup', 'sport = :5060']);
    return Array.from(sockets.matchAll(/pid=(\d+)/g), ([, pid]) => Number(pid));
  };
  const first = pidOf(1);
  expect(await listening()).toEqual([first]);
  await sipp(phone, yealink, base);
  expect((await offhook.ask('device', 'list')).devices).toMatchObject([{ mac: '80:5e:0c:4d:79:6d', ip: '10.88.0.33' }]);
  process.kill(first, 'SIGKILL');
  await eventually(async () => {
    const [pid] = await listening();
    expect(pid).toBeGreaterThan(0);
    expect(pid).not.toBe(first);
  }, 30);
  await sipp(phone, yealink, base);
}, 120_000);
