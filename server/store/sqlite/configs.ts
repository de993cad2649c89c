import type { Action, ConfigDao, ConfigQuery } from '../../configs/dao.ts';
import type { Config } from '../../configs/model.ts';
import { changeOf } from './audit.ts';
import type { Connection } from './database.ts';
import { joined, type Listed, readPage, startingWith, when } from './page.ts';
import { type Cell, shape, statementsFor, updaterOf } from './shape.ts';

const row = shape<Omit<Config, 'parents'>>({
  id: 'plain',
  tenant: 'plain',
  raw: 'map',
  role: 'plain',
  transient: 'flag',
  deletable: 'flag',
  code: 'secret',
  extra: 'map',
  created: 'plain',
  updated: 'plain',
  revision: 'plain',
});

const FIELDS = [...row.columns, 'parents'];
const PARENTS = '(SELECT json_group_array(parent ORDER BY position) FROM config_parents WHERE config = configs.id) AS parents';
const CELLS = [...row.columns.map((column) => `configs.${column}`), PARENTS].join(', ');
const SELECT = `SELECT ${CELLS} FROM configs`;

const listed: Listed = {
  table: 'configs',
  cells: CELLS,
  sorts: {
    created: { column: 'created', isFilled: true },
    updated: { column: 'updated', isFilled: true },
    id: { column: 'id', isFilled: true },
    role: { column: 'role', isFilled: false },
  },
};

export function configDao(database: Connection): ConfigDao {
  const { insert } = statementsFor('configs', row.columns);
  const selectById = database.prepare<Cell[]>(`${SELECT} WHERE id = ?`).raw();
  const selectByCode = database.prepare<Cell[]>(`${SELECT} WHERE tenant = ? AND code = ?`).raw();
  const insertRow = database.prepare(insert);
  const updateRow = updaterOf(database, 'configs', row);
  const deleteRow = database.prepare('DELETE FROM configs WHERE id = ?');
  const insertParent = database.prepare('INSERT INTO config_parents (config, position, parent) VALUES (?, ?, ?)');
  const deleteParents = database.prepare('DELETE FROM config_parents WHERE config = ?');
  const keepVersion = database.prepare(`
    INSERT INTO config_versions (${FIELDS.join(', ')}, replaced, entry)
    SELECT ${CELLS}, audit.at, audit.number FROM configs, audit WHERE configs.id = ? AND audit.number = ?`);
  const selectLatest = database.prepare<{ revision: number | null }>(
    'SELECT max(revision) AS revision FROM config_versions WHERE id = ?',
  );
  const selectChildren = database.prepare<{ id: string }>(`
    SELECT id FROM configs WHERE id IN (SELECT config FROM config_parents WHERE parent = ?) ORDER BY created, ordinal`);

  /** What is looked up in tables of its own. */
  const insertParts = ({ id, parents }: Config) => {
    for (const [position, parent] of parents.entries()) insertParent.run(id, position, parent);
  };
  const get = (id: string) => {
    const found = selectById.get(id);
    return found && configOf(found);
  };
  const note = (change: { before?: Config; after?: Config }, action?: Action) =>
    database.note(changeOf('config', FIELDS, change, action));
  /** What is about to be replaced or removed by a change of the history. */
  const keep = ({ id, transient }: Config, entry: number) => {
    if (!transient) keepVersion.run(id, entry);
  };
  const refusals = (config: Config) => ({
    'configs.id': ['config-id-taken', `There is a config with the id ${config.id} already`] as const,
    'configs.tenant, configs.code': ['config-code-taken', `Another config of the tenant ${config.tenant} has this code`] as const,
    'FOREIGN KEY': ['tenant-unknown', `No tenant has the id ${config.tenant}`] as const,
  });

  return {
    get: (id) => database.read(() => get(id)),

    byCode: (tenant, code) =>
      database.read(() => {
        const found = selectByCode.get(tenant, code.reveal());
        return found && configOf(found);
      }),

    insert: (config, action) =>
      database.write(() => {
        const latest = selectLatest.get(config.id)?.revision ?? 0;
        const after = { ...config, revision: Math.max(config.revision, latest + 1) };
        database.changed('config', config.id, insertRow.run(...row.encode(after)));
        insertParts(config);
        note({ after }, action);
        return after.revision;
      }, refusals(config)),

    update: (config, action) =>
      database.write(() => {
        const { id, revision } = config;
        const before = get(id);
        if (before?.revision !== revision) return false;
        const after = { ...config, revision: revision + 1 };
        keep(before, note({ before, after }, action));
        database.changed('config', id, updateRow(before, after));
        deleteParents.run(id);
        insertParts(config);
        return true;
      }, refusals(config)),

    delete: (id) =>
      database.write(() => {
        const before = get(id);
        if (!before) return false;
        keep(before, note({ before }));
        return database.changed('config', id, deleteRow.run(id));
      }),

    list: (query) =>
      database.read(() => {
        const { filter, isIndexed } = filterOf(query);
        const { rows, ...page } = readPage(database, listed, filter, { ...query, isIndexed });
        return { ...page, configs: rows.map(configOf) };
      }),

    childrenOf: (id) => database.read(() => selectChildren.all(id).map((child) => child.id)),
  };
}

/** That first of which there are likely the fewest, as for devices. */
function filterOf({ tenants, role, transient, search, changedSince }: ConfigQuery) {
  const only = tenants?.length === 1 ? tenants[0] : undefined;
  return joined([
    ...(search === undefined ? [] : [startingWith('id', search)]),
    ...when(role, 'role = ?'),
    ...when(changedSince, 'updated >= ?'),
    ...when(only, 'tenant = ?'),
    ...when(only === undefined && tenants ? JSON.stringify(tenants) : undefined, 'tenant IN (SELECT value FROM json_each(?))'),
    ...when(transient, 'transient = ?'),
  ]);
}

function configOf(cells: readonly Cell[]): Config {
  return Object.assign(row.decode(cells), { parents: JSON.parse(String(cells[row.columns.length])) });
}
