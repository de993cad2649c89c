import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { withTables } from '../../docs/generate-configs.ts';

const page = new URL('../../docs/configs.md', import.meta.url);

test('docs/configs.md lists the vocabulary as it is', () => {
  const committed = readFileSync(page, 'utf8');
  const current = withTables(committed);
  if (process.env.REWRITE === '1') writeFileSync(page, current);
  else expect(committed).toBe(current);
});
