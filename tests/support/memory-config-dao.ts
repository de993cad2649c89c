import type { ConfigDao } from '../../server/configs/dao.ts';
import type { Config } from '../../server/configs/model.ts';
import { ProvisioningError } from '../../server/lib/errors.ts';

/** A store of configs in memory that keeps what `ConfigDao` promises. `pause` is waited for before and after each access. */
export function memoryConfigDao(pause: () => Promise<void> = async () => {}): ConfigDao {
  const configs = new Map<string, Config>();
  const slowly = async <T>(access: () => T): Promise<T> => {
    await pause();
    const result = access();
    await pause();
    return result;
  };
  const checkCode = ({ id, tenant, code }: Config) => {
    const rivals = [...configs.values()].filter((each) => each.tenant === tenant && each.id !== id);
    if (code && rivals.some((each) => each.code?.reveal() === code.reveal()))
      throw new ProvisioningError('config-code-taken', 'Another config has this code');
  };
  return {
    get: (id) => slowly(() => configs.get(id)),
    byCode: (tenant, code) =>
      slowly(() => [...configs.values()].find((each) => each.tenant === tenant && each.code?.reveal() === code.reveal())),
    insert: (config) =>
      slowly(() => {
        if (configs.has(config.id)) throw new ProvisioningError('config-id-taken', `There is a config with the id ${config.id}`);
        checkCode(config);
        configs.set(config.id, config);
        return config.revision;
      }),
    update: (config) =>
      slowly(() => {
        if (configs.get(config.id)?.revision !== config.revision) return false;
        checkCode(config);
        configs.set(config.id, { ...config, revision: config.revision + 1 });
        return true;
      }),
    delete: (id) => slowly(() => configs.delete(id)),
    list: ({ tenants, role, transient, limit = Number.POSITIVE_INFINITY }) =>
      slowly(() => {
        const found = [...configs.values()].filter(
          (config) =>
            (tenants === undefined || tenants.includes(config.tenant)) &&
            (role === undefined || config.role === role) &&
            (transient === undefined || config.transient === transient),
        );
        return { configs: found.slice(0, limit), total: found.length };
      }),
    childrenOf: (id) =>
      slowly(() => [...configs.values()].filter(({ parents }) => parents.includes(id)).map((config) => config.id)),
  };
}
