import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Complaint, codeOf, reason } from '../lib/errors.ts';
import { nearest } from '../lib/nearest.ts';
import { settingsKeys } from './keys.ts';
import { type Node, type Origin, readYaml, show } from './yaml.ts';

/** What one source says: a tree of settings, with the problems of reading it. */
export interface Layer {
  readonly node: Node | undefined;
  readonly complaints: readonly Complaint[];
}

/** A flag of its own for one setting: `--data DIR`. */
export interface NamedFlag {
  readonly flag: string;
  readonly key: string;
  readonly value: string;
}

/** The settings file if it is there (it must be when `named`), then `conf.d/*.yml` beside it in the order of their names. */
export function fileLayers(file: string, named: boolean): { files: string[]; layers: Layer[] } {
  const folder = join(dirname(file), 'conf.d');
  const { names, complaints } = listFolder(folder);
  const read = [{ path: file, layer: readFile(file, named) }];
  for (const name of names) read.push({ path: join(folder, name), layer: readFile(join(folder, name), true) });
  const found = read.flatMap(({ path, layer }) => (layer ? [{ path, layer }] : []));
  return { files: found.map(({ path }) => path), layers: [{ node: undefined, complaints }, ...found.map(({ layer }) => layer)] };
}

/**
 * Every `OFFHOOK_…` variable. One that is set but empty says nothing: that is how container tools pass on what nobody set.
 */
export function environmentLayers(environment: NodeJS.ProcessEnv): Layer[] {
  const byVariable = new Map(Array.from(settingsKeys.values(), (key) => [key.variable, key]));
  return Object.entries(environment).flatMap(([name, text = '']): Layer[] => {
    if (!name.startsWith('OFFHOOK_') || isServiceLink(name, text)) return [];
    const key = byVariable.get(name);
    if (!key) return [{ node: undefined, complaints: [unknownVariable(name, [...byVariable.keys()])] }];
    if (text === '') return [];
    return [key.kind === 'map' ? yamlLayer(key.path, text, name) : textLayer(key.path, text, name)];
  });
}

/** `--set key=value`, in the order given, then the flags that have a name of their own. */
export function flagLayers(set: readonly string[], named: readonly NamedFlag[]): Layer[] {
  const pairs = set.map((pair): Layer => {
    const at = pair.indexOf('=');
    const path = pair.slice(0, at).trim();
    if (at < 1) return complaint(`--set ${show(pair)}: write --set key=value, such as --set http.port=8667`);
    // A path of many thousand parts would make a tree deeper than the stack.
    if (path.split('.').length > 100) return complaint(`--set ${show(path)}: no setting has so many parts`);
    const text = pair.slice(at + 1);
    return settingsKeys.get(path)?.kind === 'map'
      ? yamlLayer(path, text, `--set ${path}`)
      : textLayer(path, text, `--set ${show(path)}`);
  });
  return [...pairs, ...named.map(({ flag, key, value }) => textLayer(key, value, flag))];
}

function textLayer(path: string, text: string, source: string): Layer {
  const origin = { source };
  return { node: nest(path, { kind: 'scalar', origin, text, quoted: false }, origin), complaints: [] };
}

/** A whole map in one text, as `{locale: fr_FR, timezone: Europe/Paris}`. */
function yamlLayer(path: string, text: string, source: string): Layer {
  const { node, complaints } = readYaml(text, source);
  return { node: node && nest(path, node, { source }), complaints };
}

function nest(path: string, leaf: Node, origin: Origin): Node {
  return path
    .split('.')
    .reduceRight<Node>((node, name) => ({ kind: 'map', origin, entries: new Map([[name, { origin, node }]]) }), leaf);
}

/**
 * Kubernetes tells every container about every service by variables that begin with the service's name: a service called
 * offhook brings OFFHOOK_SERVICE_HOST, OFFHOOK_PORT=tcp://… and OFFHOOK_PORT_8667_TCP_ADDR. They are not meant for us.
 */
function isServiceLink(name: string, text: string): boolean {
  return /_SERVICE_(?:HOST|PORT)(?:_|$)|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_|$)/.test(name) || /^(?:tcp|udp|sctp):\/\//.test(text);
}

function unknownVariable(name: string, known: readonly string[]): Complaint {
  const meant = nearest(name, known);
  return { path: '', message: `${show(name)}: there is no such setting${meant ? `; did you mean ${meant}?` : ''}` };
}

const complaint = (message: string): Layer => ({ node: undefined, complaints: [{ path: '', message }] });

/** A settings file has some hundred lines. What is a hundred times larger is something else (a log, /dev/zero). */
const MAX_BYTES = 1_048_576;

/** @returns undefined when there is no such file and it need not be there. */
function readFile(path: string, required: boolean): Layer | undefined {
  try {
    const bytes = readBytes(path);
    if (bytes.length > MAX_BYTES) return complaint(`${path}: this is no settings file: it has more than a megabyte`);
    return readYaml(new TextDecoder('utf-8', { fatal: true }).decode(bytes), path);
  } catch (cause) {
    const code = codeOf(cause);
    if (code === 'ENOENT' && !required) return undefined;
    if (code === 'ENOENT') return complaint(`${path}: there is no such file; give the right one with --config`);
    if (code === 'EACCES')
      return complaint(`${path}: it cannot be read by user ${process.getuid?.()}; allow that user to read it`);
    if (code === 'EISDIR') return complaint(`${path}: this is a directory; give a file with --config`);
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return complaint(`${path}: it is not in UTF-8; convert it`);
    return complaint(`${path}: it cannot be read: ${reason(cause)}`);
  }
}

/** The whole file; of one that is larger than the limit or has no end, a little more than the limit. */
function readBytes(path: string): Buffer {
  const descriptor = openSync(path, 'r');
  try {
    const parts: Buffer[] = [];
    for (let total = 0; total <= MAX_BYTES; ) {
      const part = Buffer.alloc(65_536);
      const count = readSync(descriptor, part, 0, part.length, null);
      if (count === 0) break;
      parts.push(part.subarray(0, count));
      total += count;
    }
    return Buffer.concat(parts);
  } finally {
    closeSync(descriptor);
  }
}

/** The settings files of conf.d. What editors and packages leave beside them (a.yml~, a.yml.dpkg-old, .a.yml.swp) is no setting. */
function listFolder(folder: string): { names: string[]; complaints: Complaint[] } {
  try {
    const all = readdirSync(folder).filter((name) => !name.startsWith('.'));
    const complaints = all
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => ({ path: '', message: `${join(folder, name)}: only names that end in .yml are read; rename it` }));
    return { names: all.filter((name) => name.endsWith('.yml')).sort(), complaints };
  } catch (cause) {
    const code = codeOf(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR') return { names: [], complaints: [] };
    return { names: [], complaints: [{ path: '', message: `${folder}: it cannot be read: ${reason(cause)}` }] };
  }
}
