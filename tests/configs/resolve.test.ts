import { expect, test } from '@jest/globals';
import type { Config, RawConfig } from '../../server/configs/model.ts';
import { flatten, originsOf, visibleTo } from '../../server/configs/resolve.ts';
import { type OrderedJson, parseOrdered, stringifyOrdered } from '../../server/lib/ordered-json.ts';
import { fc } from '../support/fuzz.ts';

function raw(json: string): RawConfig {
  return parseOrdered(json) as Map<string, OrderedJson>;
}

function config(id: string, parents: string[], json: string, rest: Partial<Config> = {}): Config {
  const fixed = { tenant: 'main', transient: false, deletable: true, extra: new Map(), created: 0, updated: 0, revision: 1 };
  return { id, parents, raw: raw(json), ...fixed, ...rest };
}

function byId(...configs: Config[]): Map<string, Config> {
  return new Map(configs.map((each) => [each.id, each]));
}

function origins(base: RawConfig, chain: readonly string[], configs: ReadonlyMap<string, Config>): Map<string, string> {
  return originsOf(
    base,
    chain.map((id) => configs.get(id)).filter((each) => each !== undefined),
  );
}

function text(value: RawConfig): string {
  return stringifyOrdered(new Map(value));
}

test('the base lies below all, parents in their order above it, the config itself on top', () => {
  const ancestors = byId(
    config('a', ['root'], '{"v":"a","w":"a"}'),
    config('b', [], '{"v":"b"}'),
    config('root', [], '{"u":"r","w":"r"}'),
  );
  const resolved = flatten(raw('{"u":"base","x":1}'), config('me', ['a', 'b'], '{"y":2}'), ancestors);
  expect(text(resolved.raw)).toBe('{"u":"r","x":1,"w":"a","v":"b","y":2}');
  expect(resolved.chain).toEqual(['root', 'a', 'b', 'me']);
  expect(resolved.missing).toEqual([]);
});

test('objects merge, lists and all else replace, null included', () => {
  const parent = config('p', [], '{"o":{"10":1,"2":{"k":1}},"l":[1,2],"s":{"k":1},"t":1,"n":{"k":1}}');
  const resolved = flatten(
    raw('{}'),
    config('me', ['p'], '{"n":null,"t":{"k":2},"s":5,"l":[3],"o":{"2":{"j":2},"1":0}}'),
    byId(parent),
  );
  expect(text(resolved.raw)).toBe('{"o":{"10":1,"2":{"k":1,"j":2},"1":0},"l":[3],"s":5,"t":{"k":2},"n":null}');
});

test('every leaf knows the config that set it last; what was replaced is forgotten', () => {
  const parent = config('p', [], '{"o":{"a":1,"b":1},"s":{"gone":1},"e":{}}');
  const me = config('me', ['p'], '{"o":{"b":2},"s":7,"d.t":{"k":[1]}}');
  const { chain } = flatten(raw('{"base":1}'), me, byId(parent));
  expect(Object.fromEntries(origins(raw('{"base":1}'), chain, byId(parent, me)))).toEqual({
    base: 'settings',
    'o.a': 'p',
    'o.b': 'me',
    s: 'me',
    'd\\.t.k': 'me',
  });
});

test('a config that is reached twice counts where it is met first', () => {
  const ancestors = byId(
    config('left', ['top'], '{"v":"left"}'),
    config('right', ['top'], '{}'),
    config('top', [], '{"v":"top"}'),
  );
  const resolved = flatten(raw('{}'), config('me', ['left', 'right'], '{}'), ancestors);
  expect(resolved.chain).toEqual(['top', 'left', 'right', 'me']);
  expect(resolved.raw.get('v')).toBe('left');
});

test('a circle of parents does no harm', () => {
  const me = config('me', ['a', 'me'], '{"v":"me"}');
  const resolved = flatten(raw('{}'), me, byId(config('a', ['me'], '{"v":"a","w":"a"}'), me));
  expect(resolved.chain).toEqual(['a', 'me']);
  expect(text(resolved.raw)).toBe('{"v":"me","w":"a"}');
});

test('parents that do not exist are passed over and listed once', () => {
  const resolved = flatten(raw('{}'), config('me', ['x', 'a', 'y'], '{}'), byId(config('a', ['y', 'x'], '{"v":1}')));
  expect(resolved.missing).toEqual(['x', 'y']);
  expect(resolved.chain).toEqual(['a', 'me']);
});

test('it is as young as the youngest of its chain', () => {
  const parent = config('p', [], '{}', { updated: 7 });
  expect(flatten(raw('{}'), config('me', ['p'], '{}', { updated: 3 }), byId(parent)).updated).toBe(7);
});

test('a line of 100,000 parents is laid over one another', () => {
  const line = Array.from({ length: 100_000 }, (_, i) => config(`c${i}`, [`c${i + 1}`], `{"v":${i}}`));
  const resolved = flatten(raw('{}'), config('me', ['c0'], '{}'), byId(...line));
  expect(resolved.chain).toHaveLength(100_001);
  expect(resolved.raw.get('v')).toBe(0);
});

test('only configs of the own and of the main tenant are inherited', () => {
  const all = byId(config('a', [], '{}', { tenant: 'one' }), config('b', [], '{}', { tenant: 'two' }), config('c', [], '{}'));
  expect([...visibleTo(['one', 'main'], all).keys()]).toEqual(['a', 'c']);
  expect([...visibleTo(['main'], all).keys()]).toEqual(['c']);
});

// The model: a recursive merge of whole documents, as slow and as plain as the rule is told.

function merge(below: RawConfig, above: RawConfig): Map<string, OrderedJson> {
  const merged = new Map(below);
  for (const [key, value] of above) {
    const old = merged.get(key);
    merged.set(key, value instanceof Map ? merge(old instanceof Map ? old : new Map(), value) : value);
  }
  return merged;
}

function modelOf(base: RawConfig, id: string, configs: ReadonlyMap<string, Config>): RawConfig {
  const visited = new Set<string>();
  const over = (below: RawConfig, next: string): RawConfig => {
    const found = configs.get(next);
    if (visited.has(next)) return below;
    visited.add(next);
    if (!found) return below;
    return merge(found.parents.reduce(over, below), found.raw);
  };
  return over(base, id);
}

function leaves(value: OrderedJson, path: string): [string, OrderedJson][] {
  if (!(value instanceof Map)) return [[path, value]];
  return [...value].flatMap(([key, item]) => leaves(item, path === '' ? key : `${path}.${key}`));
}

function at(value: OrderedJson | undefined, path: string): OrderedJson | undefined {
  return path.split('.').reduce<OrderedJson | undefined>((here, key) => (here instanceof Map ? here.get(key) : undefined), value);
}

const names = ['a', 'b', 'c', 'd', 'e', 'f'];
const someRaw = fc.letrec<{ leaf: OrderedJson; object: Map<string, OrderedJson>; value: OrderedJson }>((tie) => ({
  leaf: fc.oneof(fc.constant(null), fc.boolean(), fc.nat(3), fc.array(fc.nat(2), { maxLength: 2 })),
  object: fc
    .uniqueArray(fc.tuple(fc.constantFrom('10', '2', '1', 'x', 'y'), tie('value')), { maxLength: 4, selector: ([key]) => key })
    .map((entries) => new Map(entries)),
  value: fc.oneof({ maxDepth: 3 }, tie('leaf'), tie('object')),
})).object;
const someConfigs = fc
  .tuple(
    ...names.map((id) =>
      fc.option(
        fc
          .tuple(fc.array(fc.constantFrom(...names, 'nobody'), { maxLength: 4 }), someRaw)
          .map(([parents, document]) => ({ ...config(id, parents, '{}'), raw: document })),
        { freq: 6 },
      ),
    ),
  )
  .map((configs) => byId(...configs.filter((each) => each !== null)));

test('whatever the graph, it is what a plain recursive merge makes, keys in the same order', () => {
  fc.assert(
    fc.property(
      someRaw,
      someRaw,
      fc.array(fc.constantFrom(...names), { maxLength: 4 }),
      someConfigs,
      (base, own, parents, ancestors) => {
        const me = { ...config('me', parents, '{}'), raw: own };
        const all = new Map([...ancestors, ['me', me]]);
        const resolved = flatten(base, me, ancestors);
        expect(text(resolved.raw)).toBe(text(modelOf(base, 'me', all)));
        // Each leaf, and nothing else, has an origin, and the origin says just this.
        const values = leaves(new Map(resolved.raw), '').filter(([path]) => path !== '');
        const from = origins(base, resolved.chain, all);
        expect([...from.keys()]).toEqual(values.map(([path]) => path));
        for (const [path, value] of values) {
          const origin = from.get(path) ?? '';
          const said = origin === 'settings' ? base : all.get(origin)?.raw;
          expect(said && at(new Map(said), path)).toEqual(value);
        }
        for (const id of resolved.missing) expect(all.has(id)).toBe(false);
      },
    ),
    { numRuns: 2_000 },
  );
});
