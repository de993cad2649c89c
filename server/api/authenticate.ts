import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { isIP } from 'node:net';
import { dirname, join } from 'node:path';
import { administrator, dhcpServer } from '../access/caller.ts';
import type { Caller, TenantTree } from '../access/model.ts';
import type { AccessService } from '../access/service.ts';
import type { UserService } from '../access/users.ts';
import { ProvisioningError, reason } from '../lib/errors.ts';
import { Secret } from '../lib/secret.ts';
import { HttpProblem } from './problem.ts';
import type { Endpoint } from './route.ts';

/** Names of the tokens' files in the data directory. */
export const TOKEN_FILE = 'admin.token';
const DHCP_TOKEN_FILE = 'dhcp.token';

/** The tokens that open something. */
export interface Tokens {
  /** Who has it may do everything. */
  readonly admin: Secret;
  /** For DHCP servers: who has it may tell of leases, and nothing else. */
  readonly dhcp: Secret;
}

/** What knows who somebody is. */
export interface Doors {
  readonly tokens: Tokens;
  readonly access: Pick<AccessService, 'byBearer'>;
  readonly users: Pick<UserService, 'byBearer'>;
  readonly tenants: TenantTree;
}

/** @throws ProvisioningError token-invalid, token-unreadable */
export async function openTokens(data: string): Promise<Tokens> {
  return { admin: await openToken(data), dhcp: await openToken(data, DHCP_TOKEN_FILE) };
}

/**
 * A token: the one in its file in the data directory, which is made, for its owner only, where there is none. Of several servers that start
 * at once on one directory all get the same. Whoever may read the file may do what it opens: its owner, root, and whomever the
 * administrator lets.
 *
 * @throws ProvisioningError token-invalid, token-unreadable
 */
export async function openToken(data: string, name = TOKEN_FILE): Promise<Secret> {
  const file = join(data, name);
  try {
    const text = (await readIfThere(file)) ?? (await make(file));
    // RFC 6750, section 2.1. One that is chosen by hand must not be one that can be guessed.
    if (/^[\w.~+/-]{32,}=*$/.test(text)) return new Secret(text);
  } catch (cause) {
    throw new ProvisioningError('token-unreadable', `The token in ${file}: ${reason(cause)}`, { cause });
  }
  const remedy = 'Remove it, and the server makes a new one when it starts';
  throw new ProvisioningError('token-invalid', `${file} holds no token of at least 32 letters and digits. ${remedy}`);
}

/** A file that is there has its whole content: it gets its name after it was written. */
async function make(file: string): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  const fresh = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  try {
    const handle = await open(fresh, 'wx', 0o600);
    try {
      await handle.writeFile(`${token}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(fresh, file);
    return token;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    return (await readFile(file, 'utf8')).trim();
  } finally {
    await rm(fresh, { force: true });
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
}

/** @throws HttpProblem unless the header is `Bearer` and a token that opens something; how long it takes tells nothing of them */
export function authenticate(header: string | undefined, { tokens, access, users, tenants }: Doors): Caller {
  const [, given = ''] = /^Bearer +(\S+) *$/i.exec(header ?? '') ?? [];
  // Digests are of one length, as timingSafeEqual needs them.
  const is = (token: Secret) => timingSafeEqual(digest(given), digest(token.reveal()));
  const [isAdministrator, isDhcpServer] = [is(tokens.admin), is(tokens.dhcp)];
  const bearer = access.byBearer(given) ?? users.byBearer(given);
  if (isAdministrator) return administrator(tenants);
  if (isDhcpServer) return dhcpServer(tenants);
  if (bearer) return bearer;
  const told = header === undefined ? 'This needs a token' : 'This token opens nothing here, or not any more';
  throw new HttpProblem(
    401,
    'unauthorised',
    `${told}: Authorization: Bearer, and the token; that of the administrator is what ${TOKEN_FILE} in the data directory holds`,
  );
}

/** @throws HttpProblem 403 when the caller may not ask this */
export function authorise(caller: Caller, { permission, serverWide = false }: Pick<Endpoint, 'permission' | 'serverWide'>): void {
  if (permission !== undefined && !caller.may(permission))
    throw new HttpProblem(403, 'permission-missing', `This needs the permission ${permission}, which your token does not give`);
  if (serverWide && !caller.isMain)
    throw new HttpProblem(403, 'tenant-not-main', 'This is about the server as a whole: it needs a token of the main tenant');
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * Against DNS rebinding: a web page can let a name of its own point to this host and make the browser of an administrator ask us.
 * It cannot do so with an address or with localhost, nor with the names that the settings give this server. A request without
 * Host (HTTP/1.0) comes from no browser.
 *
 * @throws HttpProblem for any other name
 */
export function guardHost(header: string | undefined, names: readonly string[]): void {
  if (header === undefined) return;
  const host = header
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  if (isIP(host) !== 0 || host === 'localhost' || names.some((name) => name.toLowerCase() === host)) return;
  // RFC 9110, section 15.5.20.
  throw new HttpProblem(421, 'host-refused', 'The API answers to its addresses, to localhost and to names of this server only');
}
