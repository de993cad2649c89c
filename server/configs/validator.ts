import type { Complaint } from '../lib/errors.ts';
import type { OrderedJson } from '../lib/ordered-json.ts';
import type { Config, RawConfig } from './model.ts';
import { checkDocument, readSettings, shown } from './raw-config.ts';
import { BASE, flatten, visibleTo } from './resolve.ts';

/** What a config is judged by besides itself. */
export interface Surroundings {
  readonly base: RawConfig;
  /** Its tenant and those above it. */
  readonly line: readonly string[];
  /** Its parents and theirs, by id. */
  readonly ancestors: ReadonlyMap<string, Config>;
  /** Another config of its tenant with its role. */
  readonly rival: Config | undefined;
}

/** All that is wrong with a config that is about to be stored, but for its id. */
export function validate(config: Config, surroundings: Surroundings): Complaint[] {
  const document = checkDocument(config.raw);
  return [
    ...checkParents(config, surroundings),
    ...checkRole(config, surroundings.rival),
    ...checkCode(config),
    ...checkExtra(config),
    ...(document.length > 0 ? document : checkWhole(config, surroundings)),
  ];
}

/** A config id is part of URLs, and the answer to "where does this value come from". */
export function checkId(id: string): Complaint[] {
  if (!/^[A-Za-z0-9_.-]{1,128}$/.test(id) || id === '.' || id === '..') {
    return [{ path: 'id', message: 'must be 1 to 128 letters, digits, dots, dashes and underscores, and not . or ..' }];
  }
  return id === BASE ? [{ path: 'id', message: `must not be ${BASE}: values of the server's own settings are marked so` }] : [];
}

function checkParents({ id, parents }: Config, { ancestors, line }: Surroundings): Complaint[] {
  return parents.flatMap((parent, index) => {
    const found = parent === id ? undefined : ancestors.get(parent);
    const path = `parent_ids.${index}`;
    // A parent that does not exist may come later.
    if (!found) return [];
    if (!line.includes(found.tenant)) return [{ path, message: 'belongs to another tenant' }];
    return found.transient ? [{ path, message: 'is made for one device and goes with it' }] : [];
  });
}

function checkRole({ role, tenant }: Config, rival: Config | undefined): Complaint[] {
  return rival ? [{ path: 'role', message: `the config ${rival.id} of the tenant ${tenant} is already its ${role}` }] : [];
}

/**
 * Digits only, for they are typed on a phone, whose `*` and `#` belong to the PBX; a text and no number, since 0042 is not 42. Four at least:
 * who tries is held up after some wrong ones (`access/claim-limiter.ts`), and would still come through all codes of three in a day or two. Sixteen at
 * most: nobody types more without a slip.
 */
export function isCode(text: string): boolean {
  return /^[0-9]{4,16}$/.test(text);
}

/** Digits are not repeated in what is told. Whose config is transient has none of his own, so that no code leads to one. */
function checkCode({ code, role, transient }: Config): Complaint[] {
  if (code === undefined) return [];
  if (!isCode(code.reveal())) return [{ path: 'code', message: 'must be 4 to 16 digits' }];
  if (role === undefined && !transient) return [];
  const kind = transient ? 'made for one device and goes with it' : `there for any device, as its tenant's ${role}`;
  return [{ path: 'code', message: `must not be there: the config is ${kind}` }];
}

function checkExtra({ extra }: Config): Complaint[] {
  const wrong = [...extra.keys()].filter((key) => !/^X_[A-Za-z0-9_]{1,64}$/.test(key));
  return wrong.map((key) => ({ path: shown(key), message: 'there is no such key; keys of your own must start with X_' }));
}

/**
 * What is missing, or does not fit together, in the config laid over its parents. What its parents alone already lack is not this
 * config's fault, so that one broken parent does not lock all below it: it shows on the devices that use them.
 */
function checkWhole(config: Config, { base, line, ancestors }: Surroundings): Complaint[] {
  const visible = visibleTo(line, ancestors);
  const whole = (raw: RawConfig) => flatten(base, { ...config, raw }, visible).raw;
  const inherited = new Set(complaintsOf(withoutFragments(whole(new Map()))).map(keyOf));
  const own = whole(config.raw);
  return complaintsOf(forDevices(config) ? own : withoutFragments(own)).filter((complaint) => !inherited.has(keyOf(complaint)));
}

function complaintsOf(raw: RawConfig): readonly Complaint[] {
  const reading = readSettings(raw);
  return 'complaints' in reading ? reading.complaints : [];
}

function keyOf({ path, message }: Complaint): string {
  return `${path}: ${message}`;
}

/** Whether devices use it as it is; others are there to be inherited from. */
function forDevices({ role, transient, extra }: Config): boolean {
  return role !== undefined || transient || extra.get('X_type') === 'device';
}

/** A line without any account is what lines of the same number share (XiVO puts a voicemail number there), and no line yet. */
function withoutFragments(raw: RawConfig): RawConfig {
  const lines = raw.get('sip_lines');
  if (!(lines instanceof Map)) return raw;
  const isFragment = (line: OrderedJson) =>
    line instanceof Map && ['username', 'password', 'display_name'].every((key) => (line.get(key) ?? null) === null);
  return new Map([...raw, ['sip_lines', new Map([...lines].filter(([, line]) => !isFragment(line)))]]);
}
