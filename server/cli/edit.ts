import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure, type Io } from './io.ts';

/**
 * Lets the person at the terminal edit a text, in the editor of their environment.
 * @param use does something with the edited text; when it fails the file is kept, and its name is told
 * @returns what `use` did, or undefined when the text is left as it was
 */
export async function edit<Result>(
  text: string,
  fileName: string,
  io: Io,
  use: (edited: string) => Promise<Result>,
): Promise<Result | undefined> {
  const { VISUAL, EDITOR } = io.environment;
  const editor = VISUAL || EDITOR || 'vi';
  const folder = mkdtempSync(join(tmpdir(), 'offhook-edit-'));
  const file = join(folder, fileName);
  writeFileSync(file, text, { mode: 0o600 });
  // The variables hold a command line, such as `code --wait`.
  const { status, error } = spawnSync('sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit', env: io.environment });
  if (error || status !== 0) {
    rmSync(folder, { recursive: true });
    throw new Failure(`The editor ${editor} failed; nothing was changed. VISUAL or EDITOR names another`);
  }
  const edited = readFileSync(file, 'utf8');
  try {
    const result = edited === text ? undefined : await use(edited);
    rmSync(folder, { recursive: true });
    return result;
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    throw new Failure(`${cause.message}\nYour text is kept in ${file}`, cause.exitCode, cause);
  }
}
