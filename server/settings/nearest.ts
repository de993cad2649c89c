import { nearest } from '../lib/nearest.ts';

/** As `nearest`, for dotted keys: also finds those that stand on the wrong level (`port`), or in camelCase or with hyphens. */
export function nearestKey(key: string, keys: readonly string[]): string | undefined {
  const wanted = key
    .replaceAll('-', '_')
    .replaceAll(/(?<=[a-z])[A-Z]/g, '_$&')
    .toLowerCase();
  const last = wanted.slice(wanted.lastIndexOf('.') + 1);
  return (
    keys.find((candidate) => candidate === wanted || candidate.endsWith(`.${wanted}`)) ??
    nearest(wanted, keys) ??
    keys.find((candidate) => candidate.endsWith(`.${last}`))
  );
}
