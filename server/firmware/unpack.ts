import { createReadStream } from 'node:fs';
import { link, lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, ifThere, ProvisioningError, prefixed } from '../lib/errors.ts';
import type { Tools } from '../lib/tools.ts';
import { unwritable } from '../lib/writing.ts';
import { SOURCE } from './model.ts';
import type { Plan } from './plan.ts';
import { filters } from './unpack/filters.ts';
import { Tree } from './unpack/tree.ts';
import { type Limits, Work } from './unpack/work.ts';

export interface UnpackOptions {
  /** Where the downloads lie, by the name of the remote file. They are read, and never written to. */
  readonly downloads: ReadonlyMap<string, string>;
  /** Exists, is empty, and ours to fill; the caller removes it, whatever becomes of the install. */
  readonly folder: string;
  readonly limits: Limits;
  readonly tools: Tools;
  readonly signal?: AbortSignal;
  /** Told how many steps are done, of how many. */
  progress?(current: number, end?: number): void;
}

/**
 * Runs the steps of an install. Nothing is written outside the folder.
 *
 * @returns a folder, within the given one, that holds what is installed: the files of all leaves. Files that no step changed are hard
 * links to the downloads where those are on the same disk, and one file can be there under several names: never write to one, put another
 * in its place.
 * @throws ProvisioningError that says which step failed, and why; the signal's reason
 */
export async function unpack(plan: Plan, options: UnpackOptions): Promise<string> {
  const { folder, progress } = options;
  const [contents, result] = [join(folder, 'contents'), join(folder, 'result')];
  const work = new Work(contents, options);
  await during('preparing', options, () => Promise.all([mkdir(contents), mkdir(result)]));
  const nodes = new Map([[SOURCE, await during('preparing', options, () => downloaded(plan, options))]]);
  for (const [index, step] of plan.steps.entries()) {
    progress?.(index, plan.steps.length);
    const { from, to, filter, globs, target } = step;
    const name = `${from}-${to}: ${[filter, ...globs, ...(target === undefined ? [] : [target])].join(' ')}`;
    nodes.set(to, await during(name, options, () => filters[filter](nodes.get(from) ?? new Tree(), step, work)));
  }
  await during('putting together what is installed', options, async () => {
    const installed = new Tree();
    for (const leaf of plan.leaves) await installed.joinAll(nodes.get(leaf) ?? new Tree(), `node ${leaf}`);
    for (const path of installed.folders) await mkdir(join(result, path), 0o755);
    for (const [path, content] of installed.files) await place(content, join(result, path), work);
  });
  progress?.(plan.steps.length, plan.steps.length);
  return result;
}

/** The node that the steps begin with. */
async function downloaded({ files }: Plan, { downloads }: UnpackOptions): Promise<Tree> {
  const tree = new Tree();
  for (const { name } of files) {
    const path = downloads.get(name);
    if (path === undefined || !(await isFile(path))) {
      throw new ProvisioningError('firmware-file-missing', `there is no download ${name}`);
    }
    tree.add(name, path);
  }
  return tree;
}

/** What a link points at could become another file meanwhile: it is none. */
async function isFile(path: string): Promise<boolean> {
  return (await ifThere(lstat(path)))?.isFile() ?? false;
}

/** Other disks, file systems without links, files of others (fs.protected_hardlinks), too many links. */
const unlinkable = ['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP'];

async function place(content: string, path: string, work: Work): Promise<void> {
  work.signal?.throwIfAborted();
  try {
    await link(content, path);
  } catch (cause) {
    if (!unlinkable.includes(codeOf(cause))) throw cause;
    await link(await work.write(createReadStream(content)), path);
  }
}

/** Says of whatever goes wrong in which step it does. What is a fault of ours goes on as it is. */
async function during<T>(step: string, { signal, folder }: UnpackOptions, run: () => Promise<T>): Promise<T> {
  try {
    signal?.throwIfAborted();
    return await run();
  } catch (cause) {
    signal?.throwIfAborted();
    // What is in the way in a folder that was new is the archive's own.
    const refused = ['EEXIST', 'ENOTDIR', 'EISDIR'].includes(codeOf(cause)) ? undefined : unwritable(cause, folder);
    if (refused) throw prefixed(step, refused);
    const { syscall } = cause as NodeJS.ErrnoException;
    if (syscall === undefined) throw prefixed(step, cause);
    throw new ProvisioningError('firmware-step-failed', `${step}: the system refuses: ${syscall} ${codeOf(cause)}`, { cause });
  }
}
