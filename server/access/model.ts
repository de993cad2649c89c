import type { Ip } from '../lib/ip.ts';
import type { Secret } from '../lib/secret.ts';
import type { Permissions } from './permissions.ts';

/** What a program or a person shows to be let in. Its secret is told once, when it is made, and only its digest is kept. */
export interface Token {
  /** A UUID. */
  readonly id: string;
  /** What it is for, in its maker's words. */
  readonly name: string;
  /** It opens what belongs to this tenant, or to those below it. */
  readonly tenant: string;
  readonly permissions: Permissions;
  /** SHA-256 of the secret, in hexadecimal: it has 256 random bits, so nothing slower is needed. */
  readonly digest: string;
  /** Who made it: the id of a token or a user, `administrator` or `set-up`. */
  readonly maker: string;
  /** Times in milliseconds since 1970. */
  readonly created: number;
  readonly expires?: number;
  /** To the minute. */
  readonly used?: number;
}

/** A person, who logs in with a name and a password. */
export interface User {
  /** A UUID. */
  readonly id: string;
  /** What is typed to log in, in lower case; unique. */
  readonly name: string;
  /** What belongs to this tenant, or to those below it, is there for the user. */
  readonly tenant: string;
  readonly permissions: Permissions;
  /** As `password.ts` writes it: nothing leads back to what is typed. */
  readonly password: Secret;
  /** Is not let in. */
  readonly disabled: boolean;
  /** Raised by another password, and when the user is disabled: sessions of an earlier one have ended. */
  readonly generation: number;
  /** Who made it: the id of a user or a token, `administrator` or `set-up`. */
  readonly maker: string;
  /** Times in milliseconds since 1970. */
  readonly created: number;
  readonly updated: number;
  readonly revision: number;
}

/** What a login opens: until it expires, it permits what its user may at that moment. */
export interface Session {
  /** A UUID. */
  readonly id: string;
  /** Id of the user. */
  readonly user: string;
  /** Of the user at the login. */
  readonly generation: number;
  /** SHA-256 of the secret, in hexadecimal. */
  readonly digest: string;
  /** Where the user logged in from. */
  readonly source: Ip;
  /** Times in milliseconds since 1970. */
  readonly created: number;
  readonly expires: number;
}

/** Who asks. */
export interface Caller {
  readonly kind: 'administrator' | 'token' | 'user' | 'dhcp-server' | 'wazo-user';
  /** Of the token, or of the user. */
  readonly id: string;
  readonly name: string;
  /** Of a user: by which of the sessions. */
  readonly session?: string;
  readonly tenant: string;
  readonly permissions: Permissions;
  /** It belongs to the main tenant, and sees what belongs to the server as a whole. */
  readonly isMain: boolean;
  may(permission: string): boolean;
  /** Whether what belongs to this tenant is there for it. */
  sees(tenant: string): boolean;
  /** The tenants that it sees; undefined: all. */
  readonly tenants: readonly string[] | undefined;
}

/** What was answered to a request. */
export interface KeptAnswer {
  /** 0: the answer had a secret, and is not kept. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The tree of tenants, as far as access needs to know it. */
export interface TenantTree {
  readonly main: { readonly id: string };
  get(id: string): object | undefined;
  /** A tenant and all below it. */
  below(id: string): ReadonlySet<string>;
}
