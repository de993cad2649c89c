import { expect, test } from '@jest/globals';
import { pathOf } from '../../server/firmware/unpack/names.ts';

test('a path that is too long for the file system is refused, however short its names are', () => {
  const path = (folders: number) => `${`${'d'.repeat(249)}/`.repeat(folders)}f`;
  expect(pathOf('fw.zip', path(14), 20)).toBe(path(14));
  expect(() => pathOf('fw.zip', path(15), 20)).toThrow('is longer than 3584 bytes');
});
