import { z } from 'zod';
import { type Complaint, complaintsOf, ProvisioningError, reason } from '../lib/errors.ts';
import { filesOf, readChecked, writeFiles } from './archive.ts';
import { bunzip2 } from './bunzip2.ts';
import { descriptionsOf } from './document.ts';
import { type Capabilities, most } from './model.ts';
import { invalid } from './tar.ts';

/** The index of a provd repository. */
export const PLUGINS_DB = 'plugins.db';

/** What provd's `plugin-info` says. */
export interface ProvdInfo {
  readonly version: string;
  /** By language; the one for everybody under the empty text. */
  readonly descriptions: ReadonlyMap<string, string>;
  readonly capabilities: Capabilities;
}

/** A plugin of a provd repository. Its code is Python, and is not run. */
export interface ProvdEntry extends ProvdInfo {
  /** `wazo-digium-2.8.1` */
  readonly id: string;
  /** Name of its archive beside plugins.db. */
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  /** Lower case hexadecimal. */
  readonly sha1: string;
}

/** A plugin of provd as data. */
export interface ProvdPackage {
  readonly info: ProvdInfo;
  /** The files of its `pkgs` folder, for `readFirmware`. */
  readonly firmware: readonly { readonly name: string; readonly text: string }[];
}

const text = z.string().min(1);
const info = z.looseObject({
  version: text,
  capabilities: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
});
const fileName = z.string().regex(/^[\w+-][\w.+-]{0,199}$/, 'must be letters, digits, dots and dashes');
const entry = info.safeExtend({
  filename: fileName,
  dsize: z.number().int().min(1).max(most.archive),
  sha1sum: z.string().regex(/^[\da-f]{40}$/i, 'must be 40 hexadecimal digits'),
});

/**
 * Reads plugins.db. What is wrong with one plugin is told, and the others are listed.
 *
 * @throws ProvisioningError index-too-large, index-invalid
 */
export function readPluginsDb(bytes: Buffer): {
  readonly entries: readonly ProvdEntry[];
  readonly complaints: readonly Complaint[];
} {
  if (bytes.length > most.index) {
    throw new ProvisioningError('index-too-large', `${PLUGINS_DB} has ${bytes.length} bytes; ${most.index} are allowed`);
  }
  const document = z.record(z.string(), z.unknown()).safeParse(readJson(bytes, PLUGINS_DB));
  if (!document.success) throw new ProvisioningError('index-invalid', `${PLUGINS_DB} is no object of plugins by their id`);
  const entries: ProvdEntry[] = [];
  const complaints: Complaint[] = [];
  for (const [id, given] of Object.entries(document.data)) {
    const parsed = z.object({ id: fileName, entry }).safeParse({ id, entry: given });
    if (!parsed.success) {
      complaints.push(...parsed.error.issues.map(({ path, message }) => ({ path: [id, ...path.slice(1)].join('.'), message })));
      continue;
    }
    const { filename, dsize, sha1sum } = parsed.data.entry;
    entries.push({ id, ...infoOf(parsed.data.entry), file: filename, size: dsize, sha1: sha1sum.toLowerCase() });
  }
  return { entries: entries.sort((a, b) => (a.id < b.id ? -1 : 1)), complaints };
}

// Its build copies links as links (`rsync -l`, `tar`): one template then serves several models.
const limits = { bytes: most.unpacked, entries: 8_192, depth: 16, links: true };

/**
 * Unpacks an archive of a provd repository as data, after its size and SHA-1 were checked. SHA-1 tells what was cut or damaged, not who
 * made it: provd signs nothing. A link becomes a copy of the file that it leads to.
 *
 * @param folder empty, or not there yet
 * @throws ProvisioningError archive-wrong, archive-invalid, plugin-info-invalid, folder-not-empty, tool-missing; what the system throws;
 *   the signal's reason
 */
export async function unpackProvd(file: string, entry: ProvdEntry, folder: string, signal?: AbortSignal): Promise<ProvdPackage> {
  const bytes = await readChecked(file, { ...entry, sums: { sha1: entry.sha1 } });
  const { top, files } = await filesOf(await bunzip2(bytes, most.unpacked, signal), limits);
  if (top !== entry.id) {
    throw invalid(`its folder is ${top} and should be ${entry.id}`);
  }
  const told = files.get('plugin-info');
  if (!told) throw invalid('it has no plugin-info');
  const parsed = info.safeParse(readJson(told, 'plugin-info'));
  if (!parsed.success) {
    const complaints = complaintsOf(parsed.error);
    throw new ProvisioningError('plugin-info-invalid', `The plugin-info of ${entry.id} cannot be used`, { complaints });
  }
  await writeFiles(files, folder, signal);
  const firmware = [...files]
    .filter(([path]) => /^pkgs\/[^./][^/]*$/.test(path))
    .map(([path, content]) => ({ name: path.slice('pkgs/'.length), text: content.toString() }));
  return { info: infoOf(parsed.data), firmware };
}

function infoOf(document: z.infer<typeof info>): ProvdInfo {
  return { version: document.version, descriptions: descriptionsOf(document), capabilities: document.capabilities };
}

/** As Python reads it: of a key that comes twice, the last counts. */
function readJson(bytes: Buffer, name: string): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch (cause) {
    const code = name === PLUGINS_DB ? 'index-invalid' : 'plugin-info-invalid';
    throw new ProvisioningError(code, `${name} is no JSON: ${reason(cause)}`, { cause });
  }
}
