import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import * as z from 'zod';
import type { Complaint } from '../lib/errors.ts';
import { JsonError, type OrderedJson, parseOrdered } from '../lib/ordered-json.ts';
import { HttpProblem } from './problem.ts';
import { isInOrder } from './route.ts';

/** A raw config with a key and a line for every one of 9,999 numbers has two megabytes; the rest is room for certificates. */
const MAX_BODY = 8 * 1_024 * 1_024;
/** What is beyond that is read and dropped, so that the client comes to reading our answer; a client that sends even more is cut off. */
const MAX_DROPPED = 4 * MAX_BODY;

/**
 * Levels of a body. Answers put what was stored into some more, and all of it has to stay below what `stringifyOrdered` writes; a
 * raw config has six.
 */
const MAX_DEPTH = 64;

/** The JSON that came with a request, in its order; undefined when nothing came. @throws HttpProblem body-invalid … */
export async function readBody(request: IncomingMessage): Promise<OrderedJson | undefined> {
  const bytes = await receive(request);
  if (bytes.length === 0) return undefined;
  checkType(request);
  const body = parse(bytes);
  if (!isShallow(body, MAX_DEPTH)) throw bodyInvalid(`The body is nested deeper than ${MAX_DEPTH} levels`);
  return body;
}

function checkType({ headers }: IncomingMessage): void {
  const [type = ''] = (headers['content-type'] ?? 'application/json').split(';');
  const isJson = /^application\/(?:[\w.-]+\+)?json$/i.test(type.trim());
  if (isJson && (headers['content-encoding'] ?? 'identity') === 'identity') return;
  throw new HttpProblem(415, 'body-not-json', 'Send JSON, uncompressed, with Content-Type: application/json');
}

function receive(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const tooLarge = () =>
      new HttpProblem(413, 'body-too-large', `A body is ${MAX_BODY / 1_048_576} megabytes at most`, {
        headers: { connection: 'close' },
      });
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY) chunks.push(chunk);
      else chunks.length = 0;
      if (size > MAX_DROPPED) reject(tooLarge());
    });
    request.once('end', () => (size > MAX_BODY ? reject(tooLarge()) : resolve(Buffer.concat(chunks))));
    // Nobody is there any more to read the answer; it ends the request all the same.
    request.once('error', (cause) => reject(new HttpProblem(400, 'body-incomplete', 'The body ended early', { cause })));
  });
}

function parse(bytes: Buffer): OrderedJson {
  if (!isUtf8(bytes)) throw bodyInvalid('The body is not in UTF-8');
  try {
    return parseOrdered(new TextDecoder().decode(bytes));
  } catch (cause) {
    if (cause instanceof JsonError) throw bodyInvalid(`The body is no JSON: ${cause.message}`);
    throw cause;
  }
}

function isShallow(value: OrderedJson, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  const items = Array.isArray(value) ? value : [...value.values()];
  return levels > 0 && items.every((item) => isShallow(item, levels - 1));
}

/** @throws HttpProblem body-invalid when it is no object */
function objectOf(body: OrderedJson | undefined): Map<string, OrderedJson> {
  if (body instanceof Map) return body;
  throw bodyInvalid(body === undefined ? 'A body is needed: a JSON object' : 'The body must be a JSON object');
}

/** The body by its schema; one that is left out is an empty object, if that is valid. @throws HttpProblem body-invalid with all complaints */
export function readObject<Type>(body: OrderedJson | undefined, type: z.ZodType<Type>): Type {
  const given = objectOf(body === undefined && isOptional(type) ? new Map() : body);
  const parsed = type.safeParse(isInOrder(type) ? given : plainObject(given));
  if (parsed.success) return parsed.data;
  throw bodyInvalid('The body is not valid', complaintsOf(parsed.error, 'field'));
}

/** It may be left out. */
export function isOptional(type: z.ZodType): boolean {
  return !isInOrder(type) && type.safeParse({}).success;
}

export function bodyInvalid(problem: string, complaints: readonly Complaint[] = []): HttpProblem {
  return new HttpProblem(400, 'body-invalid', told(problem, complaints), { complaints });
}

/** The query by its schema; what is no list there may be given once. @throws HttpProblem query-invalid with all complaints */
export function readQuery<Shape extends z.ZodRawShape>(
  query: URLSearchParams,
  type: z.ZodObject<Shape>,
): z.output<z.ZodObject<Shape>> {
  const names = [...new Set(query.keys())];
  const isMany = (name: string) => Object.hasOwn(type.shape, name) && isList(type.shape[name]);
  const repeated = names.filter((name) => !isMany(name) && query.getAll(name).length > 1);
  const values = new Map(names.map((name) => [name, isMany(name) ? query.getAll(name) : query.get(name)]));
  const parsed = type.safeParse(plainObject(values));
  const complaints = [
    ...repeated.map((path) => ({ path, message: 'is given more than once' })),
    ...(parsed.success ? [] : complaintsOf(parsed.error, 'parameter')),
  ];
  if (parsed.success && complaints.length === 0) return parsed.data;
  throw queryInvalid(complaints);
}

export function queryInvalid(complaints: readonly Complaint[]): HttpProblem {
  return new HttpProblem(400, 'query-invalid', told('The query is not valid', complaints), { complaints });
}

function isList(type: unknown): boolean {
  if (type instanceof z.ZodOptional || type instanceof z.ZodDefault) return isList(type.unwrap());
  return type instanceof z.ZodArray;
}

/** Without a prototype: a key `__proto__` is a key that is not known, like others. */
function plainObject(map: ReadonlyMap<string, unknown>): object {
  const plain: Record<string, unknown> = Object.create(null);
  for (const [key, value] of map) plain[key] = value;
  return plain;
}

function complaintsOf({ issues }: z.ZodError, kind: string): Complaint[] {
  return issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((path) => ({ path, message: `there is no such ${kind}` }))
      : [{ path: issue.path.join('.'), message: issue.message }],
  );
}

function told(problem: string, complaints: readonly Complaint[]): string {
  return complaints.length === 0
    ? problem
    : `${problem}: ${complaints.map(({ path, message }) => `${path} ${message}`).join('; ')}`;
}

/** A thousand devices are half a megabyte; who wants more asks again with `cursor`. */
export const MOST_ITEMS = 1_000;

/** A number in a query. */
export const whole = (least: number, most: number) => {
  const error = `must be a whole number from ${least} to ${most}`;
  return z
    .string({ error })
    .regex(/^\d{1,9}$/, { error })
    .transform(Number)
    .refine((value) => value >= least && value <= most, { error })
    .meta({ type: 'integer', minimum: least, maximum: most, pattern: undefined });
};

/** `true` or `false` in a query. */
export const flag = z.enum(['true', 'false'], { error: 'must be true or false' }).transform((text) => text === 'true');
