import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ask, complete } from '../api/stage.ts';
import { ip } from '../support/requests.ts';
import { openPlace, type Place } from './place.ts';
import { offhook, type Ran } from './terminal.ts';

let here: Place;
beforeEach(async () => {
  here = await openPlace();
  const waiting = { sip_lines: { 1: { username: 'waiting', password: 'p', display_name: 'N', proxy_ip: '192.0.2.5' } } };
  await ask(here.stage, 'POST', '/api/v1/configs', { id: 'auto', role: 'autocreate', raw_config: waiting });
  await ask(here.stage, 'POST', '/api/v1/configs', { id: 'alice', code: '004711', raw_config: complete });
  for (const [id, mac, ip] of [
    ['a', '000fd3000001', '192.0.2.1'],
    ['b', '000fd3000002', '192.0.2.2'],
  ])
    await ask(here.stage, 'POST', '/api/v1/devices', { id, mac, ip, vendor: 'Digium', model: 'D40' });
});
afterEach(() => here.close());

/** What both fetched has one line for all who wait. */
async function fetched(): Promise<void> {
  const where = { ip: ip('192.0.2.1'), transport: 'http' };
  for (const device of ['a', 'b']) {
    here.stage.devices.noteDelivery({ device, artefact: 'phone.cfg', digest: 'd', own: true, accounts: ['waiting'], ...where });
  }
  await here.stage.flush();
}

const on = (...words: string[]): Promise<Ran> => offhook([...words, ...here.words]);
const configOf = async (id: string) => String((await ask(here.stage, 'GET', `/api/v1/devices/${id}`)).json.config);

test.each([
  ['--device', '00:0f:d3:00:00:01'],
  ['--mac', '000fd3000001'],
  ['--ip', '192.0.2.1'],
])('a phone is claimed by %s, which is said although nobody hears of it at the phone', async (way, value) => {
  const { code, out, err } = await on('claim', '004711', way, value);
  expect(out).toBe('The device a has the config alice now.\n');
  expect([code, err]).toEqual([1, expect.stringContaining('The phone at 192.0.2.1 did not answer')]);
  expect(await configOf('a')).toBe('alice');
});

test('its code comes from a file, and it is taken from another', async () => {
  const file = join(here.data, 'code.txt');
  writeFileSync(file, '004711\n');
  await on('claim', `@${file}`, '--device', 'a', '--no-wait');
  expect(await on('claim', `@${file}`, '--device', 'b')).toMatchObject({
    code: 1,
    err: expect.stringContaining('in use by the device a'),
  });
  const { out } = await on('claim', `@${file}`, '--device', 'b', '--take');
  expect(out).toBe(`The device b has the config alice now.\nThe device a has the config ${await configOf('a')} now.\n`);
});

test('programs are told all of it, with the operation as it ended; --no-wait tells its id', async () => {
  const json = JSON.parse((await on('claim', '004711', '--ip', '192.0.2.1', '--json')).out);
  expect(json).toMatchObject({
    device: 'a',
    config: 'alice',
    released: [],
    operation: { state: 'fail', error: { code: 'resync-silent' } },
  });
  expect((await on('device', 'release', 'a', '--no-wait')).out).toMatch(/^[\w-]+\n$/);
});

test('a phone is released', async () => {
  await on('claim', '004711', '--device', 'a', '--no-wait');
  const { out } = await on('device', 'release', '00-0f-d3-00-00-01');
  expect(await configOf('a')).toMatch(/^auto./);
  expect(out).toBe(`The device a has the config ${await configOf('a')} now.\n`);
});

test.each([
  [[], 'Say which phone'],
  [['--mac', '000fd3000001', '--ip', '192.0.2.1'], 'Say which phone'],
])('a phone is meant in one way: %j', async (words, told) => {
  expect(await on('claim', '004711', ...words)).toMatchObject({ code: 2, err: expect.stringContaining(told) });
});

test('who waits under the name of others is not guessed', async () => {
  await fetched();
  expect(await on('claim', '004711', '--username', 'waiting')).toMatchObject({
    code: 1,
    err: expect.stringContaining('Several phones are known with the username waiting'),
  });
});
