import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from '@jest/globals';

/** Compares with a committed file; `make golden` writes it anew, and the difference is reviewed as the phone would read it. */
export function expectGolden(path: string, text: string): void {
  const file = join(import.meta.dirname, '../plugins', path);
  if (process.env.UPDATE_GOLDEN) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  if (!existsSync(file)) throw new Error(`There is no golden file ${path}; make golden writes it`);
  expect(text).toBe(readFileSync(file, 'utf8'));
}
