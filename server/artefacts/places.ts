import type { Endpoint, KeyPlace, KeyView, LinePlace, LineView, Model, ServerSet } from '../sdk.ts';

/**
 * The different sets of servers that lines use, and the lines with the number of theirs: for phones that are told servers once and
 * accounts that name them.
 */
export function groupServers(lines: readonly Omit<LineView, 'serverSet'>[]): { lines: LineView[]; serverSets: ServerSet[] } {
  const sets = new Map<string, ServerSet>();
  const numbered = lines.map((line) => {
    const { proxy, backupProxy, registrar, backupRegistrar, outboundProxy } = line;
    const servers = { proxy, backupProxy, registrar, backupRegistrar, outboundProxy };
    const key = Object.values(servers).map(written).join(' ');
    const set = sets.get(key) ?? { ...servers, number: sets.size + 1 };
    sets.set(key, set);
    return { ...line, serverSet: set.number };
  });
  return { lines: numbered, serverSets: [...sets.values()] };
}

function written(endpoint: Endpoint | null): string {
  return endpoint ? `${endpoint.host}|${endpoint.port ?? ''}` : '-';
}

/** Every account of a model, with its line where one is configured. Lines beyond them have no place. */
export function placeLines(lines: readonly LineView[], model: Model | undefined): LinePlace[] {
  if (!model) return lines.map((line) => ({ number: line.number, line }));
  const byNumber = new Map(lines.map((line) => [line.number, line]));
  return counted(model.lines).map((number) => ({ number, line: byNumber.get(number) ?? null }));
}

/** Every key of a model and of all its expansion modules, with what is configured for its position. */
export function placeKeys(keys: readonly KeyView[], lines: readonly LinePlace[], model: Model | undefined): KeyPlace[] {
  const byPosition = new Map(keys.map((key) => [key.position, key]));
  const byNumber = new Map(lines.map(({ number, line }) => [number, line]));
  return keySlots(model).map((slot, index) => {
    const position = index + 1;
    const key = byPosition.get(position) ?? null;
    return { ...slot, position, key, line: key ? null : (byNumber.get(position) ?? null) };
  });
}

function keySlots(model: Model | undefined): Pick<KeyPlace, 'module' | 'kind' | 'index'>[] {
  const { keys = 0, modules = { most: 0, keys: 0 } } = model ?? {};
  const kinds: [string | null, number][] = typeof keys === 'number' ? [[null, keys]] : Object.entries(keys);
  const own = kinds.flatMap(([kind, count]) => counted(count).map((index) => ({ module: 0, kind, index })));
  const further = counted(modules.most).flatMap((module) =>
    counted(modules.keys).map((index) => ({ module, kind: null, index })),
  );
  return [...own, ...further];
}

/** 1 to `count`. */
function counted(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
