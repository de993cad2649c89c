import type { TokenDao } from '../../access/dao.ts';
import type { Token } from '../../access/model.ts';
import { changeOf } from './audit.ts';
import type { Database } from './database.ts';
import { type Cell, shape } from './shape.ts';

type Row = Omit<Token, 'permissions'> & { readonly permissions: string };

const row = shape<Row>({
  id: 'plain',
  name: 'plain',
  tenant: 'plain',
  permissions: 'plain',
  digest: 'plain',
  maker: 'plain',
  created: 'plain',
  expires: 'plain',
  used: 'plain',
});

/** Those that somebody changes, as people know them. */
const NOTED = ['name', 'tenant', 'permissions', 'expires'];

export function tokenDao(database: Database): TokenDao {
  const { columns } = row;
  const selectAll = database.prepare<Cell[]>(`SELECT ${columns.join(', ')} FROM tokens ORDER BY ordinal`).raw();
  const insertRow = database.prepare(`INSERT INTO tokens (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`);
  const updateRow = database.prepare('UPDATE tokens SET name = ?, permissions = ?, expires = ? WHERE id = ?');
  const deleteRow = database.prepare('DELETE FROM tokens WHERE id = ?');
  const selectById = database.prepare<Cell[]>(`SELECT ${columns.join(', ')} FROM tokens WHERE id = ?`).raw();
  const updateUse = database.prepare('UPDATE tokens SET used = ? WHERE id = ?');

  const get = (id: string) => {
    const found = selectById.get(id);
    return found && tokenOf(found);
  };
  const note = (change: { before?: Token | undefined; after?: Token }) => database.note(changeOf('token', NOTED, change));

  return {
    list: () => database.read(() => selectAll.all().map(tokenOf)),

    insert: (token) =>
      database.write(
        () => {
          insertRow.run(...row.encode({ ...token, permissions: JSON.stringify(token.permissions) }));
          note({ after: token });
        },
        { 'FOREIGN KEY': ['tenant-unknown', `No tenant has the id ${token.tenant}`] },
      ),

    update: ({ id, name, permissions, expires }) =>
      database.write(() => {
        const before = get(id);
        updateRow.run(name, JSON.stringify(permissions), expires ?? null, id);
        const after = get(id);
        if (!before || !after) return false;
        note({ before, after });
        return true;
      }),

    delete: (id) =>
      database.write(() => {
        const before = get(id);
        if (!before) return false;
        deleteRow.run(id);
        note({ before });
        return true;
      }),

    noteUse: (uses) =>
      database.write(() => {
        for (const [id, at] of uses) updateUse.run(at, id);
      }),
  };
}

function tokenOf(cells: readonly Cell[]): Token {
  const { permissions, ...rest } = row.decode(cells);
  return { ...rest, permissions: JSON.parse(permissions) };
}
