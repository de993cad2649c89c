import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { toNetascii } from '../../../server/lib/tftp-packet.ts';
import { type ClientName, fetchWith } from '../../support/tftp-clients.ts';
import { pattern, serveFiles, type TestServer } from '../../support/tftp-server.ts';
import { impairedPath } from '../../support/udp-impair.ts';

const SIZES = [0, 1, 511, 512, 513, 1_024, 8_192];
const TEXT = Buffer.from(Array.from({ length: 5_000 }, (_none, at) => [0x0a, 0x0d, 0x61, 0x62][(at * at + (at >> 7)) & 3] ?? 0));

/** The opcode of DATA (RFC 1350, section 5). */
const DATA = 3;

const files = { text: TEXT, large: pattern(40 * 1_048_576), middle: pattern(300_000) };

let folder = '';
let server: TestServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tftp-clients-'));
  const sized = Object.fromEntries(SIZES.map((size) => [`size-${size}`, pattern(size)]));
  server = await serveFiles({ ...files, ...sized }, { addresses: [{ host: '::', port: 0 }], transferSockets: 256 });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
  expect(server.open()).toBe(0);
});

const fetch = (client: ClientName, flags: readonly string[], filename: string, host = '127.0.0.1', port = server.port) =>
  fetchWith({ client, flags, filename, host, port, folder });

const blockSizes = ['8', '512', '1428', '65464'];
const options = (...pairs: (readonly [string, string] | undefined)[]) =>
  pairs.flatMap((pair) => (pair ? ['--option', pair.join(' ')] : []));
const atftp = [undefined, ...blockSizes].flatMap((blksize) =>
  [undefined, '1', '8', '64'].flatMap((windowsize) =>
    [undefined, '0'].flatMap((tsize) =>
      [undefined, '3'].map((timeout) =>
        options(
          blksize ? ['blksize', blksize] : undefined,
          windowsize ? ['windowsize', windowsize] : undefined,
          tsize ? ['tsize', tsize] : undefined,
          timeout ? ['timeout', timeout] : undefined,
        ),
      ),
    ),
  ),
);

const variants: readonly (readonly [ClientName, readonly (readonly string[])[]])[] = [
  ['atftp', atftp],
  // busybox writes its request into a buffer of one block, so that 8 bytes are too few.
  ['busybox', [[], ...['64', '512', '1428', '65464'].map((size) => ['-b', size])]],
  ['curl', [['--tftp-no-options'], [], ...blockSizes.map((size) => ['--tftp-blksize', size])]],
  ['tftp-hpa', [['-m', 'octet']]],
];

/** With tsize=0 agreed, curl takes an empty file for an error, whatever the server. */
const canFetch = (client: ClientName, flags: readonly string[], size: number) =>
  client !== 'curl' || size > 0 || flags.includes('--tftp-no-options');

test.each(variants)(
  '%s gets every file with every combination of its options',
  async (client, combinations) => {
    for (const flags of combinations) {
      const sizes = SIZES.filter((size) => canFetch(client, flags, size));
      const fetched = await Promise.all(sizes.map((size) => fetch(client, flags, `size-${size}`)));
      expect({ flags, whole: fetched.map((bytes, at) => bytes.equals(pattern(sizes[at] ?? -1))) }).toEqual({
        flags,
        whole: sizes.map(() => true),
      });
    }
  },
  60_000,
);

test('tftp-hpa gets a text in netascii as it is here, curl as it travels', async () => {
  expect((await fetch('tftp-hpa', ['-m', 'netascii'], 'text')).equals(TEXT)).toBe(true);
  expect((await fetch('curl', ['--use-ascii'], 'text')).equals(toNetascii(TEXT))).toBe(true);
  expect((await fetch('curl', ['--use-ascii', '--tftp-blksize', '8'], 'text')).equals(toNetascii(TEXT))).toBe(true);
});

test.each<[ClientName, string[]]>([
  ['atftp', []],
  ['busybox', []],
  ['curl', []],
  ['tftp-hpa', ['-6']],
])('%s is served over IPv6 by the same socket', async (client, flags) => {
  expect((await fetch(client, flags, 'size-1024', '::1')).equals(pattern(1_024))).toBe(true);
});

const plain: readonly (readonly [ClientName, readonly string[]])[] = [
  ['atftp', []],
  ['busybox', []],
  ['curl', ['--tftp-no-options']],
  ['tftp-hpa', ['-m', 'octet']],
];

test('each client gets 40 MB in blocks of 512 bytes, past block 65,535', async () => {
  const whole = plain.map(async ([client, flags]) => [client, (await fetch(client, flags, 'large')).equals(files.large)]);
  expect(await Promise.all(whole)).toEqual(plain.map(([client]) => [client, true]));
}, 120_000);

test('on a path that loses 5 %, copies 2 % and reorders, each client gets 300 KB whole, and few blocks more than needed are sent', async () => {
  const blocks = Math.floor(300_000 / 512) + 1;
  const transfers = plain.map(async ([client, flags]) => {
    const path = await impairedPath(server.port, { loss: 0.05, duplication: 0.02, delayMs: [1, 4], seed: 42 });
    const bytes = await fetch(client, flags, 'middle', '127.0.0.1', path.port);
    const { fromServer, lost, duplicated } = path.counts();
    await path.close();
    const frames = fromServer[DATA] ?? 0;
    return {
      client,
      whole: bytes.equals(files.middle),
      fewBlocks: frames <= 1.05 * (blocks + lost) || { frames, lost, duplicated },
      // About sixty and twenty: the path was as bad as it says.
      bad: lost > 20 && duplicated > 5,
    };
  });
  expect(await Promise.all(transfers)).toEqual(plain.map(([client]) => ({ client, whole: true, fewBlocks: true, bad: true })));
}, 120_000);

test('atftp gets 300 KB in windows on a path that loses 5 % and copies 2 %', async () => {
  // No reordering here: a window leaves in one burst, and no client puts its blocks in order.
  const path = await impairedPath(server.port, { loss: 0.05, duplication: 0.02, delayMs: [2, 2], seed: 7 });
  const flags = options(['blksize', '1428'], ['windowsize', '8']);
  const bytes = await fetch('atftp', flags, 'middle', '127.0.0.1', path.port);
  await path.close();
  expect(bytes.equals(files.middle)).toBe(true);
}, 120_000);
