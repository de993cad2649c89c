import { z } from 'zod';
import { type Complaint, complaintsOf, firstOf, ProvisioningError, reason } from '../lib/errors.ts';
import { parseOrdered, toPlain } from '../lib/ordered-json.ts';
import { archiveName, channels, FORMAT, type Index, type IndexEntry, most, type PackageInfo } from './model.ts';

const text = z.string().min(1);
const id = z.string().regex(/^[a-z][a-z\d-]{0,63}$/, 'must be lower case letters, digits and dashes, 64 at most');
const version = z
  .string()
  .max(64)
  .regex(/^\d+(?:[.-][a-z\d]+)*$/i, 'must be digits and letters with single dots or dashes between them, as 1.0.2 or 1.1.0-rc1');
const interfaceVersion = z.number().int().min(1);
const time = z.iso.datetime().transform((given) => new Date(given));

// What is not known here was added by a newer Offhook, in a way that may be passed over: otherwise the format had another number.
const packageInfo = z.looseObject({
  id,
  version,
  vendor: text,
  description: text,
  released: z.iso.date(),
  notes: z.string(),
  interface: z
    .object({ min: interfaceVersion, max: interfaceVersion })
    .refine(({ min, max }) => min <= max, 'must not end before it begins'),
  plugins: z.record(text, z.object({ version: text, models: z.array(text) })),
  capabilities: z.record(text, z.record(z.string(), z.unknown())),
});

const indexEntry = packageInfo.safeExtend({
  file: text,
  size: z.number().int().min(1).max(most.archive),
  sha256: z.string().regex(/^[\da-f]{64}$/, 'must be 64 hexadecimal digits in lower case'),
});

const index = z.looseObject({
  format: z.literal(FORMAT),
  channel: z.enum(channels),
  serial: z.number().int().min(1),
  created: time,
  expires: time.optional(),
  packages: z.array(indexEntry),
});

/** @throws ProvisioningError plugin-info-invalid, with everything that is wrong */
export function parseInfo(bytes: Buffer): PackageInfo {
  return infoOf(parse(packageInfo, readJson(bytes, 'plugin-info'), 'plugin-info'));
}

/** @throws ProvisioningError index-invalid, with everything that is wrong; index-newer */
export function parseIndex(bytes: Buffer): Index {
  const document = readJson(bytes, 'index');
  const { data: format } = z.looseObject({ format: z.number() }).safeParse(document);
  if (format && format.format > FORMAT) {
    throw new ProvisioningError(
      'index-newer',
      `The index has format ${format.format}, and this Offhook reads ${FORMAT}: upgrade Offhook`,
    );
  }
  const { channel, serial, created, expires, packages } = parse(index, document, 'index');
  const entries = packages.map(({ file, size, sha256, ...info }): IndexEntry => ({ ...infoOf(info), file, size, sha256 }));
  refuse(checkFiles(entries), 'index');
  return { channel, serial, created, ...(expires && { expires }), packages: entries };
}

/** The text of plugin-info: provd's keys, and ours. */
export function writeInfo(info: PackageInfo): string {
  return `${JSON.stringify(infoDocument(info), null, 2)}\n`;
}

/** The bytes of an index; the same for the same content. */
export function writeIndex({ channel, serial, created, expires, packages }: Index): Buffer {
  const document = {
    format: FORMAT,
    channel,
    serial,
    created: created.toISOString(),
    ...(expires && { expires: expires.toISOString() }),
    packages: packages.map(({ file, size, sha256, ...info }) => ({ ...infoDocument(info), file, size, sha256 })),
  };
  return Buffer.from(`${JSON.stringify(document, null, 1)}\n`);
}

function infoDocument({
  id,
  version,
  vendor,
  descriptions,
  released,
  notes,
  interface: range,
  plugins,
  capabilities,
}: PackageInfo) {
  const described = [...descriptions].map(([language, told]) => [`description${language && `_${language}`}`, told]);
  return { id, version, vendor, ...Object.fromEntries(described), released, notes, interface: range, plugins, capabilities };
}

function infoOf(document: z.infer<typeof packageInfo>): PackageInfo {
  const { id, version, vendor, released, notes, interface: range, plugins, capabilities } = document;
  return {
    id,
    version,
    vendor,
    descriptions: descriptionsOf(document),
    released,
    notes,
    interface: range,
    plugins,
    capabilities,
  };
}

/** `description` is for everybody, `description_fr` for some. */
export function descriptionsOf(document: Readonly<Record<string, unknown>>): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, told] of Object.entries(document)) {
    const language = key === 'description' ? '' : /^description_(\w+)$/.exec(key)?.[1];
    if (language !== undefined && typeof told === 'string') found.set(language, told);
  }
  return found;
}

/** A file lies beside the index and is named after what it is, so that no name leads elsewhere. */
function checkFiles(entries: readonly IndexEntry[]): Complaint[] {
  const seen = new Set<string>();
  return entries.flatMap((entry, position) => {
    const expected = archiveName(entry);
    const complain = (message: string) => [{ path: `packages.${position}.file`, message }];
    if (entry.file !== expected) return complain(`must be ${expected}, and is ${JSON.stringify(entry.file)}`);
    if (seen.has(entry.file)) return complain(`${entry.file} is there twice`);
    seen.add(entry.file);
    return [];
  });
}

type What = 'index' | 'plugin-info';

function readJson(bytes: Buffer, what: What): unknown {
  try {
    return toPlain(parseOrdered(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (cause) {
    throw new ProvisioningError(`${what}-invalid`, `The ${what} is no JSON: ${reason(cause)}`, { cause });
  }
}

function parse<Schema extends z.ZodType>(schema: Schema, document: unknown, what: What): z.infer<Schema> {
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  throw complained(complaintsOf(parsed.error), what);
}

function refuse(complaints: readonly Complaint[], what: What): void {
  if (complaints.length > 0) throw complained(complaints, what);
}

function complained(complaints: readonly Complaint[], what: What): ProvisioningError {
  return new ProvisioningError(`${what}-invalid`, `The ${what} cannot be used: ${firstOf(complaints)}`, { complaints });
}
