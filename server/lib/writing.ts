import { codeOf, ProvisioningError } from './errors.ts';

/**
 * Why the system lets nothing be written, in words, and what the administrator can do: two halves of a sentence. Undefined when it says
 * something else.
 *
 * @param folder that is to belong to this process's user
 */
export function whyUnwritable(
  thrown: unknown,
  folder: string,
): { readonly problem: string; readonly remedy: string } | undefined {
  const user = process.getuid?.() ?? 'of this process';
  const told: Readonly<Record<string, readonly [problem: string, remedy: string]>> = {
    EACCES: [`user ${user} may not write there`, `give it to that user (chown -R ${user} ${folder})`],
    EPERM: [
      `user ${user} is not allowed to write there`,
      `give it to that user (chown -R ${user} ${folder}), or take the attribute away that forbids it (lsattr -d shows which)`,
    ],
    EROFS: ['the file system is mounted read-only', 'mount it read-write'],
    ENOTDIR: ['a part of the path is a file, not a directory', 'move that away'],
    EEXIST: ['it is a file, not a directory', 'move it away'],
    EISDIR: ['it is a directory, not a file', 'move it away'],
    ENOSPC: ['the disk is full', 'make room'],
    EDQUOT: ["the user's disk quota is used up", 'make room'],
  };
  const [problem, remedy] = told[codeOf(thrown)] ?? [];
  return problem === undefined || remedy === undefined ? undefined : { problem, remedy };
}

/**
 * The error for what the system refuses to write: `disk-full` or `disk-not-writable`. Undefined when what was thrown is something else.
 *
 * @param folder in which it was to be written
 */
export function unwritable(thrown: unknown, folder: string): ProvisioningError | undefined {
  const why = whyUnwritable(thrown, folder);
  if (thrown instanceof ProvisioningError || !why) return undefined;
  const code = ['ENOSPC', 'EDQUOT'].includes(codeOf(thrown)) ? 'disk-full' : 'disk-not-writable';
  // Where a write fails that has begun, the system names no path.
  const place = typeof thrown === 'object' && thrown !== null && 'path' in thrown ? `${thrown.path}` : folder;
  return new ProvisioningError(code, `${place} cannot be written: ${why.problem}; ${why.remedy}, then try again`, {
    cause: thrown,
  });
}

/** Runs work that writes into a folder of the server. @throws ProvisioningError disk-full, disk-not-writable; what else the work throws */
export async function writing<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    throw unwritable(cause, folder) ?? cause;
  }
}
