import type { OperationDao } from '../../operations/dao.ts';
import type { Operation } from '../../operations/model.ts';
import type { Database } from './database.ts';

export function operationDao(database: Database): OperationDao {
  const selectAll = database.prepare<{ operation: string }>('SELECT operation FROM operations ORDER BY ordinal');
  const saveRow = database.prepare(
    'INSERT INTO operations (id, operation) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET operation = excluded.operation',
  );
  const deleteRow = database.prepare('DELETE FROM operations WHERE id = ?');

  return {
    list: () => database.read(() => selectAll.all().map(({ operation }): Operation => JSON.parse(operation))),

    save: (operation) =>
      database.write(() => {
        saveRow.run(operation.id, JSON.stringify(operation));
      }),

    remove: (ids) =>
      database.write(() => {
        for (const id of ids) deleteRow.run(id);
      }),
  };
}
