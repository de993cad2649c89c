import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { makePair, temporaryDirectory } from '../support/http-certificate.ts';
import { type HookPlace, openHookPlace, openPeer, type Peer, TOKEN } from './hook-place.ts';

let place: HookPlace;
let peer: Peer;
beforeEach(async () => {
  place = openHookPlace();
  peer = await openPeer();
  place.configure(peer.url);
});
afterEach(async () => {
  await peer.close();
  place.close();
});

/** A hook is waited for by the DHCP server; this is far more than it takes, and far less than a peer that hangs. */
const AT_ONCE_MS = 1_500;

const isc = ['commit', '10.0.0.5', '0:f:d3:5:48:a', '60=64:69:67:69:75:6d:0:ff:a', '12=', '61=1:0:f:d3:5:48:a'];

async function atOnce(...[server, words, environment]: Parameters<HookPlace['run']>): Promise<void> {
  const { milliseconds, ...ran } = await place.run(server, words, environment);
  expect(ran).toEqual({ code: 0, output: '' });
  expect(milliseconds).toBeLessThan(AT_ONCE_MS);
}

test('what ISC dhcpd passes arrives, byte by byte, without what the phone did not send', async () => {
  await atOnce('isc', isc);
  await eventually(() => expect(peer.told).toHaveLength(1));
  expect(peer.told[0]).toMatchObject({
    path: '/api/v1/dhcp/leases',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
  });
  expect(peer.documents()).toEqual([
    {
      op: 'commit',
      ip: '10.0.0.5',
      mac: '00:0f:d3:05:48:0a',
      options: { 60: '64696769756d00ff0a', 61: '01000fd305480a' },
    },
  ]);
});

test('an expiry of ISC dhcpd is told without options, and without a MAC address where the lease had none', async () => {
  await atOnce('isc', ['expiry', '10.0.0.5', '']);
  await atOnce('isc', ['release', '10.0.0.6', '0:f:d3:5:48:a']);
  await eventually(() => expect(peer.told).toHaveLength(2));
  expect(peer.documents()).toEqual([
    { op: 'expiry', ip: '10.0.0.5', options: {} },
    { op: 'release', ip: '10.0.0.6', mac: '00:0f:d3:05:48:0a', options: {} },
  ]);
});

test('what dnsmasq passes arrives, with odd bytes in vendor class and host name', async () => {
  const latin = (text: string) => Buffer.from(text, 'latin1');
  // Node passes the environment as UTF-8: bytes beyond ASCII come in twos here.
  await atOnce('dnsmasq', ['add', '00:0F:d3:05:48:48', '10.0.0.5', 'sip-t46s'], {
    DNSMASQ_VENDOR_CLASS: 'yea"link\\ $(id) `id`\n\té',
    DNSMASQ_SUPPLIED_HOSTNAME: 'ph\'one;"}',
    DNSMASQ_REQUESTED_OPTIONS: '1,3,66,160',
    DNSMASQ_CLIENT_ID: '01:00:0f:d3:05:48:48',
    DNSMASQ_USER_CLASS0: 'one',
    DNSMASQ_USER_CLASS1: 'two "\n',
  });
  await eventually(() => expect(peer.told).toHaveLength(1));
  expect(peer.documents()).toEqual([
    {
      op: 'commit',
      ip: '10.0.0.5',
      mac: '00:0F:d3:05:48:48',
      options: {
        12: latin('ph\'one;"}').toString('hex'),
        55: '010342a0',
        60: Buffer.from('yea"link\\ $(id) `id`\n\té').toString('hex'),
        61: '01000fd3054848',
        77: latin('\x03one\x06two "\n').toString('hex'),
      },
    },
  ]);
});

test('dnsmasq tells of a phone that boots again and of one that leaves, and what is no lease of IPv4 is not told', async () => {
  await atOnce('dnsmasq', ['old', '00:0f:d3:05:48:48', '10.0.0.5']);
  await atOnce('dnsmasq', ['add', '00:01:00:01:2a', 'fd00::5']);
  await atOnce('dnsmasq', ['add', '06-00:0f:d3:05:48:48', '10.0.0.7']);
  await atOnce('dnsmasq', ['tftp', '123', '10.0.0.7', '/file']);
  await atOnce('dnsmasq', []);
  await atOnce('dnsmasq', ['del', '00:0f:d3:05:48:48', '10.0.0.5']);
  await eventually(() => expect(peer.told).toHaveLength(2));
  expect(peer.documents()).toEqual([
    { op: 'commit', ip: '10.0.0.5', mac: '00:0f:d3:05:48:48', options: {} },
    { op: 'release', ip: '10.0.0.5', mac: '00:0f:d3:05:48:48', options: {} },
  ]);
});

test('each lease that Kea committed is told, after those that it deleted', async () => {
  await atOnce('kea', ['leases4_committed'], {
    LEASES4_SIZE: '2',
    LEASES4_AT0_ADDRESS: '10.0.0.5',
    LEASES4_AT0_HWADDR: '00:0f:d3:05:48:48',
    LEASES4_AT0_CLIENT_ID: '01:00:0f:d3:05:48:48',
    LEASES4_AT0_HOSTNAME: 'a"$(id)\\b.',
    LEASES4_AT1_ADDRESS: '10.0.0.6',
    LEASES4_AT1_HWADDR: '00:0f:d3:05:48:49',
    DELETED_LEASES4_SIZE: '1',
    DELETED_LEASES4_AT0_ADDRESS: '10.0.0.4',
    DELETED_LEASES4_AT0_HWADDR: '00:0f:d3:05:48:48',
  });
  await eventually(() => expect(peer.told).toHaveLength(3));
  expect(peer.documents()).toEqual([
    { op: 'release', ip: '10.0.0.4', mac: '00:0f:d3:05:48:48', options: {} },
    {
      op: 'commit',
      ip: '10.0.0.5',
      mac: '00:0f:d3:05:48:48',
      options: { 12: Buffer.from('a"$(id)\\b').toString('hex'), 61: '01000fd3054848' },
    },
    { op: 'commit', ip: '10.0.0.6', mac: '00:0f:d3:05:48:49', options: {} },
  ]);
});

test.each([
  ['lease4_release', 'release'],
  ['lease4_decline', 'release'],
  ['lease4_expire', 'expiry'],
])('%s of Kea is told as %s', async (hook, op) => {
  await atOnce('kea', [hook], { LEASE4_ADDRESS: '10.0.0.5', LEASE4_HWADDR: '00:0f:d3:05:48:48' });
  await eventually(() => expect(peer.told).toHaveLength(1));
  expect(peer.documents()).toEqual([{ op, ip: '10.0.0.5', mac: '00:0f:d3:05:48:48', options: {} }]);
});

test.each(['IA_NA', 'lease6_renew', 'lease4_renew', 'lease4_recover', ''])('%j of Kea is not told', async (hook) => {
  await atOnce('kea', [hook], { LEASE4_ADDRESS: '10.0.0.5' });
  expect(place.waiting()).toEqual([]);
});

test('when nobody listens, the hook is done at once, and says so once', async () => {
  await peer.close();
  await atOnce('isc', isc);
  await eventually(() => expect(place.complaints()).toEqual([`${peer.url} does not answer; leases not told: 1`]));
  expect(place.waiting()).toEqual([]);
});

test('over HTTPS it is told to a server whose certificate is named, and to no other', async () => {
  const pair = makePair(temporaryDirectory(), 'offhook');
  const secure = await openPeer(undefined, pair);
  try {
    place.configure(secure.url, TOKEN, `certificates=${pair.certificate}\n`);
    await atOnce('isc', isc);
    await eventually(() => expect(secure.told).toHaveLength(1));
    for (const more of ['', `certificates=${place.folder}/none.pem\n`]) {
      place.configure(secure.url, TOKEN, more);
      const before = place.complaints().length;
      await atOnce('isc', isc);
      await eventually(() => expect(place.complaints()).toHaveLength(before + 1));
      expect(place.complaints().at(-1)).toMatch(/^the certificate of https:.*certificates=.*leases not told: 1$/);
    }
    expect(secure.told).toHaveLength(1);
  } finally {
    await secure.close();
  }
});

test.each([
  [301, 'look at its log'],
  [401, 'token'],
  [500, 'look at its log'],
])('when Offhook answers %i, the hook is done at once, and says so once', async (status, advice) => {
  const refusing = await openPeer((_request, response) => response.writeHead(status).end('no'));
  place.configure(refusing.url);
  await atOnce('isc', isc);
  await eventually(() => expect(place.complaints()).toHaveLength(1));
  expect(place.complaints()[0]).toContain('leases not told: 1');
  expect(place.complaints()[0]).toContain(advice);
  expect(refusing.told).toHaveLength(1);
  await refusing.close();
});

test('when Offhook hangs, no hook waits for it, one of them sends at a time, and the failure is said once', async () => {
  let open = 0;
  let most = 0;
  const hanging = await openPeer((_request, response) => {
    most = Math.max(most, ++open);
    response.once('close', () => open--);
  });
  place.configure(hanging.url);
  for (let index = 1; index <= 20; index++) await atOnce('isc', ['commit', `10.0.0.${index}`, '0:f:d3:5:48:a']);
  await eventually(() => expect(place.complaints().join()).toMatch(/does not answer/));
  await eventually(() => expect(place.waiting()).toEqual([]));
  expect(most).toBe(1);
  // One for what came before the first attempt had failed, one for what waited meanwhile.
  expect(place.complaints().length).toBeLessThanOrEqual(2);
  await hanging.close();
});

test('what a sender left that was killed is told by the next, before its own', async () => {
  mkdirSync(join(place.folder, 'spool'));
  writeFileSync(join(place.folder, 'spool/sending'), '{"op":"release","ip":"10.0.0.1","options":{}}\n');
  // The disk was full.
  writeFileSync(join(place.folder, 'spool/queue'), '{"op":"com');
  await atOnce('isc', ['commit', '10.0.0.2', '0:f:d3:5:48:a']);
  await eventually(() => expect(peer.told).toHaveLength(3));
  expect(peer.told.map(({ body }) => body)).toEqual([
    '{"op":"release","ip":"10.0.0.1","options":{}}',
    '{"op":"com',
    '{"op":"commit","ip":"10.0.0.2","mac":"00:0f:d3:05:48:0a","options":{}}',
  ]);
  await eventually(() => expect(readdirSync(join(place.folder, 'spool'))).not.toContain('sending'));
});

test('as a user who may not read the token the hook is done at once, and says so', async () => {
  const theirs = join(place.folder, 'theirs');
  const syslog = join(place.folder, 'syslog');
  mkdirSync(theirs);
  writeFileSync(syslog, '');
  for (const [path, mode] of [
    [place.folder, 0o755],
    [syslog, 0o666],
    [join(place.folder, 'token'), 0o600],
  ] as const)
    chmodSync(path, mode);
  chownSync(theirs, 65_534, 65_534);
  const script = join(place.folder, 'dhcp-config/isc/offhook-lease');
  execFileSync('setpriv', ['--reuid', '65534', '--regid', '65534', '--clear-groups', script, ...isc], {
    env: { ...place.environment, OFFHOOK_SPOOL: theirs },
  });
  await eventually(() => expect(place.complaints()).toEqual([expect.stringMatching(/\/token, which .* cannot be read by \w+:/)]));
  expect(peer.told).toEqual([]);
});

test('only the user of the hook can look into its queue', async () => {
  await atOnce('isc', isc);
  expect(statSync(join(place.folder, 'spool')).mode & 0o777).toBe(0o700);
});

test('leases that come at the same time all arrive, each once', async () => {
  const ips = Array.from({ length: 40 }, (_, index) => `10.0.1.${index}`);
  await Promise.all(ips.map((ip) => place.run('isc', ['commit', ip, '0:f:d3:5:48:a'])));
  await eventually(() => expect(peer.told).toHaveLength(ips.length));
  const told = peer.documents().map((document) => (document as { ip: string }).ip);
  expect(told.toSorted()).toEqual(ips.toSorted());
});

test('without settings, or without a token, the hook is done at once, and says what is missing', async () => {
  place.configure(peer.url, 'no token "\n');
  await atOnce('isc', isc);
  await eventually(() => expect(place.complaints()[0]).toMatch(/has no token/));
  await atOnce('isc', isc, { OFFHOOK_HOOK_CONF: '/nowhere/dhcp-hook.conf' });
  await eventually(() => expect(place.complaints()[1]).toMatch(/\/nowhere\/dhcp-hook.conf is not there/));
  writeFileSync(place.environment.OFFHOOK_HOOK_CONF ?? '', `url=${peer.url}\n`);
  await atOnce('isc', isc);
  await eventually(() => expect(place.complaints()[2]).toMatch(/dhcp-hook.conf has no token_file/));
  await atOnce('isc', isc, { OFFHOOK_SPOOL: '/proc/nowhere' });
  await eventually(() => expect(place.complaints()[3]).toMatch(/\/proc\/nowhere cannot be written to/));
  expect(peer.told).toEqual([]);
});

test('the token is in no list of processes, and no descriptor of the DHCP server stays open', async () => {
  const seen: string[] = [];
  const looking = await openPeer((_request, response) => {
    for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const file = join('/proc', id, 'cmdline');
      if (!existsSync(file)) continue;
      const line = readFileSync(file, 'latin1');
      if (!line.includes(looking.url)) continue;
      seen.push(line);
      seen.push(...execFileSync('ls', ['-l', `/proc/${id}/fd`], { encoding: 'utf8' }).split('\n'));
    }
    response.writeHead(204).end();
  });
  place.configure(looking.url);
  const inherited = join(place.folder, 'lease-database');
  const child = spawn(
    'sh',
    ['-c', `exec 5>"$0" 7>"$0"; exec "$@"`, inherited, join(place.folder, 'dhcp-config/isc/offhook-lease'), ...isc],
    {
      env: place.environment,
    },
  );
  await new Promise((resolve) => child.once('close', resolve));
  await eventually(() => expect(looking.told).toHaveLength(1));
  expect(seen.join('\n')).toMatch(/curl/);
  expect(seen.join('\n')).not.toContain(TOKEN);
  expect(seen.join('\n')).not.toContain(inherited);
  await looking.close();
});

test('shellcheck has nothing against the scripts', () => {
  const scripts = ['offhook-tell', 'kea/offhook-lease', 'dnsmasq/offhook-lease', 'isc/offhook-lease'];
  const folder = join(import.meta.dirname, '../../dhcp-config');
  expect(execFileSync('shellcheck', scripts, { cwd: folder, encoding: 'utf8' })).toBe('');
});
