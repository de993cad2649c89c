import { LRUCache } from 'lru-cache';
import type { PhoneRequest, Profile } from './request.ts';

/** What became of a request, as far as it is worth keeping: names, and never what was in a file. */
export type Became =
  | { readonly kind: 'file'; readonly file: string; readonly bytes: number; readonly digest?: string }
  | { readonly kind: 'refused' | 'failed' | 'no-config'; readonly file: string; readonly why: string }
  | { readonly kind: 'wrong-key' | 'no-file' | 'no-plugin' }
  /** Over SIP PnP, where its files are. */
  | { readonly kind: 'told'; readonly url: string };

/** A request as it came, and what became of it. The same again with the same outcome is not kept twice, but counted. */
export interface RecentRequest {
  /** Without its key, and without headers that hold credentials. */
  readonly request: PhoneRequest;
  /** Id of the tenant whose key it came with. */
  readonly tenant: string | undefined;
  readonly became: Became;
  /** When it came first and last, in milliseconds since 1970, and how often. */
  readonly first: number;
  last: number;
  /** Rises with each request that the process notes: of those of one millisecond it tells which came last. */
  turn: number;
  times: number;
  /** How long it took to find or make the answer the last time, in milliseconds. */
  answeredMs: number;
  /** From the last request until the phone surely had the whole file; undefined while, or if, that is not known. */
  takenMs: number | undefined;
  /** Memory that it takes, roughly. */
  readonly bytes: number;
}

export interface RecentLimits {
  /** Requests of one device. */
  readonly perDevice: number;
  /** Requests that belong to no device. */
  readonly unrecognised: number;
  /** Memory for all of them. */
  readonly bytes: number;
}

/** Headers that hold what only the phone and its server should know. */
const credentials = ['authorization', 'proxy-authorization', 'cookie'] as const;

/** Their part of the memory: whoever asks for what nobody knows must not drive out what is kept of devices. */
const unrecognisedShare = 0.25;

/** The objects around the texts of one request: with short texts, one was measured at 790 bytes. */
const objectBytes = 600;

/** Of all rings. */
let turns = 0;

/** A phone asks for fewer files than this when it boots, and then for the same ones again. */
const lookBack = 20;

/**
 * The last requests of each device, and the last ones that no device was found for, in memory. When there is no more room, what
 * is kept of the devices that did not ask for the longest time goes first. To note one costs next to nothing: a request that
 * came before is counted; a new one is referred to as it is, and texts are made when somebody looks.
 */
export class RecentRequests {
  readonly #limits: RecentLimits;
  readonly #devices: LRUCache<string, Ring>;
  readonly #unrecognised = new Ring();

  constructor(limits: RecentLimits) {
    this.#limits = limits;
    this.#devices = new LRUCache({
      // 0 is no bound to the library; here it is no room.
      maxSize: Math.max(1, Math.floor(limits.bytes * (1 - unrecognisedShare))),
      sizeCalculation: ({ bytes }) => Math.max(1, bytes),
    });
  }

  /**
   * @param device whose request it was; undefined when it belongs to none
   * @param answeredMs since it came
   */
  note(
    device: string | undefined,
    request: PhoneRequest,
    tenant: string | undefined,
    became: Became,
    answeredMs: number,
  ): RecentRequest {
    const { perDevice, unrecognised, bytes } = this.#limits;
    if (device === undefined) {
      const noted = this.#unrecognised.note(request, tenant, became, answeredMs);
      this.#unrecognised.shorten(unrecognised, bytes * unrecognisedShare);
      return noted;
    }
    const ring = this.#devices.get(device) ?? new Ring();
    const before = ring.bytes;
    const noted = ring.note(request, tenant, became, answeredMs);
    if (ring.bytes === before) return noted;
    ring.shorten(perDevice, bytes);
    // The cache asks for the size of what is new to it only.
    this.#devices.delete(device);
    this.#devices.set(device, ring);
    return noted;
  }

  /** The one that came longest ago first, as below. */
  of(device: string): readonly RecentRequest[] {
    return this.#devices.peek(device)?.requests ?? [];
  }

  unrecognised(): readonly RecentRequest[] {
    return this.#unrecognised.requests;
  }
}

class Ring {
  /** In the order in which they came last. */
  readonly requests: RecentRequest[] = [];
  bytes = 0;

  note(request: PhoneRequest, tenant: string | undefined, became: Became, answeredMs: number): RecentRequest {
    const now = Math.round(Date.now() - answeredMs);
    const { requests } = this;
    const end = requests.length - 1;
    for (let index = end; index >= 0 && index > end - lookBack; index--) {
      const known = requests[index];
      if (!known || known.tenant !== tenant || !isSame(known.request, request) || !isSameOutcome(known.became, became)) continue;
      if (index < end) requests.push(...requests.splice(index, 1));
      known.last = now;
      known.turn = ++turns;
      known.times++;
      known.answeredMs = answeredMs;
      known.takenMs = undefined;
      return known;
    }
    const kept = withoutCredentials(request);
    const bytes = weigh(kept);
    const noted = {
      request: kept,
      tenant,
      became,
      first: now,
      last: now,
      turn: ++turns,
      times: 1,
      answeredMs,
      takenMs: undefined,
      bytes,
    };
    requests.push(noted);
    this.bytes += bytes;
    return noted;
  }

  shorten(most: number, mostBytes: number): void {
    while (this.requests.length > most || this.bytes > mostBytes) this.bytes -= this.requests.shift()?.bytes ?? 0;
  }
}

function isSame(one: PhoneRequest, other: PhoneRequest): boolean {
  return (
    one.path === other.path &&
    one.ip === other.ip &&
    one.transport === other.transport &&
    one.query === other.query &&
    one.mac === other.mac &&
    one.headers['user-agent'] === other.headers['user-agent'] &&
    isSameProfile(one.profile, other.profile) &&
    one.options.size === other.options.size &&
    (one.options.size === 0 || [...one.options].every(([code, value]) => other.options.get(code)?.equals(value)))
  );
}

/** Nearly every request has none. */
function isSameProfile(one: Profile | undefined, other: Profile | undefined): boolean {
  if (!one || !other) return one === other;
  return one.vendor === other.vendor && one.model === other.model && one.version === other.version;
}

function isSameOutcome(one: Became, other: Became): boolean {
  if (one.kind !== other.kind) return false;
  if (one.kind === 'told' && other.kind === 'told') return one.url === other.url;
  if (one.kind === 'file' && other.kind === 'file') return one.digest === other.digest && one.file === other.file;
  return !('why' in one) || !('why' in other) || (one.why === other.why && one.file === other.file);
}

function weigh({ path, query, headers, options, profile }: PhoneRequest): number {
  let bytes = objectBytes + path.length + query.length;
  for (const name in headers) bytes += name.length + (headers[name]?.length ?? 0);
  for (const value of options.values()) bytes += value.length;
  for (const value of Object.values(profile ?? {})) bytes += value.length;
  return bytes;
}

/** Nearly every request has none, and is kept as it is. */
function withoutCredentials(request: PhoneRequest): PhoneRequest {
  if (!credentials.some((name) => name in request.headers)) return request;
  const headers = { ...request.headers };
  for (const name of credentials) delete headers[name];
  return { ...request, headers };
}
