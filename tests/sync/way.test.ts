import { expect, test } from '@jest/globals';
import { type Phone, type Told, tellBy, type Way } from '../../server/sync/way.ts';

const phone: Phone = { device: 'd', hasOwnAddress: true, transport: 'udp' };
const asked: string[] = [];
const way = (name: string, told: Told): Way => ({
  name,
  async tell() {
    asked.push(name);
    return told;
  },
});
const impossible = way('a', { kind: 'impossible', why: 'no address' });
const silent = way('b', { kind: 'silent', why: 'nobody answered' });
const works = way('c', { kind: 'told', words: 'it answered 200' });

test('a phone is told by the first way that works, and by none after it', async () => {
  asked.length = 0;
  expect(await tellBy([impossible, silent, works, way('d', { kind: 'told', words: '' })], { event: 'x' }, phone)).toEqual({
    way: 'c',
    words: 'it answered 200',
  });
  expect(asked).toEqual(['a', 'b', 'c']);
});

test.each<[Way[], string, string]>([
  [[silent], 'resync-silent', 'nobody answered'],
  [[silent, impossible], 'resync-silent', 'By b: nobody answered. By a: no address'],
  [[impossible], 'resync-impossible', 'no address'],
  [[], 'resync-impossible', 'The settings name no way to tell its phone (sync.ways)'],
])('where none works it is said why of each (%#)', async (ways, code, message) => {
  await expect(tellBy(ways, { event: 'x' }, phone)).rejects.toMatchObject({ code, message });
});

test('who gives up asks no further way', async () => {
  asked.length = 0;
  await expect(tellBy([silent, works], { event: 'x' }, phone, AbortSignal.abort(new Error('given up')))).rejects.toThrow(
    'given up',
  );
  expect(asked).toEqual(['b']);
});
