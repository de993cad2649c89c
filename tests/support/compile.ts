import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

export interface Compiled {
  /** The JavaScript of the file, for `node`. */
  readonly program: string;
  remove(): void;
}

/** Node runs no TypeScript: a file of ours and what it imports become JavaScript. @param file - `tests/support/child.ts` */
export function compile(file: string): Compiled {
  const directory = mkdtempSync(join(tmpdir(), 'offhook-compiled-'));
  const modules = join(root, 'node_modules');
  const settings = {
    extends: join(root, 'tsconfig.build.json'),
    // Types are checked elsewhere.
    compilerOptions: { noCheck: true, rootDir: root, outDir: directory, types: ['node'], typeRoots: [join(modules, '@types')] },
    include: [],
    files: [join(root, file)],
  };
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(settings));
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
  symlinkSync(modules, join(directory, 'node_modules'));
  execFileSync(process.execPath, [join(modules, 'typescript/bin/tsc'), '-p', directory]);
  return {
    program: join(directory, file.replace(/\.ts$/, '.js')),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
