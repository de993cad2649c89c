import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { generated } from '../../docs/generate.ts';

test.each(Object.entries(generated))('%s is as the code says (make docs writes it)', (path, page) => {
  const committed = readFileSync(join(import.meta.dirname, '../..', path), 'utf8');
  expect(committed).toBe(page(committed));
});
