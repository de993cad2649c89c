import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { generated } from '../../docs/generate.ts';

const root = join(import.meta.dirname, '../..');

test.each(Object.entries(generated))('%s is as the code says (make docs writes it)', async (path, page) => {
  const committed = readFileSync(join(root, path), 'utf8');
  expect(committed).toBe(await page(committed, root));
});
