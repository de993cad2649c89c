import { type Attempt, Attempts, type Limit, Limited } from '../lib/attempts.ts';
import type { Ip } from '../lib/ip.ts';

export interface LoginLimits {
  /** Of one name from one network. */
  readonly pair: Limit;
  /** Of all names from one network. */
  readonly network: Limit;
  /** Of one name from all networks where nobody is logged in by that name: far more than one network, or a few, can use up. */
  readonly name: Limit;
  /** How many networks, names and pairs are remembered; who was refused longest ago is forgotten first. */
  readonly remembered: number;
}

export const LOGIN_LIMITS: LoginLimits = {
  pair: { most: 5, everyMs: 60_000 },
  network: { most: 20, everyMs: 15_000 },
  name: { most: 100, everyMs: 10_000 },
  remembered: 30_000,
};

/** Who asks too often waits. */
export class LoginLimited extends Limited {
  constructor(waitMs: number, why: string) {
    super('access-login-limited', waitMs, why);
  }
}

/** Counts wrong passwords. */
export class LoginLimiter {
  readonly #limits: LoginLimits;
  readonly #attempts: Attempts;

  constructor(limits: LoginLimits, now: () => number) {
    this.#limits = limits;
    this.#attempts = new Attempts(limits.remembered, now);
  }

  /**
   * @param name as it is compared; text that cannot be a name is `undefined`, so that what is typed takes no memory
   * @param isFamiliar somebody is logged in by that name in this network: what others try elsewhere does not lock it out
   * @returns what succeeds when the password was right: the name begins anew in this network
   * @throws LoginLimited
   */
  begin(name: string | undefined, source: Ip, isFamiliar: boolean): Attempt {
    const { pair, network, name: byName } = this.#limits;
    const from = networkOf(source);
    const buckets = [
      { key: `pair ${from} ${name ?? ''}`, limit: pair, forgives: true },
      { key: `network ${from}`, limit: network },
      ...(name === undefined || isFamiliar ? [] : [{ key: `name ${name}`, limit: byName }]),
    ];
    return this.#attempts.begin(buckets, (wait) => new LoginLimited(wait, 'Too many logins failed'));
  }
}

/** What one customer of a provider has at most: an IPv4 address, or 48 bits of IPv6 (RFC 6177). */
export function networkOf(ip: Ip): string {
  if (!ip.includes(':')) return ip;
  const [head = [], tail] = ip.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const zeros = tail === undefined ? [] : Array<string>(8 - head.length - tail.length).fill('0');
  return [...head, ...zeros, ...(tail ?? [])].slice(0, 3).join(':');
}
