import type { Endpoint, KeyPlace, KeyView, LinePlace, LineView, Model, ServerRole, ServerSet } from '../sdk.ts';

const allServers: readonly ServerRole[] = ['proxy', 'backupProxy', 'registrar', 'backupRegistrar', 'outboundProxy'];

/**
 * The different sets of servers that lines use, and the lines with the number of theirs: for phones that are told servers once and
 * accounts that name them.
 * @param roles by which sets differ
 */
export function groupServers(
  lines: readonly Omit<LineView, 'serverSet'>[],
  roles: readonly ServerRole[] = allServers,
): { lines: LineView[]; serverSets: ServerSet[] } {
  const sets = new Map<string, ServerSet>();
  const numbered = lines.map((line) => {
    const { proxy, backupProxy, registrar, backupRegistrar, outboundProxy } = line;
    const key = roles.map((role) => written(line[role])).join(' ');
    const set = sets.get(key) ?? {
      number: sets.size + 1,
      ...{ proxy, backupProxy, registrar, backupRegistrar, outboundProxy },
    };
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
export function placeKeys(keys: readonly KeyView[], lines: readonly LinePlace[], model: Model | undefined): readonly KeyPlace[] {
  if (!model) return [];
  const places = [...emptyPlaces(model)];
  const put = (position: number, key: KeyView | null, line: LineView | null) => {
    const place = places[position - 1];
    if (place) places[position - 1] = { ...place, key, line };
  };
  for (const { number, line } of lines) if (line) put(number, null, line);
  for (const key of keys) put(key.position, key, null);
  return places;
}

/** A model's places with nothing on them: hundreds, most of which stay so. Rows of a table are never changed, so they are made once. */
const emptyPlacesOf = new WeakMap<Model, readonly KeyPlace[]>();

function emptyPlaces(model: Model): readonly KeyPlace[] {
  const known = emptyPlacesOf.get(model);
  if (known) return known;
  const { keys = 0, modules = { most: 0, keys: 0 } } = model;
  const kinds: [string | null, number][] = typeof keys === 'number' ? [[null, keys]] : Object.entries(keys);
  const slots = [
    ...kinds.flatMap(([kind, count]) => counted(count).map((index) => ({ module: 0, kind, index }))),
    ...counted(modules.most).flatMap((module) => counted(modules.keys).map((index) => ({ module, kind: null, index }))),
  ];
  const places = slots.map((slot, index) => ({ position: index + 1, ...slot, key: null, line: null }));
  emptyPlacesOf.set(model, places);
  return places;
}

/** 1 to `count`. */
function counted(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
