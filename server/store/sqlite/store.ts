import type { Store, Transaction } from '../store.ts';
import { changesOf } from './changes.ts';
import { configDao } from './configs.ts';
import { type OpenOptions, openDatabase } from './database.ts';
import { deviceDao } from './devices.ts';
import { historyDao } from './history.ts';
import { leaseDao } from './leases.ts';
import { operationDao } from './operations.ts';
import { parameterDao } from './parameters.ts';
import { repeatDao } from './repeats.ts';
import { tenantDao } from './tenants.ts';
import { tokenDao } from './tokens.ts';
import { userDao } from './users.ts';

/**
 * The store in an SQLite file, made with its directory where there is none; `:memory:` is one that ends with the process.
 * Several processes may have the same file open.
 *
 * @throws ProvisioningError store-too-new, store-foreign (the file is something else), and those that `Store` names
 */
export async function openSqliteStore(file: string, options: OpenOptions = {}): Promise<Store> {
  const database = openDatabase(file, options);
  let together: Transaction | undefined;
  const ping = database.prepare('SELECT 1 FROM tenants');
  return {
    tenants: tenantDao(database),
    devices: deviceDao(database),
    configs: configDao(database),
    operations: operationDao(database),
    leases: leaseDao(database),
    tokens: tokenDao(database),
    users: userDao(database),
    repeats: repeatDao(database),
    parameters: parameterDao(database),
    history: historyDao(database),
    changes: changesOf(database),
    transact: (work) =>
      database.transact((connection) => {
        together ??= { devices: deviceDao(connection), configs: configDao(connection), part: (job) => connection.part(job) };
        return work(together);
      }),
    ping: () =>
      database.read(() => {
        ping.get();
      }),
    close: () => database.close(),
  };
}
