import { type Complaint, firstOf, ProvisioningError, reason } from '../lib/errors.ts';
import type { Algorithm } from '../lib/sums.ts';
import { arrange } from './arrange.ts';
import { type FilterName, type Firmware, type FirmwarePackage, filters, type Install, type RemoteFile } from './model.ts';
import { planOf, withDependencies } from './plan.ts';
import { readSections, type Section } from './sections.ts';
import { readWords } from './words.ts';

/** A file of a package's `pkgs` folder. */
export interface Source {
  readonly name: string;
  readonly text: string;
}

type Complain = (message: string, key?: string) => void;

/**
 * Reads all files of a `pkgs` folder as one.
 *
 * @throws ProvisioningError firmware-invalid, with everything that is wrong, by file and line
 */
export function readFirmware(sources: readonly Source[]): Firmware {
  const complaints: Complaint[] = [];
  const packages = new Map<string, FirmwarePackage>();
  const files = new Map<string, RemoteFile>();
  const installs = new Map<string, Install>();
  const places = new Map<string, Complain>();

  for (const { name, text } of sources) {
    const sections = readSections(text, ({ path, message }) => complaints.push({ path: `${name}, ${path}`, message }));
    for (const section of sections) {
      const complain: Complain = (message, key) => {
        const line = (key === undefined ? undefined : section.keys.get(key)?.line) ?? section.line;
        complaints.push({ path: `${name}, line ${line}`, message: `[${section.name}] ${message}` });
      };
      const { kind, id } = /^(?<kind>pkg|file|install)_(?<id>.+)$/s.exec(section.name)?.groups ?? {};
      if (kind === undefined || id === undefined) {
        complain('is none of [pkg_…], [file_…], [install_…]');
      } else if (places.has(section.name)) {
        complain('stands in another file of the folder, too');
      } else {
        places.set(section.name, complain);
        if (kind === 'pkg') packages.set(id, packageOf(id, section, complain));
        else if (kind === 'file') files.set(id, fileOf(id, section, complain));
        else installs.set(id, { id, steps: stepsOf(section, complain) });
      }
    }
  }

  for (const { id, files: needed, install, depends } of packages.values()) {
    const complain = places.get(`pkg_${id}`);
    for (const file of needed) if (!files.has(file)) complain?.(`names the file ${file}, which has no section`, 'files');
    if (install && !installs.has(install.id)) complain?.(`names the install ${install.id}, which has no section`, 'install');
    for (const other of depends) if (!packages.has(other)) complain?.(`depends on ${other}, which has no section`, 'depends');
    const names = needed.map((file) => files.get(file)?.name);
    const twice = names.find((name, index) => name !== undefined && names.indexOf(name) < index);
    if (twice !== undefined) complain?.(`has two files of the name ${twice}; the key filename gives one another`, 'files');
  }
  const firmware = { packages, files, installs };
  if (complaints.length === 0) {
    for (const { id } of packages.values()) {
      try {
        planOf(firmware, id);
        withDependencies(firmware, id);
      } catch (cause) {
        if (!(cause instanceof ProvisioningError)) throw cause;
        places.get(`pkg_${id}`)?.(cause.message, cause.code === 'firmware-circle' ? 'depends' : 'install');
      }
    }
  }
  if (complaints.length === 0) return firmware;
  throw new ProvisioningError('firmware-invalid', `The firmware packages cannot be read: ${firstOf(complaints)}`, { complaints });
}

const own = ['version', 'files', 'install', 'depends', 'plugin'];

function packageOf(id: string, section: Section, complain: Complain): FirmwarePackage {
  const { keys } = section;
  const list = (key: string) =>
    keys
      .get(key)
      ?.value.split(/\s+/)
      .filter((word) => word !== '') ?? [];
  if (keys.has('id')) complain('may not have the key id: its id stands in brackets', 'id');
  const version = keys.get('version')?.value;
  if (version === undefined) complain('has no version');
  const [install, ...given] = list('install');
  if (install === undefined && list('depends').length === 0) complain('has neither an install nor packages that it depends on');
  if (install !== undefined && list('files').length === 0) complain('has no files to install', 'files');
  const descriptions = new Map<string, string>();
  const extra = new Map<string, string>();
  for (const [key, { value }] of keys) {
    const locale = localeOf(key);
    if (locale !== undefined) descriptions.set(locale, value);
    else if (!own.includes(key)) extra.set(key, value);
  }
  return {
    id,
    version: version ?? '',
    descriptions,
    files: list('files'),
    ...(install !== undefined && { install: { id: install, arguments: given } }),
    depends: list('depends'),
    plugins: list('plugin'),
    extra,
  };
}

/** `description` is for everybody, `description_fr` for some. */
function localeOf(key: string): string | undefined {
  if (key === 'description') return '';
  return key.startsWith('description_') ? key.slice('description_'.length) : undefined;
}

/** Which sum it is by its digits. One of provd's files has an MD5 where a SHA-1 should be. */
const sumKeys: Readonly<Record<string, Readonly<Record<number, Algorithm>>>> = {
  sha1sum: { 32: 'md5', 40: 'sha1' },
  sha256sum: { 64: 'sha256' },
};

function fileOf(id: string, { keys }: Section, complain: Complain): RemoteFile {
  const read = (key: string) => keys.get(key)?.value ?? '';
  const url = read('url');
  if (!keys.has('url')) complain('has no url; where there is none, the key stays empty');
  else if (url !== '' && !/^(?:https?|ftp):$/.test(protocolOf(url)))
    complain(`has the url ${url}, which is not http, https or ftp`, 'url');
  const name = read('filename') || decoded(url.split(/[?#]/)[0]?.split('/').at(-1) ?? '');
  if (name === '') complain('has a url that ends in no name: the key filename gives one');
  else if (/[/\\\0]|^\.{1,2}$/.test(name)) complain(`has the name ${name}, which is no name of a file`, 'filename');
  const size = Number(/^\d+$/.exec(read('size'))?.[0] ?? Number.NaN);
  if (!Number.isSafeInteger(size)) complain('has no size in bytes', 'size');
  const sums = new Map<Algorithm, string>();
  for (const [key, lengths] of Object.entries(sumKeys)) {
    const sum = read(key).toLowerCase();
    const algorithm = /^[\da-f]+$/.test(sum) ? lengths[sum.length] : undefined;
    if (algorithm) sums.set(algorithm, sum);
    else if (sum !== '') complain(`has a ${key} that is not ${Object.keys(lengths).at(-1)} hexadecimal digits`, key);
  }
  if (read('sha1sum') === '' && read('sha256sum') === '') complain('has neither sha1sum nor sha256sum');
  const downloader = read('downloader') || 'default';
  if (!['default', 'auth'].includes(downloader))
    complain(`has the downloader ${downloader}; there are default and auth`, 'downloader');
  return {
    id,
    ...(url !== '' && { url }),
    name,
    size,
    sums,
    authenticated: downloader === 'auth',
  };
}

function protocolOf(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : '';
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    // A percent sign that escapes nothing is one.
    return name;
  }
}

function stepsOf({ keys }: Section, complain: Complain): Install['steps'] {
  const steps = [...keys].flatMap(([edge, { value }]) => {
    const { from, to } = /^(?<from>\w+)-(?<to>\w+)$/.exec(edge)?.groups ?? {};
    if (from === undefined || to === undefined) {
      complain(`has the step ${edge}; a step goes from one node to another: a-b`, edge);
      return [];
    }
    try {
      const [name, ...words] = readWords(value);
      const filter = name?.length === 1 && typeof name[0] === 'string' ? name[0] : '';
      if (!isFilter(filter)) throw new Error(`${filter || 'this'} is no filter; there are ${Object.keys(filters).join(', ')}`);
      const [least, most] = filters[filter];
      if (words.length < least || words.length > most) throw new Error(`${filter} takes ${amount(least, most)}`);
      return [{ from, to, filter, words }];
    } catch (cause) {
      complain(`${edge}: ${reason(cause)}`, edge);
      return [];
    }
  });
  return arrange(steps, (message) => complain(message));
}

function amount(least: number, most: number): string {
  const words = (count: number) => `${count} ${count === 1 ? 'word' : 'words'}`;
  return least === most ? words(least) : `${words(least)} or more`;
}

function isFilter(name: string): name is FilterName {
  return Object.hasOwn(filters, name);
}
