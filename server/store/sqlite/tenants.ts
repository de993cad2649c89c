import { ProvisioningError } from '../../lib/errors.ts';
import type { TenantDao } from '../../tenants/dao.ts';
import type { Tenant } from '../../tenants/model.ts';
import type { Database } from './database.ts';
import { type Cell, shape, statementsFor } from './shape.ts';

const row = shape<Tenant>({
  id: 'plain',
  name: 'plain',
  main: 'flag',
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
  const selectMain = database.prepare('SELECT 1 FROM tenants WHERE id = ? AND main = 1');
  const isMain = (id: string) => selectMain.get(id) !== undefined;

  const refusals = ({ id, name }: Tenant) => ({
    'tenants.id': ['tenant-id-taken', `There is a tenant with the id ${id} already`] as const,
    'tenants.name': ['tenant-name-taken', `There is a tenant with the name ${name} already`] as const,
    'tenants.provisioningKey': ['tenant-key-taken', 'Another tenant has this provisioning key already'] as const,
  });

  return {
    list: () => database.read(() => selectAll.all().map(row.decode)),

    insert: (tenant) =>
      database.write(() => {
        database.changed('tenant', tenant.id, insertRow.run(...row.encode(tenant)));
      }, refusals(tenant)),

    update: (tenant) =>
      database.write(() => {
        const { id, revision } = tenant;
        // Which tenant is the main one was decided when the store was made.
        const next = { ...tenant, main: isMain(id), revision: revision + 1 };
        return database.changed('tenant', id, updateRow.run(...row.encode(next), id, revision));
      }, refusals(tenant)),

    delete: (id) =>
      database.write(
        () => {
          if (isMain(id)) throw new ProvisioningError('tenant-in-use', 'The main tenant cannot be deleted');
          return database.changed('tenant', id, deleteRow.run(id));
        },
        { 'FOREIGN KEY': ['tenant-in-use', `The tenant ${id} still has devices or configs; delete or move them first`] },
      ),
  };
}
