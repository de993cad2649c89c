import type { Caller } from '../access/model.ts';
import { MASK, masked } from '../lib/mask.ts';
import type { OrderedJson } from '../lib/ordered-json.ts';
import { Secret } from '../lib/secret.ts';
import { bodyInvalid } from './input.ts';
import type { HttpProblem } from './problem.ts';

type Tree = ReadonlyMap<string, OrderedJson>;

/** What a caller is shown of a tree: who may not read secrets sees that there is one. */
export function shownTo(caller: Caller, tree: Tree): Tree {
  return caller.may('secrets.read') ? tree : masked(tree);
}

/** The same of a value by itself: null where there is none. */
export function secretShownTo(caller: Caller, secret: Secret | undefined): string | null {
  if (secret === undefined) return null;
  return caller.may('secrets.read') ? secret.reveal() : MASK;
}

/**
 * A tree that was shown with masks, with the secrets again that are stored in their places: who reads, changes and writes back need not know
 * them.
 * @param path of the tree in the body
 * @throws HttpProblem body-invalid where nothing is stored
 */
export function withSecretsOf(stored: Tree | undefined, given: Tree, path: string): Map<string, OrderedJson> {
  return new Map(Array.from(given, ([key, value]) => [key, unmasked(stored?.get(key), value, `${path}.${key}`)]));
}

/** The same of a value by itself. @throws HttpProblem body-invalid where nothing is stored */
export function secretOf(stored: Secret | undefined, given: string, path: string): Secret {
  if (given !== MASK) return new Secret(given);
  if (stored) return stored;
  throw nothingStored(path);
}

function unmasked(stored: OrderedJson | undefined, given: OrderedJson, path: string): OrderedJson {
  if (given instanceof Map) return withSecretsOf(stored instanceof Map ? stored : undefined, given, path);
  if (Array.isArray(given))
    return given.map((item, index) => unmasked(Array.isArray(stored) ? stored[index] : undefined, item, `${path}.${index}`));
  if (given !== MASK) return given;
  if (stored !== undefined && stored !== null && typeof stored !== 'object') return stored;
  throw nothingStored(path);
}

function nothingStored(path: string): HttpProblem {
  const message = `is ${MASK}, which stands for a secret that was not shown, and there is none: write it, or leave it out`;
  return bodyInvalid('The body is not valid', [{ path, message }]);
}
