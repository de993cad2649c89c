import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Writes a file so that it is, whenever the machine stops, the old or the new one, whole. Rejects with the system's error. */
export async function writeDurably(file: string, bytes: string | Buffer, mode = 0o644): Promise<void> {
  const part = `${file}.part`;
  try {
    await writeSynced(part, bytes, mode);
    await rename(part, file);
  } catch (cause) {
    await rm(part, { force: true });
    throw cause;
  }
  await syncFolder(dirname(file));
}

/** Writes a file, and returns when the disk has it. */
export async function writeSynced(file: string, bytes: string | Buffer, mode = 0o644): Promise<void> {
  await during(await open(file, 'w', mode), async (handle) => {
    await handle.writeFile(bytes);
    await handle.sync();
  });
}

/** Returns when the disk has the names in a folder. */
export async function syncFolder(folder: string): Promise<void> {
  await during(await open(folder, 'r'), (handle) => handle.sync());
}

/** Returns when the disk has a folder with all that is below it. */
export async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else await during(await open(path, 'r'), (handle) => handle.sync());
  }
  await syncFolder(folder);
}

async function during(handle: FileHandle, work: (handle: FileHandle) => Promise<void>): Promise<void> {
  try {
    await work(handle);
  } finally {
    await handle.close();
  }
}
