import type { ParameterDao } from '../../parameters/dao.ts';
import type { Database } from './database.ts';

interface Row {
  readonly name: string;
  readonly value: string;
}

export function parameterDao(database: Database): ParameterDao {
  const selectAll = database.prepare<Row>('SELECT name, value FROM parameters');
  const put = database.prepare(
    'INSERT INTO parameters (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  );
  const remove = database.prepare('DELETE FROM parameters WHERE name = ?');
  return {
    list: () => database.read(() => new Map(selectAll.all().map(({ name, value }) => [name, value]))),
    set: (name, value) =>
      database.write(() => {
        database.changed('parameter', name, value === null ? remove.run(name) : put.run(name, value));
      }),
  };
}
