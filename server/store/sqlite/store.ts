import type { Store } from '../store.ts';
import { configDao } from './configs.ts';
import { openDatabase } from './database.ts';
import { deviceDao } from './devices.ts';
import { tenantDao } from './tenants.ts';

/**
 * The store in an SQLite file, made with its directory where there is none; `:memory:` is one that ends with the process.
 * Several processes may have the same file open.
 *
 * @param trace is told every SQL statement that is run, with its values: for tests only
 * @throws ProvisioningError store-too-new, store-foreign (the file is something else), and those that `Store` names
 */
export async function openSqliteStore(file: string, trace?: (sql: string) => void): Promise<Store> {
  const database = openDatabase(file, trace);
  const ping = database.prepare('SELECT 1 FROM tenants');
  return {
    tenants: tenantDao(database),
    devices: deviceDao(database),
    configs: configDao(database),
    ping: () =>
      database.read(() => {
        ping.get();
      }),
    close: () => database.close(),
  };
}
