import { scryptSync } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { type Cost, fits, hashPassword, isOutdated, unfitting } from '../../server/access/password.ts';
import { Secret } from '../../server/lib/secret.ts';

const CHEAP: Cost = { logN: 4, r: 8, p: 2 };

test('a password fits what was kept of it, and no other does', async () => {
  const kept = await hashPassword('correct horse', CHEAP);
  expect(await fits('correct horse', kept)).toBe(true);
  for (const other of ['', 'correct hors', 'correct horse ', 'Correct horse']) expect(await fits(other, kept)).toBe(false);
});

test('what is kept is scrypt as RFC 7914 has it, with its parameters, and another each time', async () => {
  const kept = (await hashPassword('correct horse', CHEAP)).reveal();
  const [, , cost, salt = '', key] = kept.split('$');
  expect(cost).toBe('ln=4,r=8,p=2');
  const expected = scryptSync('correct horse', Buffer.from(salt, 'base64url'), 32, { N: 16, r: 8, p: 2 });
  expect(key).toBe(expected.toString('base64url'));
  expect((await hashPassword('correct horse', CHEAP)).reveal()).not.toBe(kept);
});

test('what costs what it costs by default is made and tried', async () => {
  const kept = await hashPassword('correct horse');
  expect(kept.reveal()).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$/);
  expect(await fits('correct horse', kept)).toBe(true);
  expect([isOutdated(kept), isOutdated(kept, CHEAP)]).toEqual([false, true]);
});

test('what no password fits looks like any other', async () => {
  const kept = unfitting(CHEAP);
  expect(await fits('', kept)).toBe(false);
  expect(isOutdated(kept, CHEAP)).toBe(false);
});

test.each(['', 'secret', '$scrypt$ln=4,r=8,p=2$abc$abc', '$bcrypt$ln=4,r=8,p=2$abc$abc'])(
  'a damaged store is told, without its text: %j',
  async (text) => {
    const failure = await fits('x', new Secret(text)).catch((cause) => cause);
    expect(failure).toMatchObject({ code: 'store-corrupt' });
    if (text) expect(String(failure)).not.toContain(text);
  },
);
