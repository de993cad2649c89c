import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { toNetascii } from '../../../server/lib/tftp-packet.ts';
import { type ClientName, clientNames, combinations, fetchWith, plain } from '../../support/tftp-clients.ts';
import { pattern, serveFiles, type TestServer } from '../../support/tftp-server.ts';

const SIZES = [0, 1, 511, 512, 513, 1_024, 8_192];
const TEXT = Buffer.from(Array.from({ length: 5_000 }, (_none, at) => [0x0a, 0x0d, 0x61, 0x62][(at * at + (at >> 7)) & 3] ?? 0));

const files = { text: TEXT, large: pattern(40 * 1_048_576) };

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

/** With tsize=0 agreed, curl takes an empty file for an error, whatever the server. */
const canFetch = (client: ClientName, flags: readonly string[], size: number) =>
  client !== 'curl' || size > 0 || flags.includes('--tftp-no-options');

test.each(clientNames)(
  '%s gets every file with every combination of its options',
  async (client) => {
    for (const { flags } of combinations.filter((combination) => combination.client === client)) {
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

test('each client gets 40 MB in blocks of 512 bytes, past block 65,535', async () => {
  const whole = plain.map(async ({ client, flags }) => [client, (await fetch(client, flags, 'large')).equals(files.large)]);
  expect(await Promise.all(whole)).toEqual(clientNames.map((client) => [client, true]));
}, 120_000);
