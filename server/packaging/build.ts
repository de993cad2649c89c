import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readFirmware } from '../firmware/read.ts';
import { writeDurably } from '../lib/durable.ts';
import { codeOf, ProvisioningError, prefixed, reason } from '../lib/errors.ts';
import { writeTar } from '../lib/tar.ts';
import { folderDao } from '../plugins/dao.ts';
import type { VendorPackage } from '../plugins/model.ts';
import { pluginNotifier } from '../plugins/notifier.ts';
import { pluginService } from '../plugins/service.ts';
import { readArchive, writeFiles } from '../repositories/archive.ts';
import { writeInfo } from '../repositories/document.ts';
import { archiveName, type PackageInfo } from '../repositories/model.ts';
import { releaseOf } from './changelog.ts';
import { describe } from './describe.ts';
import { selfContained } from './self-contained.ts';

export interface BuiltArchive {
  readonly info: PackageInfo;
  /** `digium-1.0.0.tar.gz` */
  readonly file: string;
  readonly bytes: Buffer;
}

/**
 * Makes the archive of a vendor package from its folder: the same bytes for the same files. It is loaded and checked as a server does.
 *
 * @param folder named as the package, with plugin.ts or plugin.js, templates/, pkgs/, README.md and CHANGELOG.md
 * @throws ProvisioningError plugin-invalid, firmware-invalid, plugin-info-invalid, archive-invalid, with the package's name before it
 */
export async function buildArchive(folder: string): Promise<BuiltArchive> {
  const id = basename(resolve(folder));
  try {
    return await archiveOf(id, folder);
  } catch (cause) {
    throw prefixed(`The package ${id} cannot be built`, cause);
  }
}

/** Writes the archive into a folder. @returns the file */
export async function keepArchive({ file, bytes }: BuiltArchive, folder: string): Promise<string> {
  const to = join(folder, file);
  await mkdir(folder, { recursive: true });
  await writeDurably(to, bytes);
  return to;
}

async function archiveOf(id: string, folder: string): Promise<BuiltArchive> {
  const files = await filesOf(folder);
  readFirmware(
    [...files].filter(([path]) => path.startsWith('pkgs/')).map(([path, bytes]) => ({ name: path, text: bytes.toString() })),
  );
  const loaded = await load(id, files);
  const info = describe(loaded, releaseOf(loaded.definition.version, files.get('CHANGELOG.md')?.toString() ?? ''));
  const tree = [...files, ['plugin-info', Buffer.from(writeInfo(info))] as const];
  const tar = writeTar(new Map(tree.map(([path, bytes]) => [`${id}/${path}`, bytes])), new Date(info.released));
  const bytes = gzipped(tar);
  // Whatever the server refuses is found now.
  await readArchive(bytes);
  return { info, file: archiveName(info), bytes };
}

async function filesOf(folder: string): Promise<Map<string, Buffer>> {
  const names = await list(folder, '.', () => true);
  const entry = ['plugin.ts', 'plugin.js'].find((name) => names.includes(name));
  if (entry === undefined) throw invalid('it has neither plugin.ts nor plugin.js');
  const files = new Map([
    ['plugin.js', Buffer.from(await selfContained(folder, entry))],
    // Node takes plugin.js for an ES module wherever it lies.
    ['package.json', Buffer.from('{ "type": "module" }\n')],
  ]);
  const texts = ['README.md', 'CHANGELOG.md'].filter((name) => names.includes(name));
  const templates = await list(folder, 'templates', (name) => name.endsWith('.tpl'));
  const firmware = await list(folder, 'pkgs', () => true);
  for (const path of [...texts, ...templates, ...firmware]) files.set(path, await readFile(join(folder, path)));
  return files;
}

/** Files of a folder that are not hidden; in `.` other folders may stand beside them. @throws ProvisioningError plugin-invalid */
async function list(folder: string, below: string, fits: (name: string) => boolean): Promise<string[]> {
  const entries = await readdir(join(folder, below), { withFileTypes: true }).catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT' && below !== '.') return [];
    throw invalid(reason(cause), cause);
  });
  const visible = entries.filter(({ name }) => !name.startsWith('.'));
  if (below === '.') return visible.map(({ name }) => name);
  for (const entry of visible) {
    if (!entry.isFile()) throw invalid(`${below}/${entry.name} is no file; links and folders are not taken`);
    if (!fits(entry.name)) throw invalid(`${below}/${entry.name} is no template: their names end in .tpl`);
  }
  return visible.map(({ name }) => `${below}/${name}`);
}

/** Loads the package from a folder of its own, as the server does from the one where it is installed. */
async function load(id: string, files: ReadonlyMap<string, Buffer>): Promise<VendorPackage> {
  const stage = await mkdtemp(join(tmpdir(), 'offhook-build-'));
  try {
    await writeFiles(files, join(stage, id));
    const { packages, broken } = await pluginService(folderDao([stage]), pluginNotifier()).load();
    const [loaded] = packages;
    if (!loaded) throw invalid(broken[0]?.problem ?? 'it was not found');
    return loaded;
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

/** The header of gzip (RFC 1952, 2.3) tells time and system: no time, and no system known. */
function gzipped(bytes: Buffer): Buffer {
  const zipped = gzipSync(bytes, { level: 9 });
  zipped.writeUInt32LE(0, 4);
  zipped[9] = 255;
  return zipped;
}

function invalid(problem: string, cause?: unknown): ProvisioningError {
  return new ProvisioningError('plugin-invalid', problem, { cause });
}
