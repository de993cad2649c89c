import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { ProvisioningError } from './errors.ts';

/** The programs that unpack what Node cannot, by the Debian package that has them. */
const packages = { bzip2: 'bzip2', xz: 'xz-utils', bsdtar: 'libarchive-tools' } as const;

export type ToolName = keyof typeof packages;

/** Those that are there, and where. */
export type Tools = ReadonlyMap<ToolName, string>;

/** Looks for the programs in the folders of a search path. What is not there is missed when it is needed. */
export async function findTools(path = process.env.PATH ?? ''): Promise<Tools> {
  const folders = path.split(delimiter).filter((folder) => folder.startsWith('/'));
  const found = new Map<ToolName, string>();
  for (const name of ['bzip2', 'xz', 'bsdtar'] as const) {
    for (const folder of folders) {
      const program = join(folder, name);
      if (!found.has(name) && (await isExecutable(program))) found.set(name, program);
    }
  }
  return found;
}

/** Where a program is. @throws ProvisioningError tool-missing */
export function toolIn(tools: Tools, name: ToolName): string {
  const path = tools.get(name);
  if (path !== undefined) return path;
  throw new ProvisioningError('tool-missing', `${name} is not installed; Debian has it in the package ${packages[name]}`);
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
