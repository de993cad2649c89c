import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { ProvisioningError } from '../lib/errors.ts';
import type { Ip } from '../lib/ip.ts';
import type { Secret } from '../lib/secret.ts';
import { Turns } from '../lib/turns.ts';
import { person } from './caller.ts';
import type { UserDao } from './dao.ts';
import { LOGIN_LIMITS, LoginLimited, LoginLimiter, type LoginLimits, networkOf } from './login-limiter.ts';
import type { Caller, Session, TenantTree, User } from './model.ts';
import { COST, type Cost, fits, hashPassword, isOutdated, unfitting } from './password.ts';
import { covers } from './permissions.ts';
import { digestOf, newTokenText } from './token-text.ts';
import { checkUser, isUserName, type UserChange } from './validator.ts';

export interface UserOrder {
  readonly name: string;
  readonly tenant: string;
  readonly permissions: readonly string[];
  /** As it is typed. */
  readonly password: string;
}

export interface Login {
  readonly user: User;
  readonly session: Session;
  /** To be shown as a bearer token; it is never told again. */
  readonly secret: Secret;
}

export interface UserService {
  /** Those of tenants that somebody sees, in order of creation. */
  list(caller: Caller): readonly User[];
  get(id: string): User | undefined;
  /**
   * @param by whoever makes it: nobody makes a user that may more than himself
   * @throws ProvisioningError user-invalid, user-name-taken, tenant-unknown, user-refused (it would permit more than the maker may)
   */
  create(order: UserOrder, by: Caller): Promise<User>;
  /**
   * Another password, and being disabled, end the user's sessions.
   * @param by may all that the user may, before and after: who sets a password can log in with it
   * @throws ProvisioningError user-unknown, user-changed, and as create
   */
  change(id: string, change: UserChange, by: Caller): Promise<User>;
  /** With its sessions. @throws ProvisioningError user-unknown */
  remove(id: string): Promise<void>;
  /**
   * Takes as long for a name that nobody has.
   * @param from the address of whoever asks
   * @throws ProvisioningError access-login-refused: the name, the password or both are wrong, or the user is disabled
   * @throws LoginLimited access-login-limited
   */
  login(name: string, password: string, from: Ip): Promise<Login>;
  /**
   * Ends all sessions of the user, and begins one.
   * @throws ProvisioningError user-unknown, user-invalid, user-changed, and as login when the password that was is wrong
   */
  changeOwnPassword(id: string, was: string, password: string, from: Ip): Promise<Login>;
  /** Those of a user that go on, in order of creation. */
  sessions(user: string): readonly Session[];
  /** @throws ProvisioningError session-unknown */
  endSession(id: string): Promise<void>;
  /** Whose session has this secret; it takes as long for any other text. undefined: nobody's, or it has ended, or the tenant has gone. */
  byBearer(text: string): Caller | undefined;
}

export interface UserOptions {
  readonly dao: UserDao;
  readonly tree: TenantTree;
  /** How long a session lasts; default: 12 hours. */
  readonly sessionMs?: number;
  /** The shortest password, in characters; default: 12. */
  readonly shortest?: number;
  readonly cost?: Cost;
  readonly limits?: LoginLimits;
  readonly now?: () => number;
}

/** One at a time: each takes memory, and one of the four threads that read files for phones. */
const AT_ONCE = 1;

/** Who comes then would wait for many seconds. */
const MOST_WAITING = 50;
const BUSY_MS = 5_000;

/** Users are few and every request asks for one: they are kept in memory, and their sessions too. */
export async function userService(options: UserOptions): Promise<UserService> {
  const { dao, tree, sessionMs = 12 * 3_600_000, shortest = 12, cost = COST, limits = LOGIN_LIMITS, now = Date.now } = options;
  const limiter = new LoginLimiter(limits, now);
  const turns = new Turns(AT_ONCE);
  let waiting = 0;
  let users: readonly User[] = [];
  let byId = new Map<string, User>();
  let byName = new Map<string, User>();
  let byDigest = new Map<string, Session>();
  const nobodys = unfitting(cost);
  const pepper = randomBytes(32);

  async function reload(): Promise<void> {
    const [stored, sessions] = await Promise.all([dao.list(), dao.sessions()]);
    users = stored;
    byId = new Map(users.map((user) => [user.id, user]));
    byName = new Map(users.map((user) => [user.name, user]));
    byDigest = new Map(sessions.map((session) => [session.digest, session]));
  }

  function known(id: string): User {
    const user = byId.get(id);
    if (!user) throw new ProvisioningError('user-unknown', `No user has the id ${id}`);
    return user;
  }

  function checkMaker({ tenant, permissions }: Pick<User, 'tenant' | 'permissions'>, by: Caller): void {
    if (!by.sees(tenant)) throw new ProvisioningError('tenant-unknown', `No tenant has the id ${tenant}`);
    if (covers(by.permissions, permissions)) return;
    const message = 'must not permit more than those of whoever makes or changes the user';
    throw new ProvisioningError('user-refused', `The user is not stored: permissions ${message}`, {
      complaints: [{ path: 'permissions', message }],
    });
  }

  const isLetIn = (user: User) => !user.disabled && tree.get(user.tenant) !== undefined;

  /** Whose session it is, while it goes on. */
  function ownerOf(session: Session | undefined): User | undefined {
    const user = session && session.expires > now() ? byId.get(session.user) : undefined;
    return user && user.generation === session?.generation && isLetIn(user) ? user : undefined;
  }

  function sessions(user: string): Session[] {
    return [...byDigest.values()].filter((session) => session.user === user && ownerOf(session));
  }

  /** What a name that nobody has is tried with: the same of a user each time, since passwords of one store may cost this or that. */
  function standIn(name: string): Secret {
    const number = createHmac('sha256', pepper).update(name).digest().readUInt32BE();
    return users[number % users.length]?.password ?? nobodys;
  }

  /** @returns whose name and password these are @throws as login */
  async function proven(typed: string, password: string, from: Ip): Promise<User> {
    const name = typed.toLowerCase();
    const user = byName.get(name);
    const isFamiliar = user !== undefined && sessions(user.id).some(({ source }) => networkOf(source) === networkOf(from));
    if (waiting >= MOST_WAITING) throw new LoginLimited(BUSY_MS, 'Too many log in at once');
    const attempt = limiter.begin(isUserName(name) ? name : undefined, from, isFamiliar);
    waiting += 1;
    try {
      const kept = user?.password ?? standIn(name);
      const isRight = await turns.run(() => fits(password, kept));
      // Somebody may have changed the user meanwhile, or the password itself.
      const found = user && byId.get(user.id);
      if (!found || !isRight || found.generation !== user.generation || !isLetIn(found)) throw refused();
      attempt.succeeded();
      return found;
    } finally {
      waiting -= 1;
    }
  }

  async function store(user: User): Promise<User> {
    const isStored = await dao.update({ ...user, updated: now() });
    await reload();
    if (isStored) return known(user.id);
    known(user.id);
    throw new ProvisioningError('user-changed', `The user ${user.id} was changed by somebody else; look at it and try again`);
  }

  const keep = (password: string) => turns.run(() => hashPassword(password, cost));

  async function begin(user: User, source: Ip): Promise<Login> {
    const { secret, digest } = newTokenText();
    const { id, generation } = user;
    const at = now();
    const session: Session = {
      id: randomUUID(),
      user: id,
      generation,
      digest,
      source,
      created: at,
      expires: at + sessionMs,
    };
    await dao.insertSession(session);
    await reload();
    // A change that was being written then came first.
    const owner = ownerOf(session);
    if (!owner) throw refused();
    return { user: owner, session, secret };
  }

  await reload();
  return {
    list: (caller) => users.filter(({ tenant }) => tree.get(tenant) && caller.sees(tenant)),
    get: (id) => byId.get(id),
    sessions,

    async create({ name, tenant, permissions, password }, by) {
      checkUser({ name, permissions, password }, shortest);
      if (!tree.get(tenant)) throw new ProvisioningError('tenant-unknown', `No tenant has the id ${tenant}`);
      checkMaker({ tenant, permissions }, by);
      const at = now();
      const user: User = {
        id: randomUUID(),
        name,
        tenant,
        permissions,
        password: await keep(password),
        disabled: false,
        generation: 1,
        maker: by.id,
        created: at,
        updated: at,
        revision: 1,
      };
      await dao.insert(user);
      await reload();
      return user;
    },

    async change(id, change, by) {
      checkUser(change, shortest);
      const user = known(id);
      const { name = user.name, permissions = user.permissions, disabled = user.disabled } = change;
      checkMaker(user, by);
      checkMaker({ ...user, permissions }, by);
      const password = change.password === undefined ? user.password : await keep(change.password);
      const hasEnded = change.password !== undefined || disabled;
      const generation = user.generation + Number(hasEnded);
      return store({ ...user, name, permissions, disabled, password, generation });
    },

    async remove(id) {
      known(id);
      await dao.delete(id);
      await reload();
    },

    async login(name, password, from) {
      const user = await proven(name, password, from);
      if (isOutdated(user.password, cost)) {
        // Somebody may have changed the user meanwhile: then the next login does it.
        await dao.update({ ...user, password: await keep(password) });
      }
      return begin(user, from);
    },

    async changeOwnPassword(id, was, password, from) {
      const { name } = known(id);
      checkUser({ password }, shortest);
      const user = await proven(name, was, from);
      const generation = user.generation + 1;
      return begin(await store({ ...user, password: await keep(password), generation }), from);
    },

    async endSession(id) {
      if (!(await dao.deleteSession(id))) throw new ProvisioningError('session-unknown', `No session has the id ${id}`);
      await reload();
    },

    byBearer(text) {
      const session = byDigest.get(digestOf(text));
      const user = ownerOf(session);
      return user && session && person(user, session, tree);
    },
  };
}

function refused(): ProvisioningError {
  return new ProvisioningError('access-login-refused', 'The name or the password is wrong, or the user is disabled');
}
