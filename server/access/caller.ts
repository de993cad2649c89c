import type { Caller, Session, TenantTree, Token, User } from './model.ts';
import { type Permissions, permits } from './permissions.ts';
import type { WazoToken } from './wazo-auth.ts';

/** Who may do everything: whoever may read the administrator's token in the data directory. */
export function administrator(tree: TenantTree): Caller {
  return callerOf(
    { kind: 'administrator', id: 'administrator', name: 'administrator', tenant: tree.main.id, permissions: ['#'] },
    tree,
  );
}

/** A DHCP server that tells of leases. */
export function dhcpServer(tree: TenantTree): Caller {
  const permissions = ['leases.create'];
  return callerOf({ kind: 'dhcp-server', id: 'dhcp-server', name: 'DHCP server', tenant: tree.main.id, permissions }, tree);
}

export function bearer({ id, name, tenant, permissions }: Token, tree: TenantTree): Caller {
  return callerOf({ kind: 'token', id, name, tenant, permissions }, tree);
}

/** Somebody who has logged in. */
export function person({ id, name, tenant, permissions }: User, session: Session, tree: TenantTree): Caller {
  return { ...callerOf({ kind: 'user', id, name, tenant, permissions }, tree), session: session.id };
}

/** Somebody whom a wazo-auth server knows: what an access list there permits of provd, it permits here. @param token with its tenant here */
export function wazoUser({ user, tenant, permissions }: WazoToken, tree: TenantTree): Caller {
  const caller = callerOf({ kind: 'wazo-user', id: user, name: user, tenant, permissions }, tree);
  return { ...caller, may: (permission) => caller.may(permission.startsWith('provd.') ? permission : `provd.${permission}`) };
}

interface Identity extends Pick<Caller, 'kind' | 'id' | 'name' | 'tenant'> {
  readonly permissions: Permissions;
}

function callerOf(identity: Identity, tree: TenantTree): Caller {
  const { tenant, permissions } = identity;
  const isMain = tenant === tree.main.id;
  const seen = isMain ? undefined : tree.below(tenant);
  return {
    ...identity,
    isMain,
    may: (permission) => permits(permissions, permission),
    sees: (each) => seen?.has(each) ?? true,
    tenants: seen && [...seen],
  };
}
