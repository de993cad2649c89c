import { expect, test } from '@jest/globals';
import type { Packet } from '../../server/lib/tftp-packet.ts';
import { type Download, receive, repeat, startDownload } from '../../server/simulate/download.ts';

const data = (block: number, length: number): Packet => ({ kind: 'data', block, data: Buffer.alloc(length, block) });
const ack = (block: number): Packet => ({ kind: 'ack', block });
const oack = (...options: [string, string][]): Packet => ({ kind: 'oack', options });

/** Receives packets one after the other. @returns what was said to each, how it ended, and how many bytes came */
function play(download: Download, packets: readonly Packet[]) {
  let now = download;
  let bytes = 0;
  const said = packets.map((packet) => {
    const step = receive(now, packet);
    now = step.download;
    bytes += step.data?.length ?? 0;
    return now.say;
  });
  return { said, bytes, outcome: now.phase === 'ended' ? now.outcome : now.phase, download: now };
}

test('without options a file comes in lock-step, and the last block is shorter', () => {
  const wish = startDownload({ filename: 'a.cfg' });
  expect(wish.say).toEqual({ kind: 'read', filename: 'a.cfg', mode: 'octet', options: [] });
  const { said, bytes, outcome } = play(wish, [data(1, 512), data(2, 512), data(3, 0)]);
  expect({ said, bytes, outcome }).toEqual({ said: [ack(1), ack(2), ack(3)], bytes: 1_024, outcome: 'complete' });
});

test('options are asked for, agreed to in any case, and may be lowered', () => {
  const wish = startDownload({ filename: 'a', blockSize: 1_428, windowSize: 4 });
  expect(wish.say).toMatchObject({
    options: [
      ['blksize', '1428'],
      ['windowsize', '4'],
    ],
  });
  const { said, bytes, outcome } = play(wish, [
    oack(['BLKSIZE', '1000'], ['windowsize', '3']),
    data(1, 1_000),
    data(2, 1_000),
    data(3, 1_000),
    data(4, 1_000),
    data(5, 10),
  ]);
  expect({ said, bytes, outcome }).toEqual({
    said: [ack(0), undefined, undefined, ack(3), undefined, ack(5)],
    bytes: 4_010,
    outcome: 'complete',
  });
});

test('a server that knows no options is taken at its word', () => {
  const { said, outcome } = play(startDownload({ filename: 'a', blockSize: 1_428 }), [data(1, 512), data(2, 5)]);
  expect({ said, outcome }).toEqual({ said: [ack(1), ack(2)], outcome: 'complete' });
});

test.each<[string, Packet]>([
  ['raises a block', oack(['blksize', '2000'])],
  ['agrees to what was not asked for', oack(['windowsize', '4'])],
  ['agrees to nonsense', oack(['blksize', 'many'])],
])('an OACK that %s ends the transfer with error 8', (_, packet) => {
  const { said, outcome } = play(startDownload({ filename: 'a', blockSize: 1_428 }), [packet]);
  expect([said[0], outcome]).toEqual([expect.objectContaining({ kind: 'error', code: 8 }), 'nonsense']);
});

test('a block that is longer than agreed ends the transfer', () => {
  expect(play(startDownload({ filename: 'a' }), [data(1, 513)]).outcome).toBe('nonsense');
});

test('an ERROR is not answered, and says why', () => {
  const { said, download } = play(startDownload({ filename: 'a' }), [{ kind: 'error', code: 1, message: 'File not found' }]);
  expect(said).toEqual([undefined]);
  expect(download).toMatchObject({ phase: 'ended', outcome: 'refused', error: { code: 1 } });
});

test('a block that comes again is confirmed again, and counted once', () => {
  const { said, bytes } = play(startDownload({ filename: 'a' }), [data(1, 512), data(1, 512), data(2, 1)]);
  expect([said, bytes]).toEqual([[ack(1), ack(1), ack(2)], 513]);
});

test('behind a gap the last good block is confirmed once, so that the server goes back to it', () => {
  const wish = startDownload({ filename: 'a', windowSize: 4 });
  const { said, bytes, outcome } = play(wish, [
    oack(['windowsize', '4']),
    data(1, 512),
    data(3, 512),
    data(4, 512),
    data(2, 512),
    data(3, 512),
    data(4, 512),
    data(5, 1),
  ]);
  expect(said).toEqual([ack(0), undefined, ack(1), undefined, undefined, undefined, undefined, ack(5)]);
  expect([bytes, outcome]).toEqual([2_049, 'complete']);
});

test('blocks are counted beyond 65,535', () => {
  const blocks = Array.from({ length: 65_537 }, (_, index) => data((index + 1) & 0xffff, 8));
  const wish = startDownload({ filename: 'a', blockSize: 8 });
  const { said, bytes, outcome } = play(wish, [oack(['blksize', '8']), ...blocks, data(2, 3)]);
  expect([said.at(-1), bytes, outcome]).toEqual([ack(2), 65_537 * 8 + 3, 'complete']);
});

test('while the server is silent the request goes out again, later the last confirmation', () => {
  const wish = startDownload({ filename: 'a', blockSize: 1_000 });
  expect(repeat(wish)).toEqual(wish.say);
  expect(repeat(play(wish, [oack(['blksize', '1000'])]).download)).toEqual(ack(0));
  expect(repeat(play(wish, [oack(['blksize', '1000']), data(1, 1_000)]).download)).toEqual(ack(1));
});

test('an OACK that comes again is confirmed again, unless blocks came since', () => {
  const wish = startDownload({ filename: 'a', blockSize: 1_000 });
  const agreed = oack(['blksize', '1000']);
  expect(play(wish, [agreed, agreed, data(1, 1_000), agreed]).said).toEqual([ack(0), ack(0), ack(1), undefined]);
});
