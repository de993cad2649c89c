import { expect, test } from '@jest/globals';
import type { StoredDevice } from '../../../server/devices/dao.ts';
import { blankDevice, type Delivery, type Resync } from '../../../server/devices/model.ts';
import type { Ip } from '../../../server/lib/ip.ts';
import { whyStuck } from '../../../server/pipeline/resync/stuck.ts';

const device: StoredDevice = { ...blankDevice('d', 't', 1), condition: { configured: true }, inSync: false };
const wish: Resync = { device: 'd', operation: 'o', requested: 2_000 };
const fetched = (...times: number[]): Delivery[] =>
  times.map((at) => ({ device: 'd', artefact: `${at}`, digest: 'x', at, ip: '10.0.0.1' as Ip, transport: 'http' }));
const second = (count: number) => `1970-01-01T00:00:0${count}.000Z`;

test.each<[string, Partial<StoredDevice>, Resync | undefined, readonly Delivery[], string | undefined]>([
  ['is in sync', { inSync: true }, { ...wish, problem: 'x' }, [], undefined],
  ['is held', { approved: false }, undefined, [], 'It waits for approval'],
  ['has no files', { condition: { configured: false, problem: 'no proxy' } }, wish, [], 'Its files cannot be made: no proxy'],
  ['was not looked at', { condition: { configured: false } }, wish, [], 'Its files cannot be made: nobody has tried yet'],
  ['never came', {}, undefined, [], 'Its phone has not fetched any of its files yet'],
  [
    'nobody told',
    {},
    undefined,
    fetched(1_000),
    `Its files have changed since its phone fetched them (${second(1)}), and it was not told`,
  ],
  ['is about to be told', {}, wish, fetched(1_000), `It is to be told since ${second(2)}`],
  ['could not be told', {}, { ...wish, problem: 'The phone is off' }, fetched(1_000), 'The phone is off'],
  [
    'was told and does nothing',
    {},
    { ...wish, told: 3_000 },
    fetched(1_000),
    `Its phone was told (${second(3)}), and has fetched none of its files since`,
  ],
  [
    'fetched what was changed again',
    {},
    { ...wish, told: 3_000 },
    fetched(1_000, 4_000),
    `Its files have changed since its phone was told (${second(3)}) and fetched them (${second(4)})`,
  ],
])('of a device that %s it is told where it is stuck', (_, change, resync, deliveries, why) => {
  expect(whyStuck({ ...device, ...change }, resync, deliveries)).toBe(why);
});
