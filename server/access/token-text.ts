import { createHash, randomBytes } from 'node:crypto';
import { Secret } from '../lib/secret.ts';

/** By it scanners for secrets know one that went astray. */
export const TOKEN_PREFIX = 'offhook_';

/** What somebody shows to be let in, of 256 random bits, and what is kept of it. */
export function newTokenText(): { readonly secret: Secret; readonly digest: string } {
  const text = `${TOKEN_PREFIX}${randomBytes(32).toString('base64url')}`;
  return { secret: new Secret(text), digest: digestOf(text) };
}

/** Who compares digests of what he is given tells nothing by how long he takes: whoever asks cannot choose the digest. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
