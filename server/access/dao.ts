import type { KeptAnswer, Session, Token, User } from './model.ts';

/** Where tokens are kept. Every promise that resolves is on disk. */
export interface TokenDao {
  /** All, in order of creation. */
  list(): Promise<Token[]>;
  /** @throws ProvisioningError tenant-unknown */
  insert(token: Token): Promise<void>;
  /** @returns false when there is none of this id */
  update(token: Token): Promise<boolean>;
  /** @returns false when there is none of this id */
  delete(id: string): Promise<boolean>;
  /** When tokens were used, by their ids. */
  noteUse(uses: ReadonlyMap<string, number>): Promise<void>;
}

/** Where users and their sessions are kept. Every promise that resolves is on disk. */
export interface UserDao {
  /** All, in order of creation. */
  list(): Promise<User[]>;
  /** @throws ProvisioningError user-name-taken, tenant-unknown */
  insert(user: User): Promise<void>;
  /** Stores `user` over the one of `user.revision`, as revision + 1. @returns false when that revision is no longer the stored one. @throws user-name-taken */
  update(user: User): Promise<boolean>;
  /** With its sessions. @returns false when there is none of this id */
  delete(id: string): Promise<boolean>;
  /** All, in order of creation. */
  sessions(): Promise<Session[]>;
  /** Those that have ended when this one begins go. @throws ProvisioningError user-unknown */
  insertSession(session: Session): Promise<void>;
  /** @returns false when there is none of this id */
  deleteSession(id: string): Promise<boolean>;
}

/** A request that is to be done once: of one caller, by its own name. */
export interface Repeatable {
  readonly caller: string;
  readonly key: string;
  /** Tells it from any other. */
  readonly fingerprint: string;
}

/** Where it is kept what was asked that is to be done once. Every promise that resolves is on disk. */
export interface RepeatDao {
  /**
   * Notes that a request begins, unless one of this caller and key has.
   * @param at now, and `forgetBefore` when others begun that are forgotten; milliseconds since 1970
   * @returns the one that has begun, with its answer when it has ended
   */
  begin(
    request: Repeatable,
    at: number,
    forgetBefore: number,
  ): Promise<{ readonly fingerprint: string; readonly answer?: KeptAnswer } | undefined>;
  keep(request: Pick<Repeatable, 'caller' | 'key'>, answer: KeptAnswer): Promise<void>;
  forget(request: Pick<Repeatable, 'caller' | 'key'>): Promise<void>;
}
