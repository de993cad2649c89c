import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Stage } from '../api/stage.ts';
import { dhcp, request } from '../support/requests.ts';
import { openPlace, type Place } from './place.ts';
import { offhook } from './terminal.ts';

let here: Place;
let stage: Stage;
beforeEach(async () => {
  here = await openPlace();
  ({ stage } = here);
});
afterEach(() => here.close());

const on = (...words: string[]) => offhook([...words, ...here.words]);

function note(device: string | undefined, asked: Parameters<typeof request>[0]): void {
  stage.recent.note(device, request(asked), undefined, { kind: 'no-plugin' }, 1);
}

test('requests are printed as samples that a recognition test takes, each once, the oldest first', async () => {
  const headers = { host: 'x', accept: '*/*', 'user-agent': "Bob's Phone 1.0", 'x-serial': '8001' };
  note(undefined, { path: '/odd/00005e005301.cfg', query: 'a=1', headers });
  note(undefined, { path: '/odd/00005e005301.cfg', query: 'a=1', headers: { ...headers, host: 'y' } });
  note(undefined, { path: '/[key]/Digium/000fd3054848.cfg' });
  note(undefined, { path: '/ÿ\\x' });
  stage.recent.note(undefined, dhcp({ 60: 'digium_D65_2_8_1', 12: 'desk' }), undefined, { kind: 'no-plugin' }, 1);
  expect((await on('requests', '--as-test')).out).toBe(
    [
      `  { path: '/odd/00005e005301.cfg', query: 'a=1', userAgent: 'Bob\\'s Phone 1.0', headers: { 'x-serial': '8001' }, info: {} },`,
      `  { path: '/Digium/000fd3054848.cfg', info: { vendor: 'Digium', mac: '00:0f:d3:05:48:48' } },`,
      `  { path: '/\\u00ff\\\\x', info: {} },`,
      `  { vendorClass: 'digium_D65_2_8_1', options: { 12: '6465736b' }, info: { vendor: 'Digium', model: 'D65', version: '2.8.1' } },`,
      '',
    ].join('\n'),
  );
});

test('requests of a device are shown, and it may be meant by its MAC address', async () => {
  await on('device', 'add', '--id', 'desk1', 'mac=000fd3054848');
  expect((await on('requests', '000fd3054848')).out).toBe('There are none.\n');
  const entry = stage.recent.note('desk1', request({ path: '/x' }), undefined, { kind: 'refused', file: 'x', why: 'so' }, 2.5);
  expect((await on('requests', '000fd3054848')).out).toMatch(
    /^.* {2}192\.0\.2\.101 {2}HTTP \/x\n {4}was refused: so; answered in 2\.5 ms\n$/,
  );
  entry.takenMs = 30;
  expect((await on('requests', 'desk1')).out).toContain('taken whole in 30 ms');
  expect(JSON.parse((await on('requests', 'desk1', '--json')).out)).toMatchObject({ total: 1 });
});

test('what was asked over SIP PnP is shown with what the phone said of itself, and is no sample: patterns read little of it', async () => {
  const asked = { transport: 'pnp', path: '', profile: { vendor: 'snom', model: 'snom370', version: '8.7.5.48' } } as const;
  note(undefined, { ...asked, headers: { 'user-agent': 'snom370/8.7.5.48' } });
  expect((await on('requests')).out).toMatch(
    /^.* {2}192\.0\.2\.101 {2}SIP PnP\n {4}got nothing: no plugin; answered in 1 ms\n {4}snom370\/8\.7\.5\.48\n {4}snom snom370 8\.7\.5\.48\n$/,
  );
  expect((await on('requests', '--as-test')).out).toBe('');
  await on('device', 'add', '--id', 'desk1', 'mac=000413000001');
  stage.recent.note('desk1', request(asked), undefined, { kind: 'told', url: 'http://192.0.2.10:8667' }, 2);
  expect((await on('requests', 'desk1')).out).toContain('was told http://192.0.2.10:8667; answered in 2 ms\n');
});

test('what a phone sent cannot write to the terminal', async () => {
  note(undefined, { path: '/x\u001b[31m', headers: { 'user-agent': 'a\u001b]0;b' } });
  expect((await on('requests')).out).not.toContain('\u001b');
  expect((await on('requests', '--as-test')).out).not.toContain('\u001b');
});

test.each([
  [[], 'Say which device, or what is asked'],
  [['--path', '/x', '--tftp', 'x'], '--path or --tftp'],
  [['--path', '/x', '--header', 'nonsense'], 'nonsense is no header'],
  [['--dhcp-60', '0xabc'], '0xabc is not bytes; write them as 0x0a0b'],
  [['--user-agent', 'x'], 'Say which device, or what is asked'],
])('explain with %j says how it is called', async (words, why) => {
  const { code, err } = await on('explain', ...words);
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(why) });
});

test('explain reads what DHCP tells as text or as bytes', async () => {
  const words = ['--dhcp-60', 'digium_D40_1_4_0_0_57389', '--dhcp-12', '0x64:65:73:6b', '--mac', '000fd3054848'];
  const { request: told } = JSON.parse((await on('explain', ...words, '--json')).out) as { request: { options: object } };
  expect(told.options).toEqual({ 12: '6465736b', 60: Buffer.from('digium_D40_1_4_0_0_57389').toString('hex') });
  const { out } = await on('explain', ...words);
  expect(out).toContain('DHCP from 00:0f:d3:05:48:48\n  option 12: desk\n  option 60: digium_D40_1_4_0_0_57389\n');
  expect(out).toContain('600    exactly');
  // What is no text is shown as it can be given again.
  expect((await on('explain', '--dhcp-60', 'digium', '--dhcp-43', '0x01020a')).out).toContain('option 43: 0x01020a\n');
});

test.each([60, 80, 120])('in %d columns every line fits, but for commands and words that cannot be cut', async (columns) => {
  const words = ['explain', '--path', '/Digium/000fd3054848.cfg', '--ip', '192.168.1.20', ...here.words];
  const { out } = await offhook(words, '', { columns });
  const wide = out.split('\n').filter((line) => line.length > columns && !/^ {4}offhook /.test(line));
  expect(wide).toEqual([]);
});
