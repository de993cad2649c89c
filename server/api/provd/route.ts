import type { Caller } from '../../access/model.ts';
import type { OrderedJson } from '../../lib/ordered-json.ts';
import { type Answer, Refusal } from './answer.ts';

export interface Call {
  readonly caller: Caller;
  /** The tenant in whose name it is asked: that of `Wazo-Tenant`, or the caller's. */
  readonly tenant: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Of POST and PUT. */
  readonly body: ReadonlyMap<string, OrderedJson>;
  /** The path that was asked for, with `/0.2`. */
  readonly path: string;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Behind `/0.2`: `/dev_mgr/devices/:id`. */
  readonly path: string;
  /** As provd calls what one must be permitted, behind `provd.`; parameters stand in it as in the path. */
  readonly acl: string;
  /** As this server calls it. */
  readonly permission: string;
  /** It is about the server as a whole: only callers of the main tenant are let in. */
  readonly serverWide?: boolean;
  handle(call: Call): Answer | Promise<Answer>;
}

/** An object in the body. @throws Refusal */
export function objectIn(body: Call['body'], key: string): ReadonlyMap<string, OrderedJson> {
  const value = body.get(key);
  if (value instanceof Map) return value;
  throw new Refusal(400, `Missing "${key}" key`);
}

/** A text in the body. @throws Refusal */
export function textIn(body: Call['body'], key: string): string {
  const value = body.get(key);
  if (typeof value === 'string') return value;
  throw new Refusal(400, `Missing "${key}" key`);
}
