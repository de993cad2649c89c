import { createHash } from 'node:crypto';
import type { Ip } from '../lib/ip.ts';
import { type Mac, parseMac } from '../lib/mac.ts';
import type { ModelRow, Plugin } from '../plugins/model.ts';
import type { Identity } from './boot.ts';

/** A model in a firmware line: what a phone is. */
export interface Kind {
  readonly plugin: Plugin;
  readonly row: ModelRow;
}

/** One phone that is not there. */
export interface Phone extends Identity {
  /** From 0. */
  readonly index: number;
  readonly kind: Kind;
  /** The account that it has when it was registered: what its file has to hold, and no other's. */
  readonly account: string;
  /** A loopback address of its own: outside NAT mode the server takes an address for a phone. */
  readonly loopback: Ip;
}

export interface Fleet {
  readonly size: number;
  /** How many models take turns: the first so many phones are one of each. */
  readonly kinds: number;
  phone(index: number): Phone;
  /** The phone of this fleet that has the address. */
  withMac(mac: Mac): number | undefined;
}

/** For a vendor that names no prefix of its own: locally administered (IEEE 802, bit 1 of the first octet). */
const NO_VENDOR = '026f66';
/** 127.1.0.0 to 127.255.255.255: the first sixteenth bit of the network is where other things of a host listen. */
const FIRST_LOOPBACK = 0x7f_01_00_00;
const LOOPBACKS = 0xff_00_00;

/**
 * Phones of these models in turn. The same models and seed make the same phones, the first hundred of a thousand being those of a
 * hundred; others have other MAC and loopback addresses, which lie in a row like those of one delivery.
 * @returns why not, in words, when there are not so many addresses
 */
export function makeFleet(kinds: readonly Kind[], size: number, seed: string): Fleet | string {
  const prefixes = kinds.map(prefixOf);
  const label = kinds.map(({ plugin, row }) => `${plugin.id} ${row.name}`).join('\n');
  const start = createHash('sha256').update(`${seed}\n${label}`).digest().readUInt32BE();
  for (const [at, prefix] of prefixes.entries()) {
    if (size > roomOf(prefix))
      return `The prefix ${prefix} of ${kinds[at]?.row.name} has addresses for ${roomOf(prefix)} phones only`;
  }
  return {
    size,
    kinds: kinds.length,
    phone(index) {
      const kind = kinds[index % kinds.length];
      const prefix = prefixes[index % kinds.length];
      if (!kind || prefix === undefined) throw new RangeError('A fleet needs a model');
      const room = roomOf(prefix);
      const digits = prefix + ((start + index) % room).toString(16).padStart(12 - prefix.length, '0');
      const mac = digits.match(/../g)?.join(':') as Mac;
      return {
        index,
        kind,
        mac,
        serial: digits.toUpperCase(),
        // Version 8: made as we like (RFC 9562, 5.8).
        uuid: `6f66686b-6f6f-8000-8000-${digits}`,
        // Not the digits themselves: a file that holds the account does not name the address by that.
        account: `sim-${Number.parseInt(digits, 16).toString(36).padStart(10, '0')}`,
        loopback: dotted(FIRST_LOOPBACK + ((start + index) % LOOPBACKS)),
      };
    },
    withMac(mac) {
      const digits = mac.replaceAll(':', '');
      for (const prefix of new Set(prefixes)) {
        if (!digits.startsWith(prefix)) continue;
        const room = roomOf(prefix);
        const index = (Number.parseInt(digits.slice(prefix.length), 16) + room - (start % room)) % room;
        if (index < size && prefixes[index % kinds.length] === prefix) return index;
      }
      return undefined;
    },
  };
}

/** The shortest prefix has the most room. */
function prefixOf({ plugin }: Kind): string {
  const all = (plugin.package.definition.macPrefixes ?? []).map((text) => text.replaceAll(/[:.-]/g, '').toLowerCase());
  return (
    all.reduce<string | undefined>((best, each) => (best === undefined || each.length < best.length ? each : best), undefined) ??
    NO_VENDOR
  );
}

function roomOf(prefix: string): number {
  return 16 ** (12 - prefix.length);
}

function dotted(address: number): Ip {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.') as Ip;
}

const MAC = /(?<![\da-f])[\da-f]{2}([:-]?)(?:[\da-f]{2}\1){4}[\da-f]{2}(?![\da-f])/gi;

/** All MAC addresses that a text names, in whatever spelling. */
export function macsIn(text: string): Mac[] {
  const found = new Set([...text.matchAll(MAC)].map(([digits]) => digits));
  return [...new Set([...found].flatMap((digits) => parseMac(digits) ?? []))];
}
