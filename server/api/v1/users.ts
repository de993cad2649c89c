import * as z from 'zod';
import type { Caller, Session, User } from '../../access/model.ts';
import type { Login } from '../../access/users.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import { count, text, time } from '../fields.ts';
import { bodyInvalid, flag } from '../input.ts';
import { listingOf } from '../listing.ts';
import type { ApiParts } from '../parts.ts';
import { checkPermissions, permissions } from '../permitted.ts';
import { HttpProblem } from '../problem.ts';
import { checkRevision, tagOf, timeOf } from '../revision.ts';
import { type Answer, type Call, endpoint, param, type Route } from '../route.ts';
import { isOfTenants, ofTenants, tenantOf } from '../tenancy.ts';

const name = z.string({ error: 'must be a text' });
const password = z.string({ error: 'must be a text' }).meta({ format: 'password' });
const addition = z.strictObject({
  name,
  permissions,
  password,
  tenant: z.string({ error: 'must be the id of a tenant' }).optional().meta({ description: 'The caller’s, if it is left out.' }),
});
const change = z.strictObject({ name, permissions, password, disabled: z.boolean({ error: 'must be true or false' }) }).partial();
const credentials = z.strictObject({ name, password });
const ownPassword = z.strictObject({ current: password, password });

const document = z
  .strictObject({
    id: text,
    name: text,
    tenant: text,
    permissions: z.array(text),
    disabled: z.boolean(),
    maker: text.meta({ description: 'The id of the user or the token that made it, administrator, or set-up.' }),
    created: time,
    updated: time,
    revision: count,
  })
  .meta({ id: 'User' });
const sessionDocument = z
  .strictObject({ id: text, from: text.meta({ description: 'An address.' }), created: time, expires: time, current: z.boolean() })
  .meta({ id: 'Session' });
const opened = z
  .strictObject({
    token: text.meta({ description: 'Opens what the user may, until it expires; it is not shown again.' }),
    expires: time,
    user: document,
  })
  .meta({ id: 'Login' });

/** People, who log in with a name and a password. */
export function userRoutes({ users, tenants, security }: ApiParts, permitted: () => ReadonlySet<string>): Route[] {
  function known(call: Pick<Call, 'params' | 'caller'>): User {
    const id = param(call, 'id');
    const user = users.get(id);
    if (!user || !call.caller.sees(user.tenant)) throw new ProvisioningError('user-unknown', `No user has the id ${id}`);
    return user;
  }

  /** A wrong password is told to the security log: not whose, for people type it in the place of their name. */
  async function guarded(from: Call['from'], work: () => Promise<Login>): Promise<Login> {
    try {
      return await work();
    } catch (cause) {
      const code = cause instanceof ProvisioningError ? cause.code : '';
      if (code === 'access-login-refused') security.loginRefused(from);
      if (code === 'access-login-limited') security.loginLimited(from);
      throw cause;
    }
  }

  const list = listingOf({
    summary: 'List users',
    permission: 'users.read',
    name: 'users',
    item: document,
    filters: z.strictObject({ ...ofTenants, name: z.string(), disabled: flag }).partial(),
    sorts: {
      created: ({ created }: User) => created,
      updated: ({ updated }) => updated,
      name: ({ name }) => name,
    },
    usual: 'created',
    key: ({ id }) => id,
    find({ caller, query: { name, disabled, ...asked } }) {
      const isOf = isOfTenants(asked, caller, tenants);
      return users
        .list(caller)
        .filter(
          (each) => isOf(each.tenant) && (name ?? each.name) === each.name && (disabled ?? each.disabled) === each.disabled,
        );
    },
    document: documentOf,
  });

  const create = endpoint({
    summary: 'Create a user',
    about: 'He may no more than whoever makes him. The password is written and never read.',
    permission: 'users.create',
    body: addition,
    revised: true,
    answers: { 201: document },
    async handle({ caller, body: { tenant, ...order } }) {
      checkPermissions(order.permissions, permitted());
      const user = await users.create({ ...order, tenant: tenantOf(tenant, tenants, caller).id }, caller);
      const { headers, json } = answer(user);
      return { status: 201, headers: { ...headers, location: `/api/v1/users/${user.id}` }, json };
    },
  });

  const show = endpoint({
    summary: 'Show a user',
    permission: 'users.read',
    revised: true,
    answers: { 200: document },
    handle: (call) => answer(known(call)),
  });

  const patch = endpoint({
    summary: 'Change a user',
    about: 'Another password, and `disabled`, end his sessions.',
    permission: 'users.update',
    body: change,
    revised: true,
    answers: { 200: document },
    async handle(call) {
      const stored = known(call);
      checkRevision(call.ifMatch, stored);
      const { name, permissions, password, disabled } = call.body;
      checkPermissions(permissions ?? [], permitted());
      const changes = {
        ...(name !== undefined && { name }),
        ...(permissions && { permissions }),
        ...(password !== undefined && { password }),
        ...(disabled !== undefined && { disabled }),
      };
      return answer(await users.change(stored.id, changes, call.caller));
    },
  });

  const remove = endpoint({
    summary: 'Remove a user',
    about: 'His sessions end.',
    permission: 'users.delete',
    revised: true,
    answers: { 204: 'nothing' },
    async handle(call) {
      const stored = known(call);
      checkRevision(call.ifMatch, stored);
      await users.remove(stored.id);
      return {};
    },
  });

  const sessions = listingOf({
    summary: 'List sessions of a user',
    permission: 'users.read',
    name: 'sessions',
    item: sessionDocument,
    sorts: { created: ({ created }: Session) => created, expires: ({ expires }) => expires },
    usual: 'created',
    key: ({ id }) => id,
    find: (call) => users.sessions(known(call).id),
    document: (session, { caller }) => sessionOf(session, caller),
  });

  const endSession = endpoint({
    summary: 'End a session of a user',
    permission: 'users.update',
    answers: { 204: 'nothing' },
    async handle(call) {
      const id = param(call, 'session');
      const owner = known(call);
      if (!users.sessions(owner.id).some((session) => session.id === id))
        throw new ProvisioningError('session-unknown', `No session of ${owner.name} has the id ${id}`);
      await users.endSession(id);
      return {};
    },
  });

  const login = endpoint({
    summary: 'Log in',
    about: 'What it answers with is shown as a bearer token. Whoever tries too often is told to wait (429, `Retry-After`).',
    open: true,
    body: credentials,
    answers: { 200: opened },
    async handle({ body: { name, password }, from }) {
      return openedBy(await guarded(from, () => users.login(name, password, from)));
    },
  });

  const logout = endpoint({
    summary: 'Log out',
    about: 'The session of whoever asks ends.',
    answers: { 204: 'nothing' },
    async handle({ caller: { session } }) {
      if (session === undefined) throw notLoggedIn();
      await users.endSession(session);
      return {};
    },
  });

  const setPassword = endpoint({
    summary: 'Change one’s own password',
    tellsSecret: true,
    about: 'It ends all sessions of whoever asks, and begins one.',
    body: ownPassword,
    answers: { 200: opened },
    async handle({ caller, body: { current, password }, from }) {
      if (caller.kind !== 'user') throw notLoggedIn();
      const changing = () => users.changeOwnPassword(caller.id, current, password, from);
      const login = await guarded(from, changing).catch((cause) => {
        // It is not that whoever asks would have to log in.
        const isRefused = cause instanceof ProvisioningError && cause.code === 'access-login-refused';
        throw isRefused ? bodyInvalid('The body is not valid', [{ path: 'current', message: 'is not the password' }]) : cause;
      });
      return openedBy(login);
    },
  });

  return [
    { path: '/api/v1/users', methods: { GET: list, POST: create } },
    { path: '/api/v1/users/:id', methods: { GET: show, PATCH: patch, DELETE: remove } },
    { path: '/api/v1/users/:id/sessions', methods: { GET: sessions } },
    { path: '/api/v1/users/:id/sessions/:session', methods: { DELETE: endSession } },
    { path: '/api/v1/login', methods: { POST: login } },
    { path: '/api/v1/logout', methods: { POST: logout } },
    { path: '/api/v1/self/password', methods: { PUT: setPassword } },
  ];
}

function notLoggedIn(): HttpProblem {
  return new HttpProblem(
    409,
    'access-not-a-user',
    'This is for users who have logged in; a token has neither session nor password',
  );
}

function openedBy({ user, session, secret }: Login): Answer {
  return { json: { token: secret.reveal(), expires: timeOf(session.expires), user: documentOf(user) } };
}

function answer(user: User): Answer {
  return { headers: { etag: tagOf(user) }, json: documentOf(user) };
}

function documentOf({ id, name, tenant, permissions, disabled, maker, created, updated, revision }: User) {
  return { id, name, tenant, permissions, disabled, maker, created: timeOf(created), updated: timeOf(updated), revision };
}

function sessionOf({ id, source, created, expires }: Session, caller: Caller) {
  return { id, from: source, created: timeOf(created), expires: timeOf(expires), current: id === caller.session };
}
