import { randomUUID } from 'node:crypto';
import { ProvisioningError, reason } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { Secret } from '../lib/secret.ts';
import { bearer } from './caller.ts';
import type { TokenDao } from './dao.ts';
import type { Caller, TenantTree, Token } from './model.ts';
import { covers } from './permissions.ts';
import { digestOf, newTokenText } from './token-text.ts';
import { checkToken, type TokenChange } from './validator.ts';

export interface TokenOrder {
  readonly name: string;
  readonly tenant: string;
  readonly permissions: readonly string[];
  readonly expires?: number;
}

export interface AccessService {
  /** Those of tenants that somebody sees, in order of creation. */
  list(caller: Caller): readonly Token[];
  get(id: string): Token | undefined;
  /**
   * @param by whoever makes it: nobody makes a token that opens more than his own
   * @returns the token, and its secret, which is never told again
   * @throws ProvisioningError token-invalid, tenant-unknown, token-refused (it would open more than the maker's)
   */
  create(order: TokenOrder, by: Caller): Promise<{ readonly token: Token; readonly secret: Secret }>;
  /** @throws ProvisioningError token-unknown, and as create */
  change(id: string, change: TokenChange, by: Caller): Promise<Token>;
  /** From then on it opens nothing. @throws ProvisioningError token-unknown */
  remove(id: string): Promise<void>;
  /** Whose secret this is; it takes as long for any other text. undefined: nobody's, or it has expired, or its tenant has gone. */
  byBearer(text: string): Caller | undefined;
  /** Resolves when it is written when tokens were used. */
  close(): Promise<void>;
}

export interface AccessOptions {
  readonly dao: TokenDao;
  readonly tree: TenantTree;
  readonly log: Pick<Log, 'warn'>;
  readonly now?: () => number;
}

const minuteMs = 60_000;

/** Tokens are few and every request asks for one: they are kept in memory. */
export async function accessService({ dao, tree, log, now = Date.now }: AccessOptions): Promise<AccessService> {
  let byId = new Map<string, Token>();
  let byDigest = new Map<string, Token>();
  /** Of those used since it was last written. */
  const uses = new Map<string, number>();
  let writing: NodeJS.Timeout | undefined;

  async function reload(): Promise<void> {
    const tokens = await dao.list();
    byId = new Map(tokens.map((token) => [token.id, token]));
    byDigest = new Map(tokens.map((token) => [token.digest, token]));
  }

  function known(id: string): Token {
    const token = byId.get(id);
    if (!token) throw new ProvisioningError('token-unknown', `No token has the id ${id}`);
    return token;
  }

  function checkMaker({ tenant, permissions }: Pick<Token, 'tenant' | 'permissions'>, by: Caller): void {
    if (!by.sees(tenant)) throw new ProvisioningError('tenant-unknown', `No tenant has the id ${tenant}`);
    if (covers(by.permissions, permissions)) return;
    const message = 'must not permit more than the token that makes it';
    throw new ProvisioningError('token-refused', `The token is not made: permissions ${message}`, {
      complaints: [{ path: 'permissions', message }],
    });
  }

  async function writeUses(): Promise<void> {
    clearTimeout(writing);
    writing = undefined;
    if (uses.size === 0) return;
    const noted = new Map(uses);
    await dao.noteUse(noted);
    for (const [id, at] of noted) if (uses.get(id) === at) uses.delete(id);
  }

  /** It is for people who look which tokens are in use. */
  async function tryWriteUses(): Promise<void> {
    await writeUses().catch((cause) => {
      log.warn({ event: 'access.use-not-written', why: reason(cause) }, 'could not write when tokens were used');
    });
  }

  function writeUsesLater(): void {
    writing ??= setTimeout(() => void tryWriteUses(), minuteMs).unref();
  }

  function noteUse(token: Token): void {
    const minute = now() - (now() % minuteMs);
    if ((uses.get(token.id) ?? token.used ?? 0) >= minute) return;
    uses.set(token.id, minute);
    byId.set(token.id, { ...token, used: minute });
    writeUsesLater();
  }

  await reload();
  return {
    list: (caller) => [...byId.values()].filter(({ tenant }) => tree.get(tenant) && caller.sees(tenant)),
    get: (id) => byId.get(id),

    async create({ name, tenant, permissions, expires }, by) {
      checkToken({ name, permissions, ...(expires !== undefined && { expires }) }, now());
      if (!tree.get(tenant)) throw new ProvisioningError('tenant-unknown', `No tenant has the id ${tenant}`);
      checkMaker({ tenant, permissions }, by);
      const { secret, digest } = newTokenText();
      const token: Token = {
        id: randomUUID(),
        name,
        tenant,
        permissions,
        digest,
        maker: by.id,
        created: now(),
        ...(expires !== undefined && { expires }),
      };
      await dao.insert(token);
      await reload();
      return { token, secret };
    },

    async change(id, change, by) {
      checkToken(change, now());
      const { expires: before, ...token } = known(id);
      const { name = token.name, permissions = token.permissions, expires = before } = change;
      const changed: Token = { ...token, name, permissions, ...(typeof expires === 'number' && { expires }) };
      checkMaker(changed, by);
      if (!(await dao.update(changed))) throw new ProvisioningError('token-unknown', `No token has the id ${id}`);
      await reload();
      return known(id);
    },

    async remove(id) {
      known(id);
      await dao.delete(id);
      uses.delete(id);
      await reload();
    },

    byBearer(text) {
      const token = byDigest.get(digestOf(text));
      if (!token || !tree.get(token.tenant) || (token.expires !== undefined && token.expires <= now())) return undefined;
      noteUse(byId.get(token.id) ?? token);
      return bearer(token, tree);
    },

    close: tryWriteUses,
  };
}
