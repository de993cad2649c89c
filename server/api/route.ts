import type { OrderedJson } from '../lib/ordered-json.ts';

/** One request, as far as a resource needs to know it: nothing of it is express's. */
export interface Call {
  /** Parts of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** undefined when nothing was sent. */
  readonly body: OrderedJson | undefined;
  /** The body as it comes, for routes that take a file; `body` is undefined then. */
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
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type Handler = (call: Call) => Answer | Promise<Answer>;

export interface Route {
  /** In the syntax of express 5: `/api/v1/devices/:id/files/*name`. */
  readonly path: string;
  readonly methods: Readonly<Partial<Record<Method, Handler>>>;
  /** What is sent is a file, of any size, and not JSON. */
  readonly takesFile?: boolean;
  /** Methods that are open to DHCP servers with a token of their own, too. */
  readonly forDhcpServers?: readonly Method[];
}

/** A parameter that stands in the route's path, so that it is there. */
export function param({ params }: Call, name: string): string {
  return params[name] ?? '';
}
