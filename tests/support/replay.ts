import type { Difference } from '../../server/lib/differences.ts';
import type { OrderedJson } from '../../server/lib/ordered-json.ts';

/** A record with the changes of an entry made to it. What holds a mask stays masked. */
export function replayed(record: ReadonlyMap<string, OrderedJson>, diff: readonly Difference[]): Map<string, OrderedJson> {
  const next = copyOf(record);
  for (const { path, after } of diff) {
    const keys = keysOf(path);
    const last = keys.pop() ?? '';
    let at = next;
    for (const key of keys) {
      const inner = at.get(key);
      if (!(inner instanceof Map)) throw new Error(`${path}: there is no object ${key}`);
      at = inner;
    }
    if (after === undefined) at.delete(last);
    else at.set(last, after);
  }
  return next;
}

function copyOf(map: ReadonlyMap<string, OrderedJson>): Map<string, OrderedJson> {
  return new Map(Array.from(map, ([key, value]) => [key, value instanceof Map ? copyOf(value) : value]));
}

/** Of keys that are not empty. */
function keysOf(path: string): string[] {
  return (path.match(/(?:\\.|[^\\.])+/gs) ?? []).map((key) => key.replaceAll(/\\(.)/gs, '$1'));
}
