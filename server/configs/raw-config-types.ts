import { createPrivateKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { parseIp } from '../lib/ip.ts';
import { Secret } from '../lib/secret.ts';
import { parseTimeZone } from '../lib/time-zone.ts';

/** What may stand under a key. `allowed` completes "must be …": complaints and documentation say the same. */
export interface Type<T> {
  readonly name: string;
  readonly allowed: string;
  readonly schema: z.ZodType<T>;
}

/** What the documentation tells of a key. */
export interface FieldFacts {
  readonly type: string;
  readonly allowed: string;
  readonly meaning: string;
  readonly default?: boolean | number | string;
}

export const fieldFacts = z.registry<FieldFacts>();

/** A key that need not be there: what is absent, or null, reads as null. */
export function field<T>(type: Type<T>, meaning: string): z.ZodType<T | null> {
  const schema = type.schema.nullish().transform((value) => value ?? null);
  return schema.register(fieldFacts, { type: type.name, allowed: type.allowed, meaning });
}

/** A key that need not be there: what is absent, or null, reads as `fallback`. */
export function fieldOr<T extends boolean | number | string>(type: Type<T>, fallback: NoInfer<T>, meaning: string): z.ZodType<T> {
  const schema = type.schema.nullish().transform((value) => value ?? fallback);
  return schema.register(fieldFacts, { type: type.name, allowed: type.allowed, meaning, default: fallback });
}

/** Objects under numbers as keys (`sip_lines`), read into rows by rising number. A row that is null is not there. */
export function table<Shape extends Record<string, z.ZodType>>(shape: Shape, meaning: string) {
  const allowed = 'an object whose keys are numbers';
  const row = z.object(shape, { error: 'must be an object' });
  return z
    .record(z.string(), row.nullable(), { error: `must be ${allowed}` })
    .nullish()
    .transform((rows) =>
      Object.entries(rows ?? {})
        .flatMap(([number, fields]) => (fields === null ? [] : [{ number: Number(number), fields }]))
        .sort((a, b) => a.number - b.number),
    )
    .register(fieldFacts, { type: 'table', allowed, meaning });
}

/** Keys of a table. Four digits are more than any phone has lines or keys, and keep a template that counts up to one of them short. */
export const TABLE_KEY = /^[1-9]\d{0,3}$/;

function make<T>(name: string, allowed: string, schema: (error: string) => z.ZodType<T>): Type<T> {
  return { name, allowed, schema: schema(`must be ${allowed}`) };
}

export const boolean = make('boolean', 'true or false', (error) => z.boolean({ error }));

/** Digits in quotes are a number, too: many programs write ports so. */
function integer(name: string, allowed: string, min: number, max: number): Type<number> {
  const digits = (value: unknown) => (typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value);
  return make(name, allowed, (error) => z.preprocess(digits, z.int({ error }).min(min, { error }).max(max, { error })));
}

export const port = integer('port', 'a port from 1 to 65535', 1, 65_535);
// IEEE 802.1Q: 12 bits, of which the last value is reserved, and 3 bits.
export const vlanId = integer('integer', 'a whole number from 0 to 4094', 0, 4094);
export const vlanPriority = integer('integer', 'a whole number from 0 to 7', 0, 7);
export const tableNumber = integer('integer', 'a whole number from 1 to 9999', 1, 9999);
export const version = integer('integer', 'a whole number', 0, Number.MAX_SAFE_INTEGER);

// YAML reads an unquoted 700 as a number. Larger ones, and fractions, may have lost what was written.
const textAllowed = 'a text (a whole number will do)';
const anyText = (error: string) => z.union([z.string(), z.int().transform(String)], { error });

export const text = make('text', textAllowed, anyText);
export const secret = make('secret text', textAllowed, (error) => anyText(error).transform((value) => new Secret(value)));

export function oneOf<const Values extends readonly [string, ...string[]]>(...values: Values): Type<Values[number]> {
  return make('word', values.join(', ').replace(/, ([^,]*)$/, ' or $1'), (error) => z.enum(values, { error }));
}

/** Text that is what `is` says. */
function textThat(name: string, allowed: string, is: (value: string) => boolean): Type<string> {
  return make(name, allowed, (error) => z.string({ error }).refine(is, { error }));
}

// RFC 1123, section 2.1, with the underscore that names in private networks have. A name whose last label is a number would be
// taken for an IPv4 address (RFC 3696, section 2): 192.0.2.300 is a mistake, not a name.
const HOST_NAME = /^(?=.{1,253}$)(?:[a-z\d_](?:[\w-]{0,61}[a-z\d_])?\.)*(?!\d+\.?$)[a-z\d_](?:[\w-]{0,61}[a-z\d_])?\.?$/i;

export const host = textThat('host', 'an IP address or a host name, without a port', isHost);

function isHost(value: string): boolean {
  // The zone of fe80::1%eth0 means something on the one who wrote it, not on the phone.
  return HOST_NAME.test(value) || (parseIp(value) !== undefined && !value.includes('%'));
}

export const locale = textThat('locale', 'a language and a country such as fr_CA', (value) =>
  /^[a-z]{2,3}_[A-Z]{2,3}$/.test(value),
);

export const timeZone = textThat('time zone', 'a time zone of the IANA data such as America/Montreal', (value) => {
  return parseTimeZone(value) !== undefined;
});

/** The base that paths are appended to; read without the slash at its end. */
export const baseUrl = make('URL', 'an http or https URL without query, fragment and password', (error) =>
  z
    .string({ error })
    .refine(isBaseUrl, { error })
    .transform((value) => value.replace(/\/+$/, '')),
);

function isBaseUrl(value: string): boolean {
  if (!/^https?:\/\/[^\s?#@\\]+$/i.test(value) || !URL.canParse(value)) return false;
  return new URL(value).hostname !== '';
}

/** Templates put it into URLs as it is. */
export const urlSegment = textThat('text', 'letters, digits, dots, dashes and underscores', (value) => /^[\w.-]+$/.test(value));

export const certificate = textThat('PEM', 'one X.509 certificate in PEM (BEGIN CERTIFICATE)', isCertificate);
export const certificates = make<string[]>('list of PEM', 'a list of X.509 certificates in PEM', (error) =>
  z.array(certificate.schema, { error }),
);
export const privateKey = make('secret PEM', 'one private key in PEM (BEGIN PRIVATE KEY) without a passphrase', (error) =>
  z
    .string({ error })
    .refine(isPrivateKey, { error })
    .transform((value) => new Secret(value)),
);

function isCertificate(pem: string): boolean {
  if (!isPem(pem, 'CERTIFICATE')) return false;
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    // OpenSSL says where its parser stopped, which tells an administrator nothing, and may quote the text.
    return false;
  }
}

function isPrivateKey(pem: string): boolean {
  if (!['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY'].some((label) => isPem(pem, label))) return false;
  try {
    createPrivateKey(pem);
    return true;
  } catch {
    return false;
  }
}

/** One block of RFC 7468 and nothing around it: phones take what is in the file, and some stop at the first line they do not know. */
function isPem(pem: string, label: string): boolean {
  const [, begin, body, end] = /^\s*-----BEGIN ([A-Z ]+)-----([^-]*)-----END ([A-Z ]+)-----\s*$/.exec(pem) ?? [];
  return begin === label && end === label && /^[A-Za-z\d+/=\s]+$/.test(body ?? '');
}
