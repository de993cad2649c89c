import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Packet, parsePacket } from '../../../server/lib/tftp-packet.ts';
import { type ClientName, type Combination, combinations, fetchWith } from '../../support/tftp-clients.ts';
import { tftpPeer } from '../../support/tftp-peer.ts';
import { pattern, serveFiles, type TestServer } from '../../support/tftp-server.ts';
import { impairedPath } from '../../support/udp-impair.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tftp-bad-path-'));
});
afterAll(() => rm(folder, { recursive: true }));

const PATH = { loss: 0.05, duplication: 0.02, reordering: 0.02, delayMs: [1, 8] } as const;

/**
 * What two of the clients cannot take harm to; the last two tests here show it. atftp gives up when an OACK comes twice, as it does when it
 * is copied or the ACK of it is lost. curl starts counting anew when one comes after block 1, and never ends. All the rest of the path they get.
 */
const spared: Partial<Record<ClientName, (packet: Packet | undefined) => boolean>> = {
  atftp: (packet) => packet?.kind === 'oack' || (packet?.kind === 'ack' && packet.block === 0),
  curl: (packet) => packet?.kind === 'oack',
};

/** So many blocks that a path that loses 5 % loses some; fewer where the client asked for whole seconds of waiting for each. */
const blocksOf = ({ timeout }: Combination) => (timeout ? 40 : 200);
const nameOf = (combination: Combination) => `${blocksOf(combination)}-of-${combination.blockSize}`;

async function fetchOver(server: TestServer, combination: Combination, seed: number, expected: Buffer) {
  const { client, flags, blockSize } = combination;
  const path = await impairedPath(server.port, {
    ...PATH,
    seed,
    spared: (bytes) => spared[client]?.(parsePacket(bytes)) ?? false,
  });
  const fetched = fetchWith({ client, flags, filename: nameOf(combination), port: path.port, folder });
  const end = await fetched.then(
    (bytes) => (bytes.equals(expected) ? undefined : 'the file is another'),
    (cause: Error) => cause.message,
  );
  await path.close();
  const passages = path.passages();
  const data = passages.filter(({ bytes }) => parsePacket(bytes)?.kind === 'data');
  const lost = passages.filter(({ fate }) => fate === 'lost').length;
  const windowSize = Math.max(1, Math.min(combination.windowSize, Math.floor(65_536 / blockSize)));
  // In lock-step each loss costs a block. In a window it costs what is left of the window, since no client keeps what came out of order
  // (RFC 7440, section 4); so does what was overtaken or copied, ACKs too: a repeated ACK is how a client says that a first block is lost.
  const disturbed = windowSize === 1 ? 0 : passages.filter(({ fate }) => fate === 'overtaken' || fate === 'twice').length;
  const needed = blocksOf(combination) + windowSize * (lost + disturbed);
  const tooMany = data.length > 1.05 * needed ? `${data.length} blocks were sent, ${needed} were needed` : undefined;
  return { lost, problem: end ?? tooMany };
}

test('over a path that loses 5 %, copies 2 % and reorders 2 %, each client gets a file whole with each combination of its options, and few blocks more than needed are sent', async () => {
  const files = Object.fromEntries(
    combinations.map((combination) => [nameOf(combination), pattern(blocksOf(combination) * combination.blockSize - 3)]),
  );
  const server = await serveFiles(files, { transferSockets: 256 });
  try {
    const rows = combinations.map((combination, at) => ({ combination, seed: 1_000 + at }));
    const failed: string[] = [];
    let lost = 0;
    const worker = async () => {
      for (let row = rows.shift(); row; row = rows.shift()) {
        const { combination, seed } = row;
        const result = await fetchOver(server, combination, seed, files[nameOf(combination)] ?? Buffer.alloc(0));
        lost += result.lost;
        if (result.problem) failed.push(`${combination.client} ${combination.flags.join(' ')}: ${result.problem}`);
      }
    };
    // Most of the time each of them waits.
    await Promise.all(Array.from({ length: 24 }, worker));
    expect(failed).toEqual([]);
    // The path was as bad as it says: every row lost something, on average.
    expect(lost).toBeGreaterThan(5 * combinations.length);
    expect(server.stats()).toMatchObject({ foreign: 0 });
  } finally {
    await server.close();
  }
  expect(server.open()).toBe(0);
}, 240_000);

/** Plays a server to a client that asked with options: OACK, block 1, the OACK again. @returns what the client says to the last one. */
async function repeatOack(client: ClientName, flags: readonly string[]) {
  const peer = await tftpPeer();
  const ended = fetchWith({ client, flags, filename: 'file', port: peer.port, folder }).then(
    () => 'whole',
    (cause: Error) => cause.message,
  );
  const request = await peer.next();
  const options = request.packet?.kind === 'read' ? request.packet.options : [];
  const say = async (packet: Packet) => {
    peer.send(packet, request.port);
    return (await peer.next()).packet;
  };
  const oack = {
    kind: 'oack',
    options: options.map(([name, value]) => [name, name === 'tsize' ? '600' : value] as const),
  } as const;
  expect(await say(oack)).toEqual({ kind: 'ack', block: 0 });
  expect(await say({ kind: 'data', block: 1, data: pattern(512) })).toEqual({ kind: 'ack', block: 1 });
  const answer = await say(oack);
  return { answer, ended, peer, client: request.port };
}

test('atftp gives up when an OACK comes twice', async () => {
  const { answer, ended, peer } = await repeatOack('atftp', ['--option', 'tsize 0']);
  expect(answer).toMatchObject({ kind: 'error', code: 0 });
  expect(await ended).toMatch(/unexpected OACK/);
  await peer.close();
});

test('curl goes back to block 0 when an OACK comes after block 1, and takes no other block than 1 from then on', async () => {
  const { answer, ended, peer, client } = await repeatOack('curl', ['--max-time', '4']);
  expect(answer).toEqual({ kind: 'ack', block: 0 });
  peer.send({ kind: 'data', block: 2, data: pattern(88) }, client);
  expect(await ended).toContain('curl: (28)');
  await peer.close();
});
