import { inspect } from 'node:util';
import { expect, test } from '@jest/globals';
import { Secret } from '../../server/lib/secret.ts';

const secret = new Secret('s3cret-Text');

test('a secret is shown by saying so, and in no other way', () => {
  expect(secret.reveal()).toBe('s3cret-Text');
  const shown = [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret, list: [secret] }),
    inspect({ deep: { secret } }, { depth: 9, showHidden: true }),
    Object.keys(secret).join(),
    JSON.stringify(Object.getOwnPropertyDescriptors(secret)),
    String(Object.entries({ ...secret })),
    new Error(`it is ${secret}`).message,
  ];
  for (const text of shown) expect(text).not.toContain('s3cret');
});

test('a copy by structured clone has nothing of it', () => {
  expect(inspect(structuredClone({ ...secret }))).not.toContain('s3cret');
});
