import { realpath } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { BuildFailure, Message, Plugin } from 'esbuild';
import { ProvisioningError } from '../lib/errors.ts';

const allowed = 'a package may import files of its own folder, and of server/sdk.ts types alone (import type)';

/**
 * A package's definition as one JavaScript module that imports nothing: TypeScript becomes JavaScript, and what lies beside the entry
 * becomes part of it. The same text for the same files, wherever they lie.
 *
 * @param entry name of the file that exports the definition: plugin.ts or plugin.js
 * @throws ProvisioningError plugin-invalid, with everything that is wrong, by file and line
 */
export async function selfContained(folder: string, entry: string): Promise<string> {
  // Only here: whoever builds nothing does not load it.
  const { build } = await import('esbuild');
  const home = await realpath(folder);
  try {
    const { outputFiles } = await build({
      absWorkingDir: home,
      entryPoints: [join(home, entry)],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'neutral',
      target: 'node20',
      charset: 'utf8',
      supported: { 'dynamic-import': false },
      // A settings file above the folder would make another module of the same sources.
      tsconfigRaw: {},
      logLevel: 'silent',
      plugins: [onlyFrom(home)],
    });
    const [module] = outputFiles;
    if (!module) throw new Error('esbuild made nothing');
    // What is imported by a name that is only known as it runs becomes a call of this helper.
    if (/^var __require = /m.test(module.text)) {
      throw new ProvisioningError('plugin-invalid', `${entry} imports what is only known as it runs; ${allowed}`);
    }
    return module.text;
  } catch (cause) {
    if (!isBuildFailure(cause)) throw cause;
    const complaints = cause.errors.map((each) => ({ path: placeOf(each), message: each.text }));
    const told = complaints.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
    throw new ProvisioningError('plugin-invalid', told, { cause, complaints });
  }
}

/** Types of the SDK leave no trace, and are not asked for here. */
function onlyFrom(home: string): Plugin {
  const inside = (path: string) => !relative(home, path).startsWith(`..${sep}`);
  return {
    name: 'only from the package',
    setup(build) {
      build.onResolve({ filter: /.*/ }, async ({ path, importer, kind, pluginData }) => {
        if (kind === 'entry-point' || pluginData === home) return undefined;
        const refusal = { text: `imports ${path}; ${allowed}` };
        if (!path.startsWith('./') && !path.startsWith('../')) return { errors: [refusal] };
        // Resolved once more, by esbuild: links are followed.
        const resolveDir = dirname(importer);
        const resolved = await build.resolve(path, { kind, resolveDir, importer, pluginData: home });
        if (resolved.errors.length > 0) return { errors: resolved.errors };
        return inside(resolved.path) ? { path: resolved.path } : { errors: [refusal] };
      });
    },
  };
}

function isBuildFailure(thrown: unknown): thrown is BuildFailure {
  return typeof thrown === 'object' && thrown !== null && 'errors' in thrown && Array.isArray(thrown.errors);
}

function placeOf({ location }: Message): string {
  return location ? `${location.file}, line ${location.line}` : '';
}
