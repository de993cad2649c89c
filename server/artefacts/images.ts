import { readdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { type Content, fileContent } from '../lib/content.ts';
import type { Plugin } from '../plugins/model.ts';

export type Image = Content & { readonly modified: Date };

/**
 * Opens a firmware image by the path a phone asks for: in the folder of its plugin, else of another line of its package (a phone
 * on its way to another line asks for that one's image). The path was cleaned by the listener: it has no `..` and no empty part.
 * @param path as in `PhoneRequest`
 */
export async function openImage(folder: string, path: string, plugin: Plugin): Promise<Image | undefined> {
  // Bytes beyond ASCII came as Latin-1 signs; in the file system they are the bytes again.
  const name = Buffer.from(path, 'latin1').toString('utf8');
  if (name.endsWith('/')) return undefined;
  // Phones ask for much that is nowhere, and most packages have no images: one look into the folder says so.
  const filled = await entriesOf(folder);
  for (const { id } of [plugin, ...plugin.package.plugins.filter((other) => other !== plugin)]) {
    if (!filled.includes(id)) continue;
    const image = await openInside(join(folder, id), name);
    if (image) return image;
  }
  return undefined;
}

/** A link that leads out of the folder leads to nothing. */
async function openInside(folder: string, name: string): Promise<Image | undefined> {
  const file = await real(join(folder, name));
  if (file === undefined) return undefined;
  const root = await real(folder);
  return root !== undefined && file.startsWith(root + sep) ? fileContent(file) : undefined;
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return [];
    throw cause;
  });
}

async function real(path: string): Promise<string | undefined> {
  return realpath(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR' || cause.code === 'ENAMETOOLONG') return undefined;
    throw cause;
  });
}
