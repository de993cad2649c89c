import { expect, test } from '@jest/globals';
import { Refusal } from '../../../server/api/provd/answer.ts';
import { listed, readListing } from '../../../server/api/provd/listing.ts';
import { readSelector } from '../../../server/api/provd/selector.ts';
import { fromPlain, type OrderedJson, parseOrdered } from '../../../server/lib/ordered-json.ts';
import { fc } from '../../support/fuzz.ts';

const documents = [
  { id: 'a', vendor: 'Snom', n: 1, list: ['x', 'y'], options: { deep: { on: true } } },
  { id: 'b', vendor: 'Yealink', n: 10, added: 'auto' },
  { id: 'c', vendor: 'Snom', n: 2, list: [] },
].map((each) => fromPlain(each) as ReadonlyMap<string, OrderedJson>);

async function* all() {
  yield* documents;
}
async function taken<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const each of items) list.push(each);
  return list;
}
const found = (query: Readonly<Record<string, string>>) => taken(listed(all(), readListing(new URLSearchParams(query))));
const idsBy = async (query: Readonly<Record<string, string>>) => (await found(query)).map((each) => each.get('id'));
const matching = (q: unknown) => idsBy({ q: JSON.stringify(q) });

test.each([
  [{}, ['a', 'b', 'c']],
  [{ vendor: 'Snom' }, ['a', 'c']],
  [{ vendor: 'Snom', n: 2 }, ['c']],
  [{ list: 'x' }, ['a']],
  [{ list: ['x', 'y'] }, ['a']],
  [{ list: ['y', 'x'] }, []],
  [{ 'options.deep.on': true }, ['a']],
  [{ options: { deep: { on: true } } }, ['a']],
  [{ 'options.deep.on.more': true }, []],
  [{ vendor: { $in: ['Yealink', 'Aastra'] } }, ['b']],
  [{ vendor: { $nin: ['Yealink'] } }, ['a', 'c']],
  [{ list: { $contains: 'y' } }, ['a']],
  [{ vendor: { $contains: 'Snom' } }, []],
  [{ n: { $gt: 1 } }, ['b', 'c']],
  [{ n: { $ge: 1, $lt: 10 } }, ['a', 'c']],
  [{ n: { $le: 2 } }, ['a', 'c']],
  [{ vendor: { $gt: 'Snom' } }, ['b']],
  [{ n: { $gt: 'a' } }, []],
  [{ added: { $ne: 'auto' } }, ['a', 'c']],
  [{ added: { $exists: true } }, ['b']],
  [{ added: { $exists: false } }, ['a', 'c']],
  [{ __proto__x: 'a' }, []],
])('%j finds %j', async (q, expected) => {
  expect(await matching(q)).toEqual(expected);
});

test.each([[{ n: { $regex: 'x' } }], [{ n: { $in: 'x' } }], [{ n: { $gt: 1, more: 2 } }], [[1]], ['text']])(
  '%j is refused',
  async (q) => {
    await expect(matching(q)).rejects.toThrow(Refusal);
  },
);

test('what is no JSON is passed over, and q64 goes before q', async () => {
  expect(await idsBy({ q: '{bad' })).toEqual(['a', 'b', 'c']);
  const q64 = Buffer.from('{"id":"b"}').toString('base64');
  expect(await idsBy({ q: '{"id":"a"}', q64 })).toEqual(['b']);
});

test.each([
  [{ skip: '1' }, ['b', 'c']],
  [{ limit: '2' }, ['a', 'b']],
  [{ limit: '0' }, ['a', 'b', 'c']],
  [{ limit: '-1' }, []],
  [{ skip: 'zz', limit: 'x' }, ['a', 'b', 'c']],
  [{ sort: 'n' }, ['a', 'c', 'b']],
  [{ sort: 'n', sort_ord: 'DESC' }, ['b', 'c', 'a']],
  [{ sort: 'n', sort_ord: 'odd' }, ['a', 'c', 'b']],
  [{ sort: 'added' }, ['a', 'c', 'b']],
  [{ sort: 'id', sort_ord: 'DESC', skip: '1', limit: '1' }, ['b']],
])('%j gives %j', async (query, expected) => {
  expect(await idsBy(query)).toEqual(expected);
});

test('fields are what is asked for, and always the id', async () => {
  expect(await found({ fields: 'n,options.deep', limit: '2' })).toEqual([
    fromPlain({ id: 'a', n: 1, options: { deep: { on: true } } }),
    fromPlain({ id: 'b', n: 10 }),
  ]);
});

test('no query whatever does anything but find or be refused', async () => {
  const name = fc.constantFrom('q', 'q64', 'fields', 'skip', 'limit', 'sort', 'sort_ord');
  const value = fc.oneof(fc.string(), fc.json(), fc.constantFrom('{"a":{"$in":[{}]}}', '{"a":{"$ne":null}}', 'a.b', '.', ''));
  await fc.assert(
    fc.asyncProperty(fc.dictionary(name, value), async (query) => {
      try {
        expect((await idsBy(query)).length).toBeLessThanOrEqual(3);
      } catch (cause) {
        expect(cause).toBeInstanceOf(Refusal);
      }
    }),
    { numRuns: 3_000 },
  );
});

test('what must be one of some texts may be looked up, and nothing else', () => {
  const { among } = readSelector(parseOrdered('{"mac":"x","n":1,"ip":{"$ne":"y"},"id":{"$in":["a","b"]},"sn":{"$in":["a",1]}}'));
  expect([...among]).toEqual([
    ['mac', ['x']],
    ['id', ['a', 'b']],
  ]);
});

test('without an order, no more is looked at than is asked for', async () => {
  let looked = 0;
  async function* counted() {
    for (const each of documents) {
      looked++;
      yield each;
    }
  }
  const listing = readListing(new URLSearchParams({ limit: '1', q: '{"vendor":"Snom"}' }));
  expect(await taken(listed(counted(), listing))).toHaveLength(1);
  expect(looked).toBe(1);
});
