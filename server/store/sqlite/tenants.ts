import { ProvisioningError } from '../../lib/errors.ts';
import type { TenantDao } from '../../tenants/dao.ts';
import type { Tenant } from '../../tenants/model.ts';
import { changeOf } from './audit.ts';
import type { Database } from './database.ts';
import { type Cell, shape, statementsFor } from './shape.ts';

const row = shape<Tenant>({
  id: 'plain',
  name: 'plain',
  main: 'flag',
  parent: 'plain',
  provisioningKey: 'secret',
  created: 'plain',
  updated: 'plain',
  revision: 'plain',
});

export function tenantDao(database: Database): TenantDao {
  const { insert, update } = statementsFor('tenants', row.columns);
  const selectAll = database.prepare<Cell[]>(`SELECT ${row.columns.join(', ')} FROM tenants ORDER BY created, ordinal`).raw();
  const insertRow = database.prepare(insert);
  const updateRow = database.prepare(update);
  const deleteRow = database.prepare('DELETE FROM tenants WHERE id = ?');
  const selectById = database.prepare<Cell[]>(`SELECT ${row.columns.join(', ')} FROM tenants WHERE id = ?`).raw();
  const get = (id: string) => {
    const found = selectById.get(id);
    return found && row.decode(found);
  };
  const note = (change: { before?: Tenant | undefined; after?: Tenant }) =>
    database.note(changeOf('tenant', row.columns, change));

  const refusals = ({ id, name, parent }: Tenant) => ({
    'tenants.id': ['tenant-id-taken', `There is a tenant with the id ${id} already`] as const,
    'tenants.name': ['tenant-name-taken', `There is a tenant with the name ${name} already`] as const,
    'tenants.provisioningKey': ['tenant-key-taken', 'Another tenant has this provisioning key already'] as const,
    'FOREIGN KEY': ['tenant-unknown', `No tenant has the id ${parent}`] as const,
  });

  return {
    list: () => database.read(() => selectAll.all().map(row.decode)),

    insert: (tenant) =>
      database.write(() => {
        database.changed('tenant', tenant.id, insertRow.run(...row.encode(tenant)));
        note({ after: tenant });
      }, refusals(tenant)),

    update: (tenant) =>
      database.write(() => {
        const { id, revision } = tenant;
        const before = get(id);
        // Which tenant is the main one was decided when the store was made.
        const after = { ...tenant, main: before?.main ?? false, revision: revision + 1 };
        if (!database.changed('tenant', id, updateRow.run(...row.encode(after), id, revision))) return false;
        note({ before, after });
        return true;
      }, refusals(tenant)),

    delete: (id) =>
      database.write(
        () => {
          const before = get(id);
          if (before?.main) throw new ProvisioningError('tenant-in-use', 'The main tenant cannot be deleted');
          if (!database.changed('tenant', id, deleteRow.run(id))) return false;
          note({ before });
          return true;
        },
        {
          'FOREIGN KEY': [
            'tenant-in-use',
            `The tenant ${id} still has devices, configs or tenants below it; delete or move them first`,
          ],
        },
      ),
  };
}
