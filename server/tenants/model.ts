import type { Secret } from '../lib/secret.ts';

export interface Tenant {
  /** A UUID. */
  readonly id: string;
  readonly name: string;
  /** The tenant that unknown phones come to; there is exactly one, it is made with the store. */
  readonly main: boolean;
  /** Id of the tenant that it belongs to; of all but the main one, which is the root. */
  readonly parent?: string;
  /** First path segment of the URLs of its phones; 8 to 256 of `A-Za-z0-9-$~.`, unique. */
  readonly provisioningKey?: Secret;
  readonly created: number;
  readonly updated: number;
  readonly revision: number;
}
