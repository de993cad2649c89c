import type { Secret } from '../lib/secret.ts';
import { administrator } from './caller.ts';
import type { TenantTree, Token } from './model.ts';
import type { AccessService } from './service.ts';
import type { UserService } from './users.ts';

const DAY_MS = 24 * 3_600_000;

export interface SetUpParts {
  readonly access: Pick<AccessService, 'list' | 'create'>;
  readonly users: Pick<UserService, 'list'>;
  readonly tree: TenantTree;
  readonly now?: () => number;
}

/**
 * A token that permits everything for a day, to make the first users and tokens with; whoever calls shows it to who set the server up, once.
 * To be called at the first start.
 * @returns undefined when there is a user or a token
 */
export async function setUp(parts: SetUpParts): Promise<{ readonly token: Token; readonly secret: Secret } | undefined> {
  const { access, users, tree, now = Date.now } = parts;
  const maker = { ...administrator(tree), id: 'set-up' };
  if (users.list(maker).length + access.list(maker).length > 0) return undefined;
  return access.create({ name: 'set-up', tenant: tree.main.id, permissions: ['#'], expires: now() + DAY_MS }, maker);
}
