import { crc32 } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { checked } from '../../server/firmware/unpack/entry.ts';

async function read(content: string, wanted: { size: number; crc: number }): Promise<string> {
  const pieces: Uint8Array[] = [];
  const entry = {
    name: 'fw.bin',
    content: (async function* () {
      yield* [content.slice(0, 2), content.slice(2)].map((piece) => Buffer.from(piece));
    })(),
  };
  for await (const piece of checked('fw.rar', entry, wanted)) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

test('a content comes out with the size and the CRC that the archive names, or not at all', async () => {
  const crc = crc32('image');
  expect(await read('image', { size: 5, crc })).toBe('image');
  await expect(read('image', { size: 6, crc })).rejects.toMatchObject({
    code: 'firmware-archive-broken',
    message: 'fw.rar is broken: "fw.bin" has 5 bytes, 6 were expected',
  });
  await expect(read('Image', { size: 5, crc })).rejects.toThrow(/has the CRC [0-9a-f]{8}, [0-9a-f]{8} was expected/);
});
