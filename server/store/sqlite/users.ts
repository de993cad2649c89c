import type { UserDao } from '../../access/dao.ts';
import type { Session, User } from '../../access/model.ts';
import { changeOf } from './audit.ts';
import type { Database } from './database.ts';
import { type Cell, shape, statementsFor } from './shape.ts';

type Row = Omit<User, 'permissions'> & { readonly permissions: string };

const row = shape<Row>({
  id: 'plain',
  name: 'plain',
  tenant: 'plain',
  permissions: 'plain',
  password: 'secret',
  disabled: 'flag',
  generation: 'plain',
  maker: 'plain',
  created: 'plain',
  updated: 'plain',
  revision: 'plain',
});

/** Those that somebody changes, as people know them. */
const NOTED = ['name', 'tenant', 'permissions', 'password', 'disabled'];

const session = shape<Session>({
  id: 'plain',
  user: 'plain',
  generation: 'plain',
  digest: 'plain',
  source: 'plain',
  created: 'plain',
  expires: 'plain',
});

export function userDao(database: Database): UserDao {
  const { insert, update } = statementsFor('users', row.columns);
  const selectAll = database.prepare<Cell[]>(`SELECT ${row.columns.join(', ')} FROM users ORDER BY ordinal`).raw();
  const insertRow = database.prepare(insert);
  const updateRow = database.prepare(update);
  const deleteRow = database.prepare('DELETE FROM users WHERE id = ?');
  const selectSessions = database.prepare<Cell[]>(`SELECT ${session.columns.join(', ')} FROM sessions ORDER BY ordinal`).raw();
  const insertSession = database.prepare(statementsFor('sessions', session.columns).insert);
  const deleteSession = database.prepare('DELETE FROM sessions WHERE id = ?');
  const deleteEnded = database.prepare(
    `DELETE FROM sessions WHERE expires <= ?
     OR EXISTS (SELECT 1 FROM users WHERE users.id = sessions.user AND users.generation <> sessions.generation)`,
  );

  const selectById = database.prepare<Cell[]>(`SELECT ${row.columns.join(', ')} FROM users WHERE id = ?`).raw();
  const get = (id: string) => {
    const found = selectById.get(id);
    return found && userOf(found);
  };
  const note = (change: { before?: User | undefined; after?: User }) => database.note(changeOf('user', NOTED, change));

  const refusals = ({ name, tenant }: User) => ({
    'users.name': ['user-name-taken', `There is a user with the name ${name} already`] as const,
    'FOREIGN KEY': ['tenant-unknown', `No tenant has the id ${tenant}`] as const,
  });

  return {
    list: () => database.read(() => selectAll.all().map(userOf)),

    insert: (user) =>
      database.write(() => {
        insertRow.run(...cellsOf(user));
        note({ after: user });
      }, refusals(user)),

    update: (user) =>
      database.write(() => {
        const { id, revision } = user;
        const before = get(id);
        const after = { ...user, revision: revision + 1 };
        if (updateRow.run(...cellsOf(after), id, revision).changes === 0) return false;
        note({ before, after });
        return true;
      }, refusals(user)),

    delete: (id) =>
      database.write(() => {
        const before = get(id);
        if (!before) return false;
        deleteRow.run(id);
        note({ before });
        return true;
      }),

    sessions: () => database.read(() => selectSessions.all().map(session.decode)),

    insertSession: (added) =>
      database.write(
        () => {
          deleteEnded.run(added.created);
          insertSession.run(...session.encode(added));
        },
        { 'FOREIGN KEY': ['user-unknown', `No user has the id ${added.user}`] },
      ),

    deleteSession: (id) => database.write(() => deleteSession.run(id).changes > 0),
  };
}

function cellsOf(user: User): Cell[] {
  return row.encode({ ...user, permissions: JSON.stringify(user.permissions) });
}

function userOf(cells: readonly Cell[]): User {
  const { permissions, ...rest } = row.decode(cells);
  return { ...rest, permissions: JSON.parse(permissions) };
}
