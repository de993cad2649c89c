import { createHash, randomBytes } from 'node:crypto';
import { type Challenge, type DigestChallenge, strongest } from './challenge.ts';
import type { Secret } from './secret.ts';

export interface Credentials {
  readonly username: string;
  readonly password: Secret;
}

/** A server that asks more often, each time for something else, does not want to let us in. */
const MOST_CHALLENGES = 5;

/**
 * What one server is shown of some credentials: nothing before it asks for them, and then only what the strongest way needs that it
 * offers. The password itself is sent to who offers nothing but Basic.
 */
export class Login {
  readonly #credentials: Credentials;
  #challenge: Challenge | undefined;
  #challenges = 0;
  /** Requests with the nonce of the challenge. */
  #count = 0;
  #ours = '';
  readonly #draw: () => string;
  readonly #withoutBasic: boolean;

  /** @param options `draw`: our own nonces; `withoutBasic`: the password is sent to nobody, as SIP has it (RFC 3261, section 22) */
  constructor(
    credentials: Credentials,
    { draw = () => randomBytes(16).toString('hex'), withoutBasic = false }: { draw?: () => string; withoutBasic?: boolean } = {},
  ) {
    this.#credentials = credentials;
    this.#draw = draw;
    this.#withoutBasic = withoutBasic;
  }

  /**
   * Takes what a server asks for.
   *
   * @param header WWW-Authenticate or Proxy-Authenticate
   * @returns whether it is worth asking again: not when it was answered already
   */
  takes(header: string | undefined): boolean {
    const [before, next] = [this.#challenge, strongest(header ?? '')];
    if (!next || ++this.#challenges > MOST_CHALLENGES) return false;
    const isAnswered = before?.scheme === next.scheme && before.realm === next.realm;
    // A nonce that worked before and does so no longer is too old, also where the server does not say so.
    const isOld = next.scheme === 'digest' && (next.stale || this.#count > 1);
    if (isAnswered && !isOld) return false;
    // Whoever can do better does not get the password afterwards.
    if (next.scheme === 'basic' && (this.#withoutBasic || before?.scheme === 'digest')) return false;
    this.#challenge = next;
    this.#count = 0;
    this.#ours = this.#draw();
    return true;
  }

  /** The value of Authorization or Proxy-Authorization, if there is something to show. @param target as the request line has it */
  authorization(method: string, target: string): string | undefined {
    if (this.#challenge?.scheme === 'digest') return this.#digest(this.#challenge, method, target);
    return this.#challenge && basic(this.#credentials);
  }

  /** RFC 7616, 3.4. */
  #digest(challenge: DigestChallenge, method: string, target: string): string {
    const { realm, nonce, opaque, algorithm, hash, session, counted, hidesName } = challenge;
    const sum = (...texts: string[]) => createHash(hash).update(texts.join(':'), 'latin1').digest('hex');
    const username = bytes(this.#credentials.username);
    const ours = this.#ours;
    const count = (++this.#count).toString(16).padStart(8, '0');
    const who = sum(username, realm, bytes(this.#credentials.password.reveal()));
    const key = session ? sum(who, nonce, ours) : who;
    const what = sum(method, target);
    const response = counted ? sum(key, nonce, count, ours, 'auth', what) : sum(key, nonce, what);
    const words = [
      hidesName ? `username="${sum(username, realm)}"` : named(this.#credentials.username),
      ...(hidesName ? ['userhash=true'] : []),
      `realm=${quoted(realm)}`,
      `nonce=${quoted(nonce)}`,
      `uri=${quoted(target)}`,
      `response="${response}"`,
      ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
      ...(counted ? ['qop=auth', `nc=${count}`] : []),
      ...(counted || session ? [`cnonce="${ours}"`] : []),
      ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
    ];
    return `Digest ${words.join(', ')}`;
  }
}

function basic({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password.reveal()}`).toString('base64')}`;
}

/** The bytes of a text in UTF-8, as headers are handed to Node. */
function bytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** RFC 7616, 3.4: a name of other letters than ASCII's is written as RFC 8187 has it. */
function named(username: string): string {
  if (/^[\x20-\x7e]*$/.test(username)) return `username=${quoted(username)}`;
  const escaped = encodeURIComponent(username).replaceAll(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
  return `username*=UTF-8''${escaped}`;
}
