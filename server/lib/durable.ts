import { open, readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/*
 * Files that are whole after a crash or a power cut, and there: what is written is on the disk before it gets its name, and the name is on
 * the disk before anybody is told (fsync(2) on the file, then on its folder).
 */

/** Gives a file another content, for its owner only. Whoever reads it meanwhile finds the old content or the new one, never half. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const fresh = `${path}.new`;
  const handle = await open(fresh, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(fresh, path);
  await sync(dirname(path));
}

/** Puts a file onto the disk, or the names in a folder. */
export async function sync(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Puts a folder onto the disk with all that is below it. */
export async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else await sync(path);
  }
  await sync(folder);
}
