import { LRUCache } from 'lru-cache';
import type { PhoneRequest } from './request.ts';

/** What became of a request, as far as it is worth keeping: names, and never what was in a file. */
export type Became =
  | { readonly kind: 'file'; readonly file: string; readonly bytes: number; readonly digest?: string }
  | { readonly kind: 'refused' | 'failed' | 'no-config'; readonly file: string; readonly why: string }
  | { readonly kind: 'wrong-key' | 'no-file' | 'no-plugin' };

/** A request as it came, and what became of it. */
export interface RecentRequest {
  /** When it came, in milliseconds since 1970. */
  readonly at: number;
  /** Without its key, and without headers that hold credentials. */
  readonly request: PhoneRequest;
  /** Id of the tenant whose key it came with. */
  readonly tenant?: string;
  readonly became: Became;
  /** How long it took to find or make the answer, in milliseconds. */
  readonly answeredMs: number;
  /** From the request until the phone surely had the whole file; undefined while, or if, that is not known. */
  takenMs?: number;
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

interface Ring {
  /** The oldest first. */
  readonly requests: readonly RecentRequest[];
  readonly bytes: number;
}

const empty: Ring = { requests: [], bytes: 0 };

/** Headers that hold what only the phone and its server should know. */
const credentials = ['authorization', 'proxy-authorization', 'cookie'] as const;

/** Their part of the memory: whoever asks for what nobody knows must not drive out what is kept of devices. */
const unrecognisedShare = 0.25;

/** The objects around the texts of one request, measured: 400 to 600 bytes. */
const objectBytes = 600;

/**
 * The last requests of each device, and the last ones that no device was found for, in memory. When there is no more room, what
 * is kept of the devices that did not ask for the longest time goes first. To note one costs next to nothing: it refers to what
 * the request is made of anyway, and texts are made when somebody looks.
 */
export class RecentRequests {
  readonly #limits: RecentLimits;
  readonly #devices: LRUCache<string, Ring>;
  #unrecognised = empty;

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
    asked: PhoneRequest,
    tenant: string | undefined,
    became: Became,
    answeredMs: number,
  ): RecentRequest {
    const { perDevice, unrecognised, bytes } = this.#limits;
    const request = withoutCredentials(asked);
    const at = Math.round(Date.now() - answeredMs);
    const entry: RecentRequest = {
      at,
      request,
      became,
      answeredMs,
      bytes: weigh(request),
      ...(tenant !== undefined && { tenant }),
    };
    if (device === undefined) this.#unrecognised = added(this.#unrecognised, entry, unrecognised, bytes * unrecognisedShare);
    else this.#devices.set(device, added(this.#devices.get(device) ?? empty, entry, perDevice, bytes));
    return entry;
  }

  /** The oldest first, as below. */
  of(device: string): readonly RecentRequest[] {
    return this.#devices.peek(device)?.requests ?? [];
  }

  unrecognised(): readonly RecentRequest[] {
    return this.#unrecognised.requests;
  }
}

function added(ring: Ring, entry: RecentRequest, most: number, mostBytes: number): Ring {
  const requests = [...ring.requests, entry];
  let bytes = ring.bytes + entry.bytes;
  while (requests.length > most || bytes > mostBytes) {
    const oldest = requests.shift();
    if (!oldest) break;
    bytes -= oldest.bytes;
  }
  return { requests, bytes };
}

function weigh({ path, query, headers, options }: PhoneRequest): number {
  let bytes = objectBytes + path.length + query.length;
  for (const name in headers) bytes += name.length + (headers[name]?.length ?? 0);
  for (const value of options.values()) bytes += value.length;
  return bytes;
}

/** Nearly every request has none, and is kept as it is. */
function withoutCredentials(request: PhoneRequest): PhoneRequest {
  if (!credentials.some((name) => name in request.headers)) return request;
  const headers = { ...request.headers };
  for (const name of credentials) delete headers[name];
  return { ...request, headers };
}
