import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Mac } from '../../server/lib/mac.ts';
import { macOf } from '../leases/stage.ts';
import { eventually } from '../support/eventually.ts';
import { ip } from '../support/requests.ts';
import { aServedSite } from '../support/served-leases.ts';
import { openPlace, type Place } from './place.ts';
import { noHost, offhook } from './terminal.ts';

let site: Awaited<ReturnType<typeof aServedSite>>;
let here: Place;
beforeEach(async () => {
  site = await aServedSite();
  here = await openPlace({ leases: site.leases });
});
afterEach(async () => {
  await here.close();
  await site.close();
});

const on = (...words: string[]) => offhook([...words, ...here.words]);

/** The cells of each line. */
const rows = (text: string) => text.split('\n').map((line) => line.trim().split(/ {2,}/));

test('leases are listed with who has them, and below them how full the pools are, with what no pool counts', async () => {
  const { code, out } = await on('dhcp', 'leases');
  expect(code).toBe(0);
  const [titles, first, , declined] = rows(out);
  expect(titles).toEqual(['ADDRESS', 'CLIENT', 'STATE', 'UNTIL', 'NAME', 'IS', 'FROM']);
  expect(first).toEqual(['10.0.0.10', '00:0f:d3:00:00:01', 'bound', expect.any(String), 'desk', 'Digium', 'eth0']);
  expect(declined?.slice(0, 3)).toEqual(['10.0.0.12', '00:0f:d3:00:00:03', 'declined']);
  const all = rows(out);
  const pools = all.slice(all.findIndex(([cell]) => cell === 'SUBNET')).filter(([cell]) => cell !== '');
  expect(pools).toEqual([
    ['SUBNET', 'POOL', 'VENDOR', 'SIZE', 'BOUND', 'OFFERED', 'DECLINED', 'FREE'],
    ['10.0.0.0/24', '10.0.0.10-10.0.0.19', '-', '10', '1', '0', '1', '8'],
    ['10.0.0.0/24', 'reserved', '-', '2', '1', '0', '0', '1'],
    ['10.1.0.0/24', '10.1.0.10-10.1.0.19', 'Digium', '10', '1', '0', '0', '9'],
  ]);
});

test.each([
  [
    ['--state', 'bound'],
    ['10.0.0.10', '10.0.0.50', '10.1.0.10'],
  ],
  [['--subnet', '10.1.0.0/24'], ['10.1.0.10']],
  [['--mac', '000fd3000007'], ['10.0.0.50']],
  [['--ip', '10.0.0.11'], ['10.0.0.11']],
  [['--limit', '1'], ['10.0.0.10']],
])('leases with %j are %j', async (words, expected) => {
  const { out } = await on('dhcp', 'leases', ...words, '--json');
  const { leases } = JSON.parse(out) as { leases: { address: string }[] };
  expect(leases.map(({ address }) => address)).toEqual(expected);
});

test('where there are no such leases that is said, and where there are more than are shown too', async () => {
  expect((await on('dhcp', 'leases', '--mac', '000fd3999999')).out).toMatch(/^There are no such leases\.\n/);
  const { out, err } = await on('dhcp', 'leases', '--limit', '2');
  expect(out + err).toMatch(/5/);
  expect(await on('dhcp', 'leases', '--state', 'gone')).toMatchObject({ code: 2, err: expect.stringContaining('gone') });
});

test('a lease is forgotten, and one that there is not is told', async () => {
  expect(await on('dhcp', 'forget', '10.0.0.10')).toEqual(expect.objectContaining({ code: 0, out: '', err: '' }));
  expect((await on('dhcp', 'leases', '--ip', '10.0.0.10')).out).toMatch(/^There are no such leases/);
  expect(await on('dhcp', 'forget', '10.0.0.10')).toMatchObject({
    code: 1,
    err: 'offhook: Nothing is known of a lease on 10.0.0.10\n',
  });
});

function note(type: string, mac: Mac, why?: string): void {
  here.stage.messages.note({
    at: Date.UTC(2026, 0, 2, 12),
    type,
    how: 'served',
    circuit: 'eth0',
    mac,
    ip: ip('10.0.0.10'),
    vendor: 'Digium',
    model: 'D40',
    outcome: 'offered',
    ...(why !== undefined && { why }),
  });
}

test('messages are shown as they come, of one client if wanted, until the time is over', async () => {
  note('DISCOVER', macOf(1));
  note('DISCOVER', macOf(2), 'odd\u001b[31m');
  const whole = await on('dhcp', 'watch', '--seconds', '1');
  expect(whole.out.split('\n').map((line) => line.replace(/^\S+ \S+ /, ''))).toEqual([
    'DISCOVER 00:0f:d3:00:00:01 from eth0 (Digium D40): offered 10.0.0.10',
    'DISCOVER 00:0f:d3:00:00:02 from eth0 (Digium D40): offered 10.0.0.10, odd\\u{1b}[31m',
    '',
  ]);
  const one = await on('dhcp', 'watch', '--seconds', '1', '--mac', '000fd3000001');
  expect(one.out.match(/DISCOVER/g)).toHaveLength(1);
});

test('Ctrl-C ends the watch', async () => {
  const stops: (() => void)[] = [];
  const written: (string | Buffer)[] = [];
  const host = { ...noHost, onSignal: (_signal: string, stop: () => void) => void stops.push(stop) };
  const ended = offhook(['dhcp', 'watch', ...here.words], '', { out: (content) => void written.push(content) }, host);
  note('DISCOVER', macOf(1));
  await eventually(() => expect(written.join('')).toContain('DISCOVER'));
  note('REQUEST', macOf(1));
  await eventually(() => expect(written.join('')).toContain('REQUEST'));
  for (const stop of stops) stop();
  expect(await ended).toMatchObject({ code: 0, err: '' });
});
