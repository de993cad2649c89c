import { codeOf, ProvisioningError, reason } from '../../lib/errors.ts';

/** What a refusing database or file system means, by the start of its code: our code, and what the administrator can do. */
const TROUBLES: readonly (readonly [pattern: RegExp, code: string, remedy: string])[] = [
  [
    /^SQLITE_NOTADB/,
    'store-foreign',
    'the file is no SQLite database. Move it away, or name another data directory; a store is made where there is none',
  ],
  [
    /^SQLITE_CORRUPT/,
    'store-corrupt',
    'the file is damaged. Stop the server, keep a copy of the file, and restore a backup or try `sqlite3 FILE .recover`',
  ],
  [
    /^(?:SQLITE_BUSY|SQLITE_LOCKED|SQLITE_PROTOCOL)/,
    'store-busy',
    'another process keeps it locked. End that process (`fuser -v FILE` names it), then try again',
  ],
  [/^(?:SQLITE_FULL|ENOSPC|EDQUOT)/, 'store-full', 'the disk is full, or a quota is reached. Make room, then try again'],
  [
    /^(?:SQLITE_READONLY|SQLITE_CANTOPEN|SQLITE_PERM|EACCES|EPERM|EROFS|ENOTDIR|EISDIR|EEXIST)/,
    'store-not-writable',
    'the file and its directory must exist and belong to the user that runs the server, on a file system that can be written',
  ],
];

/** The error that callers see for what SQLite or the file system threw. One that already has a name stays as it is. */
export function storeError(thrown: unknown, file: string): ProvisioningError {
  if (thrown instanceof ProvisioningError) return thrown;
  const [, code, remedy] = TROUBLES.find(([pattern]) => pattern.test(codeOf(thrown))) ?? [];
  const message = remedy ? `${remedy} (${reason(thrown)})` : reason(thrown);
  return new ProvisioningError(code ?? 'store-failed', `The store ${file}: ${message}`, { cause: thrown });
}

/** Errors for the constraints that a write may break, by the constraint as SQLite names it: `devices.id`, `FOREIGN KEY`. */
export type Refusals = Readonly<Record<string, readonly [code: string, message: string]>>;

/** The error for a broken constraint, if that is what was thrown and the writer has a name for it. */
export function refusal(thrown: unknown, refusals: Refusals): ProvisioningError | undefined {
  if (!codeOf(thrown).startsWith('SQLITE_CONSTRAINT')) return undefined;
  const { columns, foreign } =
    /(?:UNIQUE constraint failed: (?<columns>.+)|(?<foreign>FOREIGN KEY) constraint failed)$/.exec(reason(thrown))?.groups ?? {};
  const [code, message] = refusals[columns ?? foreign ?? ''] ?? [];
  return code === undefined || message === undefined ? undefined : new ProvisioningError(code, message, { cause: thrown });
}
