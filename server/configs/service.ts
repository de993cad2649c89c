import { randomUUID } from 'node:crypto';
import { type Complaint, ProvisioningError } from '../lib/errors.ts';
import { KeyedLock } from '../lib/lock.ts';
import { type OrderedJson, stringifyOrdered } from '../lib/ordered-json.ts';
import type { Secret } from '../lib/secret.ts';
import type { Action, ConfigDao } from './dao.ts';
import type { Config, RawConfig, ResolvedConfig, TenantLine } from './model.ts';
import type { ConfigNotifier } from './notifier.ts';
import { originsOf } from './resolve.ts';
import { createResolver, readFamily } from './resolver.ts';
import { checkId, validate } from './validator.ts';

/** What somebody says of a config. What is left out of a replacement is unset: the whole config is replaced. */
export interface ConfigFields {
  readonly parents: readonly string[];
  readonly raw: RawConfig;
  readonly role?: Exclude<Config['role'], undefined>;
  /** Default false. */
  readonly transient?: boolean;
  /** Default true. */
  readonly deletable?: boolean;
  /** `kept`: that which it has, of who knows of none. */
  readonly code?: Secret | 'kept' | undefined;
  readonly extra?: ReadonlyMap<string, OrderedJson>;
}

export interface NewConfig extends ConfigFields {
  /** Default: 32 hexadecimal digits. */
  readonly id?: string;
  readonly tenant: string;
}

export interface ConfigService {
  get(id: string): Promise<Config | undefined>;
  list: ConfigDao['list'];
  /** The config of this tenant that has this code. */
  byCode: ConfigDao['byCode'];
  /** @throws ProvisioningError config-invalid with all complaints, config-id-taken, config-code-taken */
  create(config: NewConfig): Promise<Config>;
  /**
   * Replaces all but id and tenant. The same again is no change. With a `revision`, only over that one.
   *
   * @throws ProvisioningError config-invalid with all complaints, config-code-taken, config-unknown, config-changed
   */
  replace(id: string, fields: ConfigFields, revision?: number): Promise<Config>;
  /**
   * Makes a config what it was, also one that was removed: a change like any other, but for its name in the history.
   *
   * @param revision only over that one
   * @throws ProvisioningError config-foreign when another tenant has the id by now, and as create and replace
   */
  restore(earlier: Config, revision?: number): Promise<Config>;
  /**
   * Who names it as a parent or as a device's config keeps the name; it comes back to life if the id does.
   *
   * @returns false when there is none @throws ProvisioningError config-not-deletable
   */
  remove(id: string): Promise<boolean>;
  /** With all it inherits. The same object until something of it changes: see `Resolver.resolve`. */
  resolve(id: string, keep?: 'always' | 'if-room'): Promise<ResolvedConfig | undefined>;
  /**
   * Which config each value came from (`settings`: the server's), by its path (`sip_lines.1.username`); objects have no entry, their
   * leaves have. Of a config that was changed after it was resolved, as it is now.
   */
  origins(resolved: ResolvedConfig): Promise<ReadonlyMap<string, string>>;
  /** Id of the config that a resolved value came from, by its path as above. */
  explainValue(id: string, path: string): Promise<string | undefined>;
  /**
   * Makes a transient config for a new device, from the tenant's autocreate config, else from the main tenant's. It copies what
   * that one says today, so that a line given to one phone stays with it.
   *
   * @returns undefined when there is no such config, or it has no line 1 to give
   */
  autocreate(tenant: string): Promise<Config | undefined>;
  /** Id of the config that `autocreate` would copy. */
  autocreateSource(tenant: string): Promise<string | undefined>;
  /** Id of the config for devices that have none: that of its tenant, else of the nearest tenant above. */
  fallback(tenant: string): Promise<string | undefined>;
  /** Another process stored, changed or removed these. Resolves when all who want to know have been told. */
  changedElsewhere(ids: readonly string[]): Promise<void>;
  /** Removes a transient config that no device uses, where one of this tenant could use it. @returns whether it did */
  dropUnused(id: string, tenant: string, isUsed: (id: string) => Promise<boolean>): Promise<boolean>;
}

interface Parts {
  readonly dao: ConfigDao;
  /** What the server's settings put under every config. */
  readonly base: RawConfig;
  readonly line: TenantLine;
  readonly notifier: ConfigNotifier;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

// A writer loses only to another one that won. After five lost in a row two programs are at odds, and people should know.
const MOST_ATTEMPTS = 5;

export function createConfigService({ dao, base, line, notifier, now }: Parts): ConfigService {
  const resolver = createResolver(dao, base, line);
  const roles = new KeyedLock();

  /** Who has a role in a tenant, for which every new phone and every common file asks: until one that has or had a role changes. */
  let holders = new Map<string, Config | undefined>();

  const announce = (id: string) => {
    resolver.forget(id);
    notifier.changed(id);
  };

  /**
   * Runs a write that tells whether it changed something.
   * @param role that the config has before or after it
   */
  const write = async (id: string, role: Config['role'], work: () => Promise<boolean>) => {
    let changed: boolean;
    try {
      changed = await work();
    } catch (cause) {
      if (role !== undefined) holders = new Map();
      // What the store refused has changed nothing; what failed may still have reached the disk.
      if (!(cause instanceof ProvisioningError)) announce(id);
      throw cause;
    }
    if (role !== undefined) holders = new Map();
    if (changed) announce(id);
    return changed;
  };

  /** There is one config of a role in a tenant: from looking for another until it is stored, nobody else gives the role away. */
  const inTurn = <T>(role: Config['role'], work: () => Promise<T>) => (role === undefined ? work() : roles.run(role, work));

  const check = async (config: Config, complaints: readonly Complaint[] = []) => {
    const ancestors = await readFamily(dao, config.parents);
    const { configs } = config.role ? await dao.list({ tenants: [config.tenant], role: config.role, limit: 2 }) : { configs: [] };
    const rival = configs.find(({ id }) => id !== config.id);
    const all = [...complaints, ...validate(config, { base, line: line(config.tenant), ancestors, rival })];
    if (all.length === 0) return;
    const [first] = all.map(({ path, message }) => `${path} ${message}`);
    const more = all.length > 1 ? ` (and ${all.length - 1} more)` : '';
    throw new ProvisioningError('config-invalid', `The config is not valid: ${first}${more}`, { complaints: all });
  };

  const holder = async (role: 'autocreate' | 'default', tenant: string) => {
    const key = `${role} ${tenant}`;
    // What changes while the store is asked ends up in a Map that nobody reads any more.
    const current = holders;
    if (current.has(key)) return current.get(key);
    const { configs } = await dao.list({ tenants: [tenant], role, limit: 1 });
    current.set(key, configs[0]);
    return configs[0];
  };

  const withRole = async (role: 'autocreate' | 'default', tenant: string) => {
    for (const each of line(tenant)) {
      const found = await holder(role, each);
      if (found) return found;
    }
    return undefined;
  };

  const sourceOf = async (tenant: string) => {
    const source = await withRole('autocreate', tenant);
    const lines = source?.raw.get('sip_lines');
    return lines instanceof Map && lines.get('1') instanceof Map ? source : undefined;
  };

  const origins = async ({ chain }: ResolvedConfig) => {
    const configs = await Promise.all(chain.map((id) => dao.get(id)));
    return originsOf(
      base,
      configs.filter((config) => config !== undefined),
    );
  };

  const insert = async (config: Config, action?: Action) => {
    let { revision } = config;
    await write(config.id, config.role, async () => {
      revision = await dao.insert(config, action);
      return true;
    });
    return revision === config.revision ? config : { ...config, revision };
  };

  const create = async (given: NewConfig, action?: Action) => {
    const id = given.id ?? randomDigits();
    const created = now();
    const config = { id, tenant: given.tenant, ...contentOf(given), created, updated: created, revision: 1 };
    await check(config, checkId(id));
    return insert(config, action);
  };

  const replaceOnce = async (stored: Config, fields: ConfigFields, action?: Action) => {
    const { id, tenant, created, revision } = stored;
    const wanted = { id, tenant, ...contentOf(fields, stored.code), created, updated: now(), revision };
    if (isSame(stored, wanted)) return stored;
    await check(wanted);
    return (await write(id, stored.role ?? wanted.role, () => dao.update(wanted, action)))
      ? { ...wanted, revision: revision + 1 }
      : undefined;
  };

  /** @param accept refuses the config that is there by throwing @returns undefined when there is none */
  const replace = async (
    id: string,
    fields: ConfigFields,
    revision: number | undefined,
    action?: Action,
    accept: (stored: Config) => void = () => {},
  ) => {
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
      const stored = await dao.get(id);
      if (!stored) return undefined;
      accept(stored);
      if (revision !== undefined && stored.revision !== revision) break;
      const replaced = await replaceOnce(stored, fields, action);
      if (replaced) return replaced;
    }
    throw new ProvisioningError('config-changed', `The config ${id} was changed by somebody else; read it again`);
  };

  return {
    get: (id) => dao.get(id),
    list: (query) => dao.list(query),
    byCode: (tenant, code) => dao.byCode(tenant, code),
    resolve: (id, keep) => resolver.resolve(id, keep),

    create: (given) => inTurn(given.role, () => create(given)),

    replace: (id, fields, revision) =>
      inTurn(fields.role, async () => {
        const replaced = await replace(id, fields, revision);
        if (!replaced) throw unknownConfig(id);
        return replaced;
      }),

    restore: (earlier, revision) =>
      inTurn(earlier.role, async () => {
        const { id, tenant } = earlier;
        const replaced = await replace(id, earlier, revision, 'rolled-back', (stored) => {
          if (stored.tenant === tenant) return;
          const message = `The config ${id} belongs to another tenant by now; create one with another id`;
          throw new ProvisioningError('config-foreign', message);
        });
        if (!replaced && revision !== undefined) throw unknownConfig(id);
        return replaced ?? create(earlier, 'rolled-back');
      }),

    async remove(id) {
      const config = await dao.get(id);
      if (config && !config.deletable) throw new ProvisioningError('config-not-deletable', `The config ${id} may not be removed`);
      return config !== undefined && write(id, config.role, () => dao.delete(id));
    },

    origins,

    async explainValue(id, path) {
      const resolved = await resolver.resolve(id);
      return resolved && (await origins(resolved)).get(path);
    },

    async autocreate(tenant) {
      const source = await sourceOf(tenant);
      if (!source) return undefined;
      const created = now();
      const fields = contentOf({ parents: [source.id], raw: source.raw, transient: true });
      return insert({ id: source.id + randomDigits(), tenant, ...fields, created, updated: created, revision: 1 });
    },

    async autocreateSource(tenant) {
      return (await sourceOf(tenant))?.id;
    },

    async fallback(tenant) {
      return (await withRole('default', tenant))?.id;
    },

    async changedElsewhere(ids) {
      // Which of them had a role before is not said.
      holders = new Map();
      for (const id of ids) announce(id);
      await notifier.settled();
    },

    async dropUnused(id, tenant, isUsed) {
      const config = await dao.get(id);
      if (!config?.transient || !line(tenant).includes(config.tenant) || !config.deletable || (await isUsed(id))) return false;
      return write(id, config.role, () => dao.delete(id));
    },
  };
}

/** What is stored of what was said. A config for devices keeps no null: XiVO's programs write null for what they do not set. */
function contentOf(
  { parents, raw, role, transient = false, deletable = true, code, extra = new Map() }: ConfigFields,
  had?: Secret,
) {
  const digits = code === 'kept' ? had : code;
  const kept = extra.get('X_type') === 'device' ? withoutNulls(raw) : raw;
  return {
    parents,
    raw: kept,
    ...(role === undefined ? {} : { role }),
    transient,
    deletable,
    ...(digits && { code: digits }),
    extra,
  };
}

function withoutNulls(object: RawConfig): Map<string, OrderedJson> {
  const kept = [...object].filter(([, value]) => value !== null);
  return new Map(kept.map(([key, value]) => [key, value instanceof Map ? withoutNulls(value) : value]));
}

function isSame(one: Config, other: Config): boolean {
  const [left, right] = [one, other].map(({ parents, raw, role, transient, deletable, code, extra }) =>
    JSON.stringify([
      parents,
      stringifyOrdered(new Map(raw)),
      role,
      transient,
      deletable,
      code?.reveal(),
      stringifyOrdered(new Map(extra)),
    ]),
  );
  return left === right;
}

function unknownConfig(id: string): ProvisioningError {
  return new ProvisioningError('config-unknown', `No config has the id ${id}`);
}

/** 32 hexadecimal digits, as XiVO's ids are. */
function randomDigits(): string {
  return randomUUID().replaceAll('-', '');
}
