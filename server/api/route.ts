import * as z from 'zod';
import type { Caller } from '../access/model.ts';
import type { Ip } from '../lib/ip.ts';
import type { OrderedJson } from '../lib/ordered-json.ts';

/** One request, as far as a resource needs to know it: nothing of it is express's. */
export interface Call<Query = unknown, Body = unknown> {
  /** Who asks. Of what needs no token: nobody, who may nothing. */
  readonly caller: Caller;
  /** The address that it came from. */
  readonly from: Ip;
  /** Whoever asks, looked at anew: what the token permits may have been taken away since. @throws HttpProblem 401, 403 */
  callerNow(): Caller;
  /** Aborted when nobody waits for the answer any more. */
  readonly gone: AbortSignal;
  readonly lastEventId: string | undefined;
  /** Parts of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** By the schema of the endpoint. */
  readonly query: Query;
  /** By the schema of the endpoint. */
  readonly body: Body;
  /** The body as it comes, for endpoints that take a file; `body` is undefined then. */
  readonly stream: AsyncIterable<Buffer>;
  readonly ifMatch: string | undefined;
}

export interface Answer {
  /** Default: 200, or 204 without content. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** What `fromPlain` takes: plain objects, and Maps where the order of keys matters. */
  readonly json?: unknown;
  /** Instead of `json`; its type stands in the headers. */
  readonly bytes?: Buffer | string;
  /** Instead of `json`: what is told as it comes, until it ends or whoever asked has gone. */
  readonly stream?: AsyncIterable<string>;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What an answer of a status has: a document of JSON, text or bytes of a media type, or nothing. */
export type Content = z.ZodType | { readonly mediaType: string } | 'nothing';

/** What may be asked of a route by one method, in the words of the API's own description, and who answers it. */
export interface Endpoint {
  /** A line for people, which begins with what it does: `List devices`. */
  readonly summary: string;
  /** What else there is to know, in sentences. */
  readonly about?: string;
  /** What a token must permit, such as `devices.read`; of everything below `/api/`. */
  readonly permission?: string;
  /** It needs no token. Of what is not below `/api/`, nothing does. */
  readonly open?: boolean;
  /** It is about the server as a whole: only callers of the main tenant are let in. */
  readonly serverWide?: boolean;
  /** An object; what may be given several times is a list. Whatever is not in it is refused. */
  readonly query?: z.ZodObject;
  /** An object. It may be left out where an empty one is valid. */
  readonly body?: z.ZodType;
  /** What is sent is a file of this media type, of any size, and not JSON. */
  readonly takesFile?: string;
  /** Its answer has a secret that is told once: it is kept nowhere. */
  readonly tellsSecret?: boolean;
  /** It has a revision: its answers name it (`ETag`), and it may be asked for by that (`If-Match`). */
  readonly revised?: boolean;
  /** It goes on where its `Last-Event-ID` says. */
  readonly resumable?: boolean;
  /** By status. What fails is answered with a problem (RFC 9457) of any other. */
  readonly answers: Readonly<Record<number, Content>>;
  handle(call: Call): Answer | Promise<Answer>;
}

type Output<Type> = Type extends z.ZodType ? z.output<Type> : undefined;

/** An endpoint whose handler is given what its schemas make of query and body. */
export function endpoint<Query extends z.ZodObject | undefined = undefined, Body extends z.ZodType | undefined = undefined>(
  parts: Omit<Endpoint, 'query' | 'body' | 'handle'> & {
    readonly query?: Query;
    readonly body?: Body;
    handle(call: Call<Output<Query>, Output<Body>>): Answer | Promise<Answer>;
  },
): Endpoint {
  return parts as Endpoint;
}

export interface Route {
  /** In the syntax of express 5: `/api/v1/devices/:id/files/*name`. */
  readonly path: string;
  readonly methods: Readonly<Partial<Record<Method, Endpoint>>>;
}

/** Whoever asks for anything here needs a token, but for endpoints that are open. */
export function isGuarded({ path }: Pick<Route, 'path'>): boolean {
  return path.startsWith('/api/');
}

/** A parameter that stands in the route's path, so that it is there. */
export function param({ params }: Pick<Call, 'params'>, name: string): string {
  return params[name] ?? '';
}

/** Bodies that are handed over as they came. */
const ordered = new WeakSet<z.ZodType>();

/**
 * A body that is handed over as a Map in the order in which it came, for a resource that reads it itself.
 * @param document the schema by which that reads it
 */
export function inOrder(document: z.ZodType): z.ZodType<ReadonlyMap<string, OrderedJson>> {
  const { $schema, ...schema } = schemaOf(document, 'input');
  const type = z
    .custom<ReadonlyMap<string, OrderedJson>>((value) => value instanceof Map, { error: 'must be an object' })
    .meta(schema);
  ordered.add(type);
  return type;
}

export function isInOrder(type: z.ZodType): boolean {
  return ordered.has(type);
}

/** As JSON Schema 2020-12. What cannot be said there has it in its metadata, or is anything. */
export function schemaOf(type: z.ZodType, io: 'input' | 'output') {
  return z.toJSONSchema(type, { io, unrepresentable: 'any' });
}
