import { expect, test } from '@jest/globals';
import type { Connection } from '../../server/store/sqlite/database.ts';
import { shape, updaterOf } from '../../server/store/sqlite/shape.ts';

interface Thing {
  readonly id: string;
  readonly name?: string;
  readonly big: boolean;
  readonly revision: number;
}
const thing = shape<Thing>({ id: 'plain', name: 'plain', big: 'flag', revision: 'plain' });

test('an update names the columns that differ, and no others, and is prepared once for each set of them', () => {
  const [prepared, ran]: [string[], unknown[][]] = [[], []];
  const database = {
    prepare(sql: string) {
      prepared.push(sql);
      return { run: (...values: unknown[]) => ran.push(values) };
    },
  } as unknown as Pick<Connection, 'prepare'>;
  const update = updaterOf(database, 'things', thing);
  const one: Thing = { id: 'a', name: 'x', big: false, revision: 1 };
  update(one, { ...one, big: true, revision: 2 });
  update({ ...one, big: true, revision: 2 }, { ...one, big: false, revision: 3 });
  const { name, ...nameless } = one;
  update(one, { ...nameless, revision: 2 });
  expect(prepared).toEqual([
    'UPDATE things SET big = ?, revision = ? WHERE id = ? AND revision = ?',
    'UPDATE things SET name = ?, revision = ? WHERE id = ? AND revision = ?',
  ]);
  expect(ran).toEqual([
    [1, 2, 'a', 1],
    [0, 3, 'a', 2],
    [null, 2, 'a', 1],
  ]);
});
