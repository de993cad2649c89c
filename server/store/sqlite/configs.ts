import type { ConfigDao } from '../../configs/dao.ts';
import type { Config } from '../../configs/model.ts';
import type { Database } from './database.ts';
import { allOf, type Cell, shape, statementsFor } from './shape.ts';

const row = shape<Omit<Config, 'parents'>>({
  id: 'plain',
  tenant: 'plain',
  raw: 'map',
  role: 'plain',
  transient: 'flag',
  deletable: 'flag',
  extra: 'map',
  created: 'plain',
  updated: 'plain',
  revision: 'plain',
});

const SELECT = `
  SELECT ${row.columns.join(', ')},
    (SELECT json_group_array(parent ORDER BY position) FROM config_parents WHERE config = configs.id) AS parents
  FROM configs`;

export function configDao(database: Database): ConfigDao {
  const { insert, update } = statementsFor('configs', row.columns);
  const selectById = database.prepare<Cell[]>(`${SELECT} WHERE id = ?`).raw();
  const insertRow = database.prepare(insert);
  const updateRow = database.prepare(update);
  const deleteRow = database.prepare('DELETE FROM configs WHERE id = ?');
  const insertParent = database.prepare('INSERT INTO config_parents (config, position, parent) VALUES (?, ?, ?)');
  const deleteParents = database.prepare('DELETE FROM config_parents WHERE config = ?');
  const selectChildren = database.prepare<{ id: string }>(`
    SELECT id FROM configs WHERE id IN (SELECT config FROM config_parents WHERE parent = ?) ORDER BY created, ordinal`);

  const insertParents = ({ id, parents }: Config) => {
    for (const [position, parent] of parents.entries()) insertParent.run(id, position, parent);
  };
  const refusals = (config: Config) => ({
    'configs.id': ['config-id-taken', `There is a config with the id ${config.id} already`] as const,
    'FOREIGN KEY': ['tenant-unknown', `No tenant has the id ${config.tenant}`] as const,
  });

  return {
    get: (id) =>
      database.read(() => {
        const found = selectById.get(id);
        return found && configOf(found);
      }),

    insert: (config) =>
      database.write(() => {
        database.changed('config', config.id, insertRow.run(...row.encode(config)));
        insertParents(config);
      }, refusals(config)),

    update: (config) =>
      database.write(() => {
        const { id, revision } = config;
        const next = row.encode({ ...config, revision: revision + 1 });
        if (!database.changed('config', id, updateRow.run(...next, id, revision))) return false;
        deleteParents.run(id);
        insertParents(config);
        return true;
      }, refusals(config)),

    delete: (id) => database.write(() => database.changed('config', id, deleteRow.run(id))),

    list: ({ tenants, role, transient, limit = -1, offset = 0 }) =>
      database.read(() => {
        const { sql, values } = allOf({
          'tenant IN (SELECT value FROM json_each(?))': tenants,
          'role = ?': role,
          'transient = ?': transient,
        });
        const rows = database
          .prepare<Cell[]>(`${SELECT} WHERE ${sql} ORDER BY created, ordinal LIMIT ? OFFSET ?`)
          .raw()
          .all(...values, limit, offset);
        const count = database.prepare<{ total: number }>(`SELECT count(*) AS total FROM configs WHERE ${sql}`).get(...values);
        return { configs: rows.map(configOf), total: count?.total ?? 0 };
      }),

    childrenOf: (id) => database.read(() => selectChildren.all(id).map((child) => child.id)),
  };
}

function configOf(cells: readonly Cell[]): Config {
  return Object.assign(row.decode(cells), { parents: JSON.parse(String(cells[row.columns.length])) });
}
