import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { ProvisioningError } from '../lib/errors.ts';
import { Secret } from '../lib/secret.ts';

/** What a password costs to try: 2^logN blocks of r * 128 bytes of memory, p times over (RFC 7914). */
export interface Cost {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

/** 32 MiB: one of the equivalents of OWASP's password storage cheat sheet, and the one that takes least memory of a small server. */
export const COST: Cost = { logN: 15, r: 8, p: 3 };

const SALT_BYTES = 16;
const KEY_BYTES = 32;

interface Hash extends Cost {
  readonly salt: Buffer;
  readonly key: Buffer;
}

/** What is kept of a password: `$scrypt$ln=15,r=8,p=3$salt$key`, so that what it costs may be raised later. */
export async function hashPassword(password: string, cost: Cost = COST): Promise<Secret> {
  const salt = randomBytes(SALT_BYTES);
  return textOf({ ...cost, salt, key: await derive(password, salt, cost) });
}

/** What no password fits, and takes as long to find out. */
export function unfitting(cost: Cost = COST): Secret {
  return textOf({ ...cost, salt: randomBytes(SALT_BYTES), key: randomBytes(KEY_BYTES) });
}

/** @throws ProvisioningError store-corrupt */
export async function fits(password: string, kept: Secret): Promise<boolean> {
  const { salt, key, ...cost } = read(kept);
  return timingSafeEqual(await derive(password, salt, cost), key);
}

/** Whether a password was kept when trying one cost something else. @throws ProvisioningError store-corrupt */
export function isOutdated(kept: Secret, cost: Cost = COST): boolean {
  const { logN, r, p } = read(kept);
  return logN !== cost.logN || r !== cost.r || p !== cost.p;
}

function textOf({ logN, r, p, salt, key }: Hash): Secret {
  return new Secret(`$scrypt$ln=${logN},r=${r},p=${p}$${salt.toString('base64url')}$${key.toString('base64url')}`);
}

function read(kept: Secret): Hash {
  const found = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([\w-]+)\$([\w-]{43})$/.exec(kept.reveal());
  if (!found) throw new ProvisioningError('store-corrupt', 'The store holds a text where it keeps what is kept of a password');
  const [, logN, r, p, salt = '', key = ''] = found;
  return {
    logN: Number(logN),
    r: Number(r),
    p: Number(p),
    salt: Buffer.from(salt, 'base64url'),
    key: Buffer.from(key, 'base64url'),
  };
}

function derive(password: string, salt: Buffer, { logN, r, p }: Cost): Promise<Buffer> {
  const N = 2 ** logN;
  // Node refuses what takes more than it is told; what it counts is a little more than the blocks.
  const options = { N, r, p, maxmem: 2 * 128 * N * r + 128 * r * p };
  return new Promise((resolve, reject) => {
    // Two keyboards write one letter in two ways (NIST SP 800-63B, 5.1.1.2).
    scrypt(password.normalize('NFKC'), salt, KEY_BYTES, options, (failure, key) => (failure ? reject(failure) : resolve(key)));
  });
}
