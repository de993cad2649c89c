import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { fileContent } from '../../../server/lib/content.ts';
import { encodePacket, type Packet } from '../../../server/lib/tftp-packet.ts';
import type { TftpReply } from '../../../server/listeners/tftp/contract.ts';
import { download, tftpPeer } from '../../support/tftp-peer.ts';
import { eventually, pattern, serveFiles } from '../../support/tftp-server.ts';
import { generator } from '../../support/udp-impair.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes in use after a collection, of the heap and of buffers, which are given back in the background. */
async function memory(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    collectGarbage();
    await new Promise((done) => setTimeout(done, 50));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

test('1,000 phones at once get a large file each, in memory that is bounded', async () => {
  const phones = 1_000;
  const size = 200_000;
  const folder = await mkdtemp(join(tmpdir(), 'tftp-load-'));
  const path = join(folder, 'image');
  await writeFile(path, pattern(size));
  let asked = 0;
  let open = 0;
  let atOnce = 0;
  let before = 0;
  let most = 0;
  let letGo: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const answer = async (): Promise<TftpReply> => {
    asked++;
    if (asked === phones) letGo();
    await gate;
    const content = await fileContent(path);
    if (!content) return { kind: 'not-found' };
    open++;
    return {
      kind: 'file',
      content: {
        ...content,
        read: async (offset, length) => {
          const bytes = await content.read(offset, length);
          atOnce = Math.max(atOnce, server.stats().transfers);
          const { heapUsed, external } = process.memoryUsage();
          most = Math.max(most, heapUsed + external);
          return bytes;
        },
        close: async () => {
          open--;
          await content.close();
        },
      },
    };
  };
  const server = await serveFiles({}, { maxTransfers: 2 * phones, transferSockets: 256, answer });
  try {
    before = await memory();
    const options = [
      ['blksize', '4096'],
      ['windowsize', '5'],
    ] as const;
    const expected = pattern(size);
    const downloads = Array.from({ length: phones }, async () =>
      (await download('image', server.port, { options })).bytes.equals(expected),
    );
    expect((await Promise.all(downloads)).every((whole) => whole)).toBe(true);
    expect(atOnce).toBeGreaterThanOrEqual(phones);
    // The last ACKs are on their way yet. A request that was repeated before the first answer came may be read after the transfer, and
    // begins one that nobody takes: it is given up after seven seconds.
    expect(await eventually(() => open === 0, 15)).toBe(true);
    expect(server.stats()).toMatchObject({ transfers: 0, busy: 0, foreign: 0 });
    // A piece of 64 KB and the rest of a window each, and what the thousand clients hold in this process, twice: while they join it.
    expect(most - before).toBeLessThan(phones * (65_536 + 24_000 + 2 * size));
    expect((await memory()) - before).toBeLessThan(10_000_000);
  } finally {
    await server.close();
    await rm(folder, { recursive: true });
  }
}, 120_000);

test('phones that fall silent are sent three datagrams, then their places are free again', async () => {
  const silent = 200;
  const server = await serveFiles({ file: pattern(5_000) }, { maxTransfers: silent });
  const peers = await Promise.all(Array.from({ length: silent + 1 }, () => tftpPeer()));
  try {
    const [late, ...early] = peers;
    for (const peer of early) {
      peer.ask('file', server.port);
      await peer.next();
    }
    expect(server.stats().transfers).toBe(silent);
    late?.ask('file', server.port);
    const again = await Promise.all(early.map((peer) => peer.rest(7_500)));
    expect(again.every((datagrams) => datagrams.length === 2)).toBe(true);
    expect(await late?.rest(0)).toEqual([]);
    expect(server.stats()).toMatchObject({ transfers: 0, busy: 1 });
    expect(server.events).toHaveLength(silent);
    expect(server.events.every((event) => event.kind === 'finished' && event.outcome === 'silent' && event.bytes === 0)).toBe(
      true,
    );
    expect((await download('file', server.port)).bytes).toHaveLength(5_000);
  } finally {
    await Promise.all(peers.map((peer) => peer.close()));
    await server.close();
  }
  expect(server.open()).toBe(0);
}, 30_000);

test('100,000 random and mutated datagrams do no harm: the process lives, its memory stays flat, a phone is served meanwhile', async () => {
  const random = generator(20_260_101);
  const integer = (below: number) => Math.floor(random() * below);
  const server = await serveFiles({ file: pattern(20_000), other: pattern(3_000) }, { maxTransfers: 1_000, transferSockets: 32 });
  const attackers = await Promise.all(Array.from({ length: 8 }, () => tftpPeer()));
  const ports = [server.port];
  for (const attacker of attackers) {
    attacker.ask('file', server.port, [['windowsize', '4']]);
    ports.push((await attacker.next()).port);
  }

  const corpus: Packet[] = [
    { kind: 'read', filename: 'file', mode: 'octet', options: [] },
    {
      kind: 'read',
      filename: 'other',
      mode: 'netascii',
      options: [
        ['blksize', '1428'],
        ['windowsize', '64'],
        ['tsize', '0'],
        ['timeout', '1'],
      ],
    },
    { kind: 'write', filename: 'file', mode: 'octet', options: [['tsize', '4294967296']] },
    { kind: 'ack', block: 0 },
    { kind: 'ack', block: 1 },
    { kind: 'data', block: 1, data: pattern(512) },
    { kind: 'error', code: 8, message: 'no' },
    { kind: 'oack', options: [['blksize', '8']] },
  ];
  const seeds = corpus.map(encodePacket);
  const datagram = (): Buffer => {
    if (random() < 0.2) return Buffer.from(Array.from({ length: integer(64) }, () => integer(256)));
    const bytes = Buffer.from(seeds[integer(seeds.length)] ?? []);
    for (let changes = integer(4); changes > 0 && bytes.length > 0; changes--) bytes[integer(bytes.length)] = integer(256);
    if (random() < 0.2) return bytes.subarray(0, integer(bytes.length + 1));
    return random() < 0.1 ? Buffer.concat([bytes, bytes]) : bytes;
  };

  const total = 100_000;
  let settled = 0;
  for (let count = 1; count <= total; count++) {
    const toRequests = random() < 0.4;
    attackers[integer(attackers.length)]?.send(
      datagram(),
      (toRequests ? server.port : ports[integer(ports.length)]) ?? server.port,
    );
    // Both ends share a thread and the system's buffers hold some two hundred datagrams.
    if (count % 50 === 0) await Promise.all(attackers.map((attacker) => attacker.rest(0)));
    if (count % 10_000 === 0) expect((await download('file', server.port)).bytes.equals(pattern(20_000))).toBe(true);
    if (count === total / 5) settled = await memory();
  }
  const { received, garbage, foreign, repeated } = server.stats();
  expect(received).toBeGreaterThan(0.99 * total);
  for (const kind of [garbage, foreign, repeated]) expect(kind).toBeGreaterThan(100);
  expect((await memory()) - settled).toBeLessThan(10_000_000);
  await Promise.all(attackers.map((attacker) => attacker.close()));
  await server.close();
  expect(server.open()).toBe(0);
}, 60_000);
