import type { OrderedJson } from './ordered-json.ts';

type Tree = ReadonlyMap<string, OrderedJson>;

export const MASK = '[secret]';

/** Names of what nobody else may know: sip_lines.1.password, sip_local_key, X_api_token … */
const SECRET_NAME = /pass|secret|token|credential|private|(?:^|_)(?:key|pin|psk|community)(?:$|_)/i;
/** Values that tell by themselves: a private key in PEM, a URL with a password. */
const SECRET_VALUE = /PRIVATE KEY-----|:\/\/[^/\s]*:[^/\s]*@/;

export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

export function isSecretValue(value: unknown): boolean {
  return typeof value === 'string' && SECRET_VALUE.test(value);
}

/** The tree with a mask for each secret in it. */
export function masked(tree: Tree): Map<string, OrderedJson> {
  return new Map(Array.from(tree, ([key, value]) => [key, maskedValue(value, isSecretName(key))]));
}

/** @param isSecret the name of the value, or of what it stands in, is that of a secret */
export function maskedValue(value: OrderedJson, isSecret: boolean): OrderedJson {
  if (value instanceof Map) {
    return new Map(Array.from(value, ([key, item]) => [key, maskedValue(item, isSecret || isSecretName(key))]));
  }
  if (Array.isArray(value)) return value.map((item) => maskedValue(item, isSecret));
  return (isSecret || isSecretValue(value)) && value !== null && value !== '' ? MASK : value;
}
