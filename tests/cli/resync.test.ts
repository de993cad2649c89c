import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { raw } from '../support/app.ts';
import { openPlace, type Place } from './place.ts';
import { offhook, type Ran } from './terminal.ts';

let here: Place;
beforeEach(async () => {
  here = await openPlace();
  const { stage } = here;
  const line = { username: 'u', password: 'p', display_name: 'n', proxy_ip: '192.0.2.1' };
  await stage.configs.create({ id: 'c', tenant: stage.main, parents: [], raw: raw({ sip_lines: { 1: line } }) });
  for (const [id, mac] of [
    ['desk1', '00:0f:d3:00:00:01'],
    ['desk2', '00:0f:d3:00:00:02'],
  ]) {
    await stage.devices.create(
      stage.main,
      { mac: mac as never, ip: `192.0.2.${id?.at(-1)}` as never, vendor: 'Digium', model: 'D40', config: 'c' },
      id,
    );
  }
  await stage.settled();
});
afterEach(() => here.close());

const on = (...words: string[]): Promise<Ran> => offhook(['device', 'resync', ...words, ...here.words]);

test.each([
  [[], 'Name devices, or say --all, --out-of-sync or --filter'],
  [['desk1', '--all'], 'Name devices, or say --all, --out-of-sync or --filter'],
  [['--all', '--out-of-sync'], '--all is all of them: leave the filter out'],
  [['--filter', 'vendor'], 'vendor is no filter; write FIELD=VALUE'],
])('%j says how to say it', async (words, message) => {
  expect(await on(...words)).toMatchObject({ code: 2, err: expect.stringContaining(message) });
});

test.each([
  [['--all', '--waves', 'all'], 'must be a number or a percentage, such as "25" or "5%"'],
  [['--all', '--per-second', 'fast'], 'must be a whole number from 1 to 10000'],
  [['--all', '--hours', 'night'], 'must be a part of the day, such as 22:00-05:00'],
  [['--filter', 'colour=red'], 'colour'],
])('%j is refused with what may stand there', async (words, message) => {
  const { code, err } = await on(...words);
  expect([code, err]).toEqual([1, expect.stringContaining(message)]);
});

test('of many it is told what became of them, and why', async () => {
  const { code, out, err } = await on(
    '--all',
    '--tolerance',
    '100',
    '--waves',
    '1,50%',
    '--per-second',
    '1000',
    '--patience',
    '1',
  );
  expect([code, err]).toEqual([1, expect.stringContaining('2 devices are not in sync')]);
  expect(out).toContain('0 of 2 devices told and in sync.\n');
  expect(out).toMatch(/Could not be told: 2\n.*00:0f:d3:00:00:01 +The phone at 192\.0\.2\.1 did not answer/s);
});

test('devices that are named are meant, and no others', async () => {
  expect((await on('desk2', '000fd3000001', '--tolerance', '100')).out).toContain('0 of 2 devices told');
  expect((await on('desk2', '--waves', '1', '--tolerance', '100')).out).toContain('0 of 1 device told');
  expect((await on('--out-of-sync')).out).toBe('0 of 0 devices told and in sync.\n');
});

test('one that was stopped ends with an error, and says how many were left', async () => {
  const { code, out, err } = await on('--filter', 'vendor=Digium', '--waves', '1', '--tolerance', '10');
  expect([code, err]).toEqual([1, expect.stringContaining('2 devices are not in sync')]);
  expect(out).toContain('Of 1 phone in wave 1, 1 did not come back: more than 10 %. 1 was not told.\n');
});
