import type { Ip } from '../lib/ip.ts';
import type { Mac } from '../lib/mac.ts';
import type { OrderedJson } from '../lib/ordered-json.ts';

/** One phone, as the server knows it. */
export interface Device {
  /** 32 hexadecimal digits, or what the one who created it chose. */
  readonly id: string;
  readonly tenant: string;
  readonly mac?: Mac;
  readonly serial?: string;
  readonly uuid?: string;
  readonly ip?: Ip;
  readonly vendor?: string;
  readonly model?: string;
  /** Firmware release that the phone last told. */
  readonly version?: string;
  /** Id of the plugin that serves it; it may not be installed. */
  readonly plugin?: string;
  /** The plugin is an operator's choice: it outranks association. */
  readonly pinned: boolean;
  /** Id of its config; it may not exist. */
  readonly config?: string;
  /** false: an unknown phone held until an operator approves it; it gets no file of its own. */
  readonly approved: boolean;
  /** How it came here; absent when somebody made it. */
  readonly added?: 'auto';
  readonly description?: string;
  /** Choices of one phone that its templates read (`options.switchboard`). */
  readonly options: ReadonlyMap<string, OrderedJson>;
  /** Keys of others (`X_…`), kept as they came. */
  readonly extra: ReadonlyMap<string, OrderedJson>;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly updated: number;
  /** Rises by one with every change of the fields above; a write names the revision it read. */
  readonly revision: number;
}

/** What the server found out about a device without anybody changing it. It does not count as a change of the device. */
export interface Condition {
  /** All its files can be made from plugin and config. */
  readonly configured: boolean;
  /** Why not, in words; absent when configured, or when nothing was tried yet. */
  readonly problem?: string;
}

/** What a look at a device found out. */
export interface Looked extends Condition {
  /** The SHA-256 of each of its own files as it would get it now, by name; absent when they cannot all be made. */
  readonly wanted?: ReadonlyMap<string, string>;
}

/** The last time a device asked, whatever it asked. */
export interface Sighting {
  readonly device: string;
  readonly at: number;
  readonly ip: Ip;
}

/** What a device last fetched under one name. */
export interface Delivery {
  readonly device: string;
  readonly artefact: string;
  /** SHA-256 of the bytes, in hexadecimal. */
  readonly digest: string;
  readonly at: number;
  readonly ip: Ip;
  readonly transport: string;
}

/** A delivery as it is noted. */
export interface Sending extends Delivery {
  /** Whether the file is the device's own. */
  readonly own?: boolean | undefined;
  /** Of a file with accounts: the usernames of its lines, the first line's first. */
  readonly accounts?: readonly string[] | undefined;
}

/** The last time that somebody wanted a device to read its configuration anew. */
export interface Resync {
  readonly device: string;
  /** Id of the operation that has it told. */
  readonly operation: string;
  /** Milliseconds since 1970, as below. */
  readonly requested: number;
  /** When its phone said that it will, or somebody did who tells it; absent: not yet. */
  readonly told?: number;
  /** By which way: a name in the settings. */
  readonly way?: string;
  /** Why it was not told, in words. */
  readonly problem?: string;
}

/** Facts by which a device is found. */
export type Identity = 'mac' | 'serial' | 'uuid' | 'ip';

/** One of which nothing is known yet. @param at milliseconds since 1970 */
export function blankDevice(id: string, tenant: string, at: number): Device {
  return {
    id,
    tenant,
    pinned: false,
    approved: true,
    options: new Map(),
    extra: new Map(),
    created: at,
    updated: at,
    revision: 1,
  };
}
