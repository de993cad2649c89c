import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasIpv6 } from '../lib/addresses.ts';
import type { Complaint } from '../lib/errors.ts';
import type { OrderedJson } from '../lib/ordered-json.ts';
import { type Settings, schema } from '../settings.ts';
import { settingsInvalid } from './invalid.ts';
import { type Group, isGroup, type Key, lastName, settingsGroups, settingsKeys, settingsTree } from './keys.ts';
import { nearestKey } from './nearest.ts';
import { readPbxs, readTenantWays } from './pbxs.ts';
import { brokenRules } from './rules.ts';
import { environmentLayers, fileLayers, flagLayers, type NamedFlag } from './sources.ts';
import { readSubnets } from './subnets.ts';
import { type Entry, formatOrigin, isEmpty, type Node, plainValue, show } from './yaml.ts';

const DEFAULT_FILE = '/etc/offhook/offhook.yml';

export interface Sources {
  /** The file of `--config`; the default one is read if it is there. */
  readonly config?: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Values of `--set`. */
  readonly set?: readonly string[];
  readonly flags?: readonly NamedFlag[];
  /** Where relative paths start; the working directory. */
  readonly directory?: string;
  /** What is wrong with a raw config, by paths that begin with `raw_config`: `base_config` is one. */
  readonly checkRawConfig?: (raw: ReadonlyMap<string, OrderedJson>) => readonly Complaint[];
}

export interface Loaded {
  readonly settings: Settings;
  /** The files that were read, in order. */
  readonly files: readonly string[];
  /** What was given for a key, and where; keys that are not in here have their default. */
  readonly given: ReadonlyMap<string, Node>;
}

/**
 * Reads the settings, from weak to strong: defaults, the YAML file, `conf.d/*.yml` beside it in the order of their names, the
 * environment, flags. Maps merge, lists and everything else replace, an empty value is the default again.
 *
 * @throws ProvisioningError settings-invalid with a complaint for every problem of every source
 */
export function loadSettings(sources: Sources): Loaded {
  const { files, layers: fromFiles } = fileLayers(sources.config ?? DEFAULT_FILE, sources.config !== undefined);
  const layers = [...fromFiles, ...environmentLayers(sources.environment), ...flagLayers(sources.set ?? [], sources.flags ?? [])];
  const complaints = layers.flatMap((layer) => layer.complaints);
  const given = new Map<string, Node>();
  for (const { node } of layers) if (node) collect(node, settingsTree, given, complaints);

  const settings = assemble(given, sources);
  const base = given.get('base_config');
  if (base && sources.checkRawConfig) {
    for (const { path, message } of sources.checkRawConfig(settings.base_config)) {
      const [, ...steps] = path.split('.');
      complaints.push(inside('base_config', steps, message, base));
    }
  }
  const subnets = given.get('dhcp.subnets');
  if (subnets) {
    const { problems } = readSubnets(settings.dhcp.subnets, settings.dhcp.lease_seconds);
    complaints.push(...problems.map(({ steps, message }) => inside('dhcp.subnets', steps, message, subnets)));
  }
  for (const [setting, read] of [
    ['sync.pbxs', readPbxs],
    ['sync.tenant_ways', readTenantWays],
  ] as const) {
    const whole = given.get(setting);
    const value = setting === 'sync.pbxs' ? settings.sync.pbxs : settings.sync.tenant_ways;
    if (whole) complaints.push(...read(value).problems.map(({ steps, message }) => inside(setting, steps, message, whole)));
  }
  const wrong = new Set(complaints.map(({ path }) => path));
  const contradictions = brokenRules(settings, given).filter(({ keys }) => !keys.some((key) => wrong.has(key)));
  complaints.push(...contradictions.map(({ complaint }) => complaint));
  if (complaints.length > 0) throw settingsInvalid(complaints);
  return { settings, files, given };
}

/** Defaults that depend on where the server runs. */
function systemDefaults({ NODE_ENV }: NodeJS.ProcessEnv): ReadonlyMap<string, unknown> {
  const defaults = new Map<string, unknown>();
  if (NODE_ENV === 'production') defaults.set('data', '/var/lib/offhook');
  // Listening on :: is an error on a host without IPv6, as containers often are.
  if (!hasIpv6()) {
    for (const listener of ['http', 'http.tls', 'tftp']) defaults.set(`${listener}.listen`, ['0.0.0.0']);
    defaults.set('admin.listen', ['127.0.0.1']);
  }
  return defaults;
}

/** Checks what a source gives for the keys of a group, and lays it over what weaker sources gave. */
function collect(node: Node, group: Group, given: Map<string, Node>, complaints: Complaint[]): void {
  if (isEmpty(node)) return;
  const names = group.members.map(({ path }) => lastName(path)).join(', ');
  if (node.kind !== 'map') {
    const what = group.path === '' ? 'the document' : group.path;
    complaints.push({
      path: group.path,
      message: `${formatOrigin(node.origin)}: ${what} must be a map with keys of its own: ${names}`,
    });
    return;
  }
  for (const [name, entry] of node.entries) {
    const path = group.path === '' ? name : `${group.path}.${name}`;
    const member = group.members.find((each) => each.path === path);
    if (!member) complaints.push(unknownKey(path, entry, names));
    else if (isGroup(member)) collect(entry.node, member, given, complaints);
    else if (isEmpty(entry.node)) given.delete(path);
    else check(member, entry.node, given, complaints);
  }
}

/** Lays a value over the weaker one if it is one for this key. */
function check(key: Key, node: Node, given: Map<string, Node>, complaints: Complaint[]): void {
  const value = toValue(key, node);
  if (value !== undefined && key.type.safeParse(value).success) {
    const weaker = given.get(key.path);
    given.set(key.path, weaker ? merge(weaker, node) : node);
    return;
  }
  const what = key.secret ? key.path : `${key.path} is ${describe(node)}; it`;
  complaints.push({ path: key.path, message: `${formatOrigin(node.origin)}: ${what} must be ${key.allowed}` });
}

/** A complaint of what is inside a setting, with the place of what it is about, or of the nearest that stands around it. */
function inside(setting: string, steps: readonly string[], message: string, whole: Node): Complaint {
  const node = steps.reduce((found, step) => below(found, step) ?? found, whole);
  const path = [setting, ...steps].join('.');
  return { path, message: `${formatOrigin(node.origin)}: ${show(path)}: ${message}` };
}

function below(node: Node, step: string): Node | undefined {
  if (node.kind === 'map') return node.entries.get(step)?.node;
  return node.kind === 'list' ? node.items[Number(step)] : undefined;
}

function unknownKey(path: string, { origin }: Entry, names: string): Complaint {
  if (settingsKeys.has(path)) {
    return { path, message: `${formatOrigin(origin)}: ${path} must be nested: every part before a dot on a line of its own` };
  }
  const meant = nearestKey(
    path,
    [...settingsKeys.keys(), ...settingsGroups.keys()].filter((known) => known !== ''),
  );
  const remedy = meant ? `did you mean ${meant}?` : `known here: ${names}`;
  return { path, message: `${formatOrigin(origin)}: there is no setting ${show(path)}; ${remedy}` };
}

function describe(node: Node): string {
  if (node.kind === 'scalar') return JSON.stringify(show(withoutPassword(node.text)));
  return node.kind === 'map' ? 'a map' : `the list ${show(withoutPassword(JSON.stringify(node.items.map(plainText))))}`;
}

/** A URL without what stands before the last `@`: it may be a password, however wrong the rest is. */
const withoutPassword = (text: string): string => text.replace(/:\/\/.*@/s, '://[secret]@');

const plainText = (node: Node): string => (node.kind === 'scalar' ? node.text : `a ${node.kind}`);

/** Reads a value by the type of its key, the same from every source. @returns undefined when it cannot be one. */
function toValue(key: Key, node: Node): unknown {
  if (key.kind === 'map') return node.kind === 'map' ? plainValue(node) : undefined;
  if (key.kind === 'list') return listItems(node);
  if (node.kind !== 'scalar') return undefined;
  switch (key.kind) {
    case 'integer':
      return /^-?(?:0|[1-9]\d*)$/.test(node.text) ? Number(node.text) : undefined;
    case 'boolean':
      return BOOLEANS.get(node.text.toLowerCase());
    default:
      return node.text;
  }
}

const BOOLEANS = new Map([
  ...['true', 'yes', 'on', '1'].map((word) => [word, true] as const),
  ...['false', 'no', 'off', '0'].map((word) => [word, false] as const),
]);

/** A list, or its items in one text with commas; `[]` is the empty list there too. */
function listItems(node: Node): string[] | undefined {
  if (node.kind === 'scalar') return node.text === '[]' ? [] : node.text.split(',').map((item) => item.trim());
  if (node.kind === 'map' || !node.items.every((item) => item.kind === 'scalar')) return undefined;
  return node.items.map(plainText);
}

function merge(weaker: Node, stronger: Node): Node {
  if (weaker.kind !== 'map' || stronger.kind !== 'map') return stronger;
  const entries = new Map(weaker.entries);
  for (const [name, entry] of stronger.entries) {
    const below = entries.get(name);
    entries.set(name, below ? { origin: entry.origin, node: merge(below.node, entry.node) } : entry);
  }
  return { ...stronger, entries };
}

/** The nested settings: what was given, else the defaults; paths completed; frozen. */
function assemble(given: ReadonlyMap<string, Node>, { environment, directory = process.cwd() }: Sources): Settings {
  const parsed = schema.parse(nested(settingsTree, given, systemDefaults(environment)));
  const data = resolve(directory, parsed.data);
  const bundled = fileURLToPath(new URL('../../plugins', import.meta.url));
  const expand = (path: string) =>
    resolve(
      directory,
      path.replace(/^<(data|bundled)>/, (_, name) => (name === 'data' ? data : bundled)),
    );
  // The schema and its tree of keys are one: what the walk makes of a parsed value has the type of the value.
  return complete(settingsTree, parsed, expand) as Settings;
}

function nested(member: Group | Key, given: ReadonlyMap<string, Node>, system: ReadonlyMap<string, unknown>): unknown {
  if (isGroup(member))
    return Object.fromEntries(member.members.map((each) => [lastName(each.path), nested(each, given, system)]));
  const node = given.get(member.path);
  return node ? toValue(member, node) : system.get(member.path);
}

function complete(member: Group | Key, value: unknown, expand: (path: string) => string): unknown {
  if (isGroup(member)) {
    const parts = new Map(Object.entries(value as object));
    const names = member.members.map((each) => [lastName(each.path), each] as const);
    return Object.freeze(Object.fromEntries(names.map(([name, each]) => [name, complete(each, parts.get(name), expand)])));
  }
  const expanded = (text: unknown) => (member.filePath && typeof text === 'string' ? expand(text) : text);
  return deepFreeze(Array.isArray(value) ? value.map(expanded) : expanded(value));
}

/** Object.freeze does not reach what a Map holds: a copy, whose methods that change it throw. */
function deepFreeze(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(deepFreeze));
  if (!(value instanceof Map)) return value !== null && typeof value === 'object' ? Object.freeze(value) : value;
  const refuse = () => {
    throw new TypeError('Settings do not change while the server runs');
  };
  const copy = new Map(Array.from(value, ([key, item]) => [key, deepFreeze(item)]));
  return Object.freeze(Object.assign(copy, { set: refuse, delete: refuse, clear: refuse }));
}
