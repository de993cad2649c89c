import type { OrderedJson } from '../lib/ordered-json.ts';
import { pathOf } from '../lib/value-path.ts';
import type { Config, RawConfig, ResolvedConfig } from './model.ts';

/** Origin of the values that the server's own settings put under every config. No config has this id. */
export const BASE = 'settings';

/** An object whose leaves are values, or what there is to say of them. */
type Tree<Leaf> = Map<string, Leaf | Tree<Leaf>>;

/**
 * Lays a config over all it inherits: the base first, then its parents in their order, each with its own parents below it, then
 * itself. Each config counts once, where it is met first, so that a circle of parents does no harm. Objects merge, lists and all
 * else replace; a key keeps the place where it first appeared.
 *
 * @param ancestors the config's parents and theirs, by id; those that are not among them do not exist
 */
export function flatten(base: RawConfig, config: Config, ancestors: ReadonlyMap<string, Config>): ResolvedConfig {
  const { chain, missing } = inOrder(config, ancestors);
  const raw: Tree<OrderedJson> = new Map();
  for (const layer of [base, ...chain.map((each) => each.raw)]) overlay(raw, layer, (value) => value);
  return {
    id: config.id,
    tenant: config.tenant,
    raw,
    chain: chain.map(({ id }) => id),
    missing,
    updated: chain.reduce((latest, { updated }) => Math.max(latest, updated), 0),
  };
}

/**
 * Which config each value of a resolved one came from, by the value's path; objects have no entry, their leaves have.
 *
 * @param chain the configs that it was made of, in their order
 */
export function originsOf(base: RawConfig, chain: readonly Pick<Config, 'id' | 'raw'>[]): Map<string, string> {
  const ids: Tree<string> = new Map();
  for (const { id, raw } of [{ id: BASE, raw: base }, ...chain]) overlay(ids, raw, () => id);
  const origins = new Map<string, string>();
  list(ids, '', origins);
  return origins;
}

function list(tree: Tree<string>, path: string, origins: Map<string, string>): void {
  for (const [key, item] of tree) {
    const here = pathOf(path, key);
    if (typeof item === 'string') origins.set(here, item);
    else list(item, here, origins);
  }
}

/**
 * The configs that one of a tenant may inherit from. Only these are ever laid over each other: a parent that did not exist when
 * it was named may have been created by another tenant since.
 *
 * @param line the tenant and those above it
 */
export function visibleTo(line: readonly string[], configs: ReadonlyMap<string, Config>): Map<string, Config> {
  return new Map([...configs].filter(([, config]) => line.includes(config.tenant)));
}

/** Parents before children. With a stack of its own: a long line of parents must not exhaust that of the language. */
function inOrder(config: Config, ancestors: ReadonlyMap<string, Config>): { chain: Config[]; missing: string[] } {
  const chain: Config[] = [];
  const missing: string[] = [];
  const met = new Set([config.id]);
  const open = [{ config, parents: config.parents.values() }];
  const enter = (id: string) => {
    if (met.has(id)) return;
    met.add(id);
    const parent = ancestors.get(id);
    if (parent) open.push({ config: parent, parents: parent.parents.values() });
    else missing.push(id);
  };
  for (let top = open.at(-1); top; top = open.at(-1)) {
    const parent = top.parents.next();
    if (parent.done) {
      chain.push(top.config);
      open.pop();
    } else {
      enter(parent.value);
    }
  }
  return { chain, missing };
}

/** Objects are merged into new ones: those of the layers are left as they are. */
function overlay<Leaf>(below: Tree<Leaf>, above: RawConfig, leafOf: (value: OrderedJson) => Leaf): void {
  for (const [key, value] of above) {
    if (!(value instanceof Map)) {
      below.set(key, leafOf(value));
      continue;
    }
    let object = below.get(key);
    if (!(object instanceof Map)) {
      object = new Map();
      below.set(key, object);
    }
    overlay(object, value, leafOf);
  }
}
