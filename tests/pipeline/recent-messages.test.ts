import { expect, test } from '@jest/globals';
import type { Mac } from '../../server/lib/mac.ts';
import { RecentMessages } from '../../server/pipeline/recent-messages.ts';

const message = { at: 1, type: 'DISCOVER', how: 'served', outcome: 'offered' } as const;
const numbers = (messages: RecentMessages, after: number) => messages.after(after).map(({ number }) => number);

test('the last messages are kept, each under a number that counts up', () => {
  const messages = new RecentMessages(3);
  expect(messages.after(0)).toEqual([]);
  for (let count = 0; count < 8; count++) messages.note(message);
  expect(numbers(messages, 0)).toEqual([6, 7, 8]);
  expect(numbers(messages, 6)).toEqual([7, 8]);
  expect(numbers(messages, 8)).toEqual([]);
  expect(numbers(messages, 100)).toEqual([]);
  expect(messages.last).toBe(8);
});

test('who waits is told of the next one, or that the time is over', async () => {
  const messages = new RecentMessages(3);
  const never = new AbortController();
  const waiting = messages.news(0, never.signal);
  messages.note(message);
  await waiting;
  await messages.news(0, never.signal);
  const over = AbortSignal.timeout(5);
  await messages.news(1, over);
  expect([messages.last, over.aborted]).toEqual([1, true]);
});

test('the latest message of a client is found by its MAC address or its device, as long as it is kept', () => {
  const messages = new RecentMessages(3);
  const [mac, other] = ['00:0f:d3:05:48:48' as Mac, '00:0f:d3:05:48:49' as Mac];
  expect(messages.lastOf({ mac })).toBeUndefined();
  messages.note({ ...message, mac });
  messages.note({ ...message, mac, device: 'desk1' });
  messages.note({ ...message, mac: other });
  expect([messages.lastOf({ mac })?.number, messages.lastOf({ device: 'desk1' })?.number]).toEqual([2, 2]);
  expect([messages.lastOf({ mac: undefined, device: undefined }), messages.forgotten]).toEqual([undefined, 0]);
  for (let count = 0; count < 2; count++) messages.note({ ...message, mac: other });
  expect([messages.lastOf({ mac, device: 'desk1' }), messages.lastOf({ mac: other })?.number, messages.forgotten]).toEqual([
    undefined,
    5,
    2,
  ]);
});

test('what the latest message does not say of the client is as earlier ones said', () => {
  const messages = new RecentMessages(5);
  const [mac, other] = ['00:0f:d3:05:48:48' as Mac, '00:0f:d3:05:48:49' as Mac];
  messages.note({ ...message, mac, vendorClass: 'digium_D40_1_4_0_0_57389', hostName: 'old' });
  messages.note({ ...message, mac: other, vendorClass: 'yealink', hostName: 'other' });
  messages.note({ at: 2, type: 'commit', how: 'told', outcome: 'noted', mac, hostName: 'new' });
  expect(messages.lastOf({ mac })).toEqual({
    number: 3,
    ...{ at: 2, type: 'commit', how: 'told', outcome: 'noted' },
    ...{ mac, vendorClass: 'digium_D40_1_4_0_0_57389', hostName: 'new' },
  });
});
