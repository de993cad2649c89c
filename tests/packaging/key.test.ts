import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { makeKey, publicLineOf, readKey } from '../../server/packaging/key.ts';
import { isSignedBy, readPublicLine, readSignatures, signatureLine } from '../../server/repositories/keys.ts';

let root: string;
let file: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'offhook-key-'));
  file = join(root, 'key.pem');
});
afterEach(() => rmSync(root, { recursive: true }));

test('a key is kept for its owner, and what it signs the printed line verifies', async () => {
  const line = await makeKey(file);
  expect(line).toMatch(/^ed25519:[A-Za-z\d+/]{43}=$/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const key = await readKey(file);
  expect(publicLineOf(key)).toBe(line);
  const bytes = Buffer.from('bytes');
  const [signature] = readSignatures(signatureLine(bytes, key)) ?? [];
  if (!signature) throw new Error('There is no signature');
  expect(isSignedBy(bytes, signature, readPublicLine(line))).toBe(true);
  expect(isSignedBy(Buffer.from('other'), signature, readPublicLine(line))).toBe(false);
});

test('a key that is there is never overwritten', async () => {
  await makeKey(file);
  const before = readFileSync(file);
  await expect(makeKey(file)).rejects.toMatchObject({ code: 'key-exists' });
  expect(readFileSync(file)).toEqual(before);
});

test('a file that is no such key is told', async () => {
  await expect(readKey(file)).rejects.toThrow(/key\.pem cannot be read as a private key: (?:Error: )?ENOENT/);
  writeFileSync(file, 'nonsense');
  await expect(readKey(file)).rejects.toMatchObject({ code: 'key-unreadable' });
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await expect(readKey(file)).rejects.toThrow(/a key of the kind ec, and not ed25519/);
});
