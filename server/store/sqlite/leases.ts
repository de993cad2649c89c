import type { LeaseDao } from '../../leases/dao.ts';
import type { Lease } from '../../leases/model.ts';
import type { Database } from './database.ts';
import { type Cell, shape } from './shape.ts';

const row = shape<Lease>({
  address: 'plain',
  subnet: 'plain',
  client: 'plain',
  mac: 'plain',
  hostName: 'plain',
  vendorClass: 'plain',
  vendor: 'plain',
  known: 'flag',
  circuit: 'plain',
  state: 'plain',
  since: 'plain',
  expires: 'plain',
});

export function leaseDao(database: Database): LeaseDao {
  const columns = row.columns.join(', ');
  const selectAll = database.prepare<Cell[]>(`SELECT ${columns} FROM leases`).raw();
  const saveRow = database.prepare(
    `INSERT OR REPLACE INTO leases (${columns}) VALUES (${row.columns.map(() => '?').join(', ')})`,
  );
  const deleteRow = database.prepare('DELETE FROM leases WHERE address = ?');

  return {
    list: () => database.read(() => selectAll.all().map(row.decode)),

    save: (leases) =>
      database.write(() => {
        for (const lease of leases) saveRow.run(...row.encode(lease));
      }),

    remove: (addresses) =>
      database.write(() => {
        for (const address of addresses) deleteRow.run(address);
      }),
  };
}
