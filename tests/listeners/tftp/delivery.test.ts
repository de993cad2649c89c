import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bytesContent, type Content, fileContent } from '../../../server/lib/content.ts';
import { parsePacket, toNetascii } from '../../../server/lib/tftp-packet.ts';
import { Delivery, type Mode } from '../../../server/listeners/tftp/delivery.ts';
import { agree, type Limits } from '../../../server/listeners/tftp/transfer.ts';
import { pattern } from '../../support/tftp-server.ts';

const LIMITS: Limits = { blockSize: 65_464, windowSize: 64, windowBytes: 65_536 };

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tftp-delivery-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function stored(bytes: Buffer): Promise<Content> {
  const path = join(folder, 'content');
  await writeFile(path, bytes);
  const content = await fileContent(path);
  if (!content) throw new Error(`${path} is gone`);
  return content;
}

/** Delivers to a peer that confirms each window, and says what it got, and the largest piece that was read at once. */
function deliver(content: Content, mode: Mode, blksize: number, windowsize: number) {
  const agreement = agree(
    [
      ['blksize', String(blksize)],
      ['windowsize', String(windowsize)],
    ],
    undefined,
    LIMITS,
  );
  let largest = 0;
  const watched: Content = {
    ...content,
    read: async (offset, length) => {
      largest = Math.max(largest, length);
      return content.read(offset, length);
    },
  };
  return new Promise<{ outcome: string; cause: unknown; bytes: Buffer; confirmed: number; largest: number }>((resolve) => {
    const blocks: Buffer[] = [];
    const delivery = new Delivery({
      content: watched,
      mode,
      agreement,
      send: (datagram) => {
        const packet = parsePacket(Buffer.isBuffer(datagram) ? datagram : Buffer.concat(datagram));
        if (packet?.kind === 'oack') setImmediate(() => delivery.receive({ kind: 'ack', block: 0 }));
        if (packet?.kind !== 'data') return;
        blocks.push(packet.data);
        if (blocks.length % agreement.windowSize === 0 || packet.data.length < blksize) {
          setImmediate(() => delivery.receive({ kind: 'ack', block: packet.block }));
        }
      },
      ended: (outcome, cause) => resolve({ outcome, cause, bytes: Buffer.concat(blocks), confirmed: delivery.bytes, largest }),
    });
    delivery.start();
  });
}

const text = Buffer.from(
  Array.from({ length: 200_000 }, (_none, at) => [0x0a, 0x0d, 0x61, 0x00][(at * at + (at >> 9)) & 3] ?? 0),
);

test.each([
  ['memory', 'octet', 512, 1],
  ['memory', 'netascii', 512, 1],
  ['memory', 'netascii', 64, 5],
  ['a file', 'octet', 512, 1],
  ['a file', 'octet', 1_428, 16],
  ['a file', 'octet', 65_464, 1],
  ['a file', 'netascii', 512, 1],
  ['a file', 'netascii', 1_428, 16],
] as const)('content in %s arrives in %s, in blocks of %d, %d at a time', async (where, mode, blksize, windowsize) => {
  const content = where === 'memory' ? bytesContent(text) : await stored(text);
  const expected = mode === 'netascii' ? toNetascii(text) : text;
  const { outcome, bytes, confirmed, largest } = await deliver(content, mode, blksize, windowsize);
  await content.close();
  expect(outcome).toBe('complete');
  expect(bytes.equals(expected)).toBe(true);
  expect(confirmed).toBe(expected.length);
  expect(largest).toBeLessThanOrEqual(65_536);
});

test.each([0, 1, 511, 512, 513, 1_024, 65_536, 65_537])(
  '%d bytes end with a block that is not full, from memory and from a file',
  async (size) => {
    const bytes = pattern(size);
    for (const content of [bytesContent(bytes), await stored(bytes)]) {
      for (const mode of ['octet', 'netascii'] as const) {
        const result = await deliver(content, mode, 512, 3);
        expect(result.outcome).toBe('complete');
        expect(result.bytes.equals(mode === 'octet' ? bytes : toNetascii(bytes))).toBe(true);
      }
      await content.close();
    }
  },
);

test('netascii that grows to exactly full blocks ends with an empty one', async () => {
  const result = await deliver(bytesContent(Buffer.alloc(256, '\n')), 'netascii', 512, 4);
  expect(result).toMatchObject({ outcome: 'complete', confirmed: 512 });
});

test('a file that becomes shorter while it is sent ends as failed, with the reason', async () => {
  const content = await stored(pattern(200_000));
  await truncate(join(folder, 'content'), 100_000);
  const { outcome, cause } = await deliver(content, 'octet', 512, 1);
  await content.close();
  expect(outcome).toBe('failed');
  expect(String(cause)).toMatch(/became shorter/);
});

test('a stopped delivery sends nothing and ends nothing, even when a read comes back', async () => {
  let read: (bytes: Buffer) => void = () => {};
  const content: Content = { size: 100, read: () => new Promise((resolve) => (read = resolve)), close: async () => {} };
  const told: unknown[] = [];
  const delivery = new Delivery({
    content,
    mode: 'octet',
    agreement: agree([], undefined, LIMITS),
    send: (datagram) => told.push(datagram),
    ended: (outcome) => told.push(outcome),
  });
  delivery.start();
  delivery.stop();
  read(Buffer.alloc(100));
  await new Promise(setImmediate);
  delivery.receive({ kind: 'error', code: 0, message: '' });
  expect(told).toEqual([]);
});
