import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { download } from '../../../server/lib/download/download.ts';
import { checkLink } from '../../../server/lib/download/link.ts';
import { type RudeFtp, type Sent, startRudeFtp } from '../../support/rude-ftp.ts';
import { pattern } from '../../support/tftp-server.ts';

const body = pattern(50_000);
const whole: Sent = { bytes: body, reply: '226 Done' };
const network = { proxies: {}, connectMs: 1_000, stallMs: 2_000 };

let folder: string;
let server: RudeFtp;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-ftp-'));
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await server.close();
});

/** How often it was asked for. */
async function fetched(tries = 2): Promise<number> {
  const sums = new Map([['sha1', createHash('sha1').update(body).digest('hex')]] as const);
  const to = join(folder, 'fw.zip');
  await download(server.url, { to, size: body.length, sums, network, patience: { tries, firstMs: 1 } });
  expect(readFileSync(to).equals(body)).toBe(true);
  expect(readdirSync(folder)).toEqual(['fw.zip']);
  return server.commands.filter((command) => command === 'RETR').length;
}

test('of a server that tells neither size nor time a file is fetched, and its link is asked for by its first bytes', async () => {
  server = await startRudeFtp(true, whole);
  expect(await fetched()).toBe(1);
  const state = await checkLink(server.url, body.length, { network });
  expect(state).toEqual({ kind: 'ok', words: 'is there; the server does not tell its size' });
});

test.each<[string, Sent | string]>([
  ['is busy', '450 Later'],
  ['gives up in the middle, and says so on its other connection', { bytes: body.subarray(0, 20_000), reply: '426 No more' }],
  ['cuts the session off', { bytes: body.subarray(0, 20_000), reply: undefined }],
])('a server that %s is asked again', async (_what, first) => {
  server = await startRudeFtp(true, first, whole);
  expect(await fetched()).toBe(2);
});

test('of a server that cannot begin in the middle the whole is fetched again', async () => {
  server = await startRudeFtp(false, { bytes: body.subarray(0, 20_000), reply: '426 No more' }, whole);
  expect(await fetched()).toBe(2);
  expect(server.commands).not.toContain('REST');
});

test('a file that is not there is not asked for again', async () => {
  server = await startRudeFtp(true, '550 Never heard of it');
  await expect(fetched()).rejects.toMatchObject({
    code: 'download-missing',
    message: expect.stringContaining('has no such file, or does not give it (FTP 550) (try 1 of 2)'),
  });
  expect(await checkLink(server.url, body.length, { network })).toMatchObject({ kind: 'gone', status: 550 });
});
