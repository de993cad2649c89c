import { type Options, readOption } from '../lib/dhcp/options.ts';
import { type Mac, parseMac } from '../lib/mac.ts';
import type { PhoneRequest, Profile } from '../pipeline/request.ts';
import type { VendorPackage } from '../plugins/model.ts';
import type { DeviceInfo, Facts } from '../sdk.ts';
import { Dispatcher, type Entry } from './dispatcher.ts';
import { MacPrefixes } from './mac-prefixes.ts';
import { factsOfProfile } from './profile.ts';

/** Where in a request a pattern looks. What a phone says of itself ranks before what it asks for; this is that order. */
const places = [
  'userAgent',
  'profile',
  'vendorClass',
  'vendorIdentifyingClass',
  'vendorIdentifyingOptions',
  'vendorSpecific',
  'userClass',
  'headers',
  'hostName',
  'query',
  'path',
] as const;
export type Place = (typeof places)[number];

const optionOf: Partial<Record<Place, number>> = {
  vendorClass: 60,
  vendorIdentifyingClass: 124,
  vendorIdentifyingOptions: 125,
  vendorSpecific: 43,
  userClass: 77,
  hostName: 12,
};

/** What one pattern found, and where: what explain shows and what a recognition test is made of. */
export interface Evidence {
  readonly package: string;
  readonly place: Place;
  readonly pattern: string;
  readonly facts: DeviceInfo;
}

export interface Identification {
  readonly info: DeviceInfo;
  readonly evidence: readonly Evidence[];
  /** The vendor to which the prefix of the MAC address belongs. */
  readonly prefixVendor?: string;
  /** Facts that cannot all be true of one phone, in words; nothing secret is sent to it. */
  readonly contradictions: readonly string[];
}

/** All packages' patterns, compiled once for all requests. */
export interface Recogniser {
  /** The same texts make the same identification; for a phone that asks again it is at hand. */
  identify(request: PhoneRequest): Identification;
}

/**
 * What identifications that are kept may take; then all are forgotten, which costs each phone one look at what it sends. One of a real
 * phone takes some 700 bytes; who sends long ones gets no more room.
 */
const KEPT_BYTES = 16_777_216;
/** A piece of evidence, and an identification without any. */
const FIND_BYTES = 256;

/** What one vendor's pattern is called in evidence, and whose it is. */
interface Owner {
  readonly package: VendorPackage;
  readonly pattern: string;
}

/** @param report a package's `facts` function failed: its finds are left out, the others' are not */
export function compileRecogniser(
  packages: readonly VendorPackage[],
  report: (packageId: string, cause: unknown) => void,
): Recogniser {
  const dispatchers = new Map<Place, Dispatcher<Owner>>();
  for (const place of places) {
    if (place === 'headers' || place === 'profile') continue;
    const entries = packages.flatMap((owner) => entriesOf(owner, owner.definition.recognise[place]));
    if (entries.length > 0) dispatchers.set(place, new Dispatcher(entries));
  }
  const headers = new Map<string, Dispatcher<Owner>>();
  for (const name of new Set(packages.flatMap(({ definition }) => Object.keys(definition.recognise.headers ?? {})))) {
    headers.set(name, new Dispatcher(packages.flatMap((owner) => entriesOf(owner, owner.definition.recognise.headers?.[name]))));
  }
  const prefixes = new MacPrefixes(packages);

  const hearProfile = (profile: Profile, path: string, evidence: Evidence[]): void => {
    for (const owner of packages) {
      const found = factsOfProfile(profile, owner);
      if (!found) continue;
      try {
        const facts = readFacts(owner, found, path);
        if (facts) evidence.push({ package: owner.id, place: 'profile', pattern: printProfile(profile), facts });
      } catch (cause) {
        report(owner.id, cause);
      }
    }
  };

  const look = (request: PhoneRequest): Identification => {
    const evidence: Evidence[] = [];
    const hear = (place: Place, text: string, dispatcher: Dispatcher<Owner>): void => {
      for (const { groups, entry } of dispatcher.match(text)) {
        const { package: owner, pattern } = entry.owner;
        try {
          const facts = readFacts(owner, groups, request.path);
          if (facts) evidence.push({ package: owner.id, place, pattern, facts });
        } catch (cause) {
          report(owner.id, cause);
        }
      }
    };
    for (const place of places) {
      if (place === 'headers') {
        for (const [name, dispatcher] of headers) {
          const value = request.headers[name];
          if (value !== undefined) hear(place, String(value), dispatcher);
        }
        continue;
      }
      if (place === 'profile') {
        if (request.profile) hearProfile(request.profile, request.path, evidence);
        continue;
      }
      const dispatcher = dispatchers.get(place);
      const text = dispatcher && textAt(place, request);
      if (dispatcher && text) hear(place, text, dispatcher);
    }
    return weigh(evidence, request.mac, prefixes);
  };

  let kept = new Map<string, Identification>();
  let keptBytes = 0;
  const headerNames = [...headers.keys()];
  return {
    identify(request) {
      // A lease is asked for once in hours, a profile when a phone boots: what is told then is not worth keeping.
      if (request.options.size > 0 || request.mac !== undefined || request.profile) return look(request);
      const texts = textsOf(request, headerNames);
      const known = kept.get(texts);
      if (known) return known;
      const identification = look(request);
      const bytes = texts.length + FIND_BYTES * (1 + identification.evidence.length);
      if (keptBytes + bytes > KEPT_BYTES) [kept, keptBytes] = [new Map(), 0];
      kept.set(texts, identification);
      keptBytes += bytes;
      return identification;
    },
  };
}

/** All that patterns look at, apart from what DHCP and SIP PnP tell. No line feed gets into a header or a name. */
function textsOf({ headers, path, query }: PhoneRequest, names: readonly string[]): string {
  let texts = `${headers['user-agent'] ?? ''}\n${path}\n${query}`;
  for (const name of names) texts += headers[name] === undefined ? '\n' : `\n=${headers[name]}`;
  return texts;
}

function entriesOf(owner: VendorPackage, patterns: readonly RegExp[] = []): Entry<Owner>[] {
  return patterns.map((pattern) => ({ pattern, owner: { package: owner, pattern: String(pattern) } }));
}

/** As it stands in the header Event. */
function printProfile(profile: Profile): string {
  return Object.entries(profile)
    .map(([name, value]) => `${name}="${value}"`)
    .join(';');
}

function textAt(place: Place, request: PhoneRequest): string | undefined {
  if (place === 'path') return request.path;
  if (place === 'query') return request.query;
  if (place === 'userAgent') return request.headers['user-agent'];
  const option = optionOf[place];
  return option === undefined ? undefined : optionText(option, request.options);
}

/** As the phone means it: without NULs at the end of a text, and without the lengths before user classes (RFC 3004). */
function optionText(code: number, options: Options): string | undefined {
  if (code === 77) return readOption(options, 77)?.join(' ');
  if (code === 60 || code === 12) return readOption(options, code);
  return options.get(code)?.toString('latin1');
}

function readFacts(
  { definition }: VendorPackage,
  groups: Facts | Readonly<Record<string, string | undefined>>,
  path: string,
): DeviceInfo | undefined {
  const found: Facts = { vendor: definition.vendor, ...groups };
  const facts = definition.facts ? definition.facts(found, path) : found;
  if (!facts) return undefined;
  const read: { -readonly [Key in keyof DeviceInfo]: DeviceInfo[Key] } = {};
  if (facts.vendor) read.vendor = facts.vendor;
  if (facts.model) read.model = facts.model;
  if (facts.version) read.version = facts.version;
  const mac = facts.mac === undefined ? undefined : parseMac(facts.mac);
  if (mac) read.mac = mac;
  if (facts.serial) read.serial = facts.serial;
  if (facts.uuid) read.uuid = facts.uuid.toLowerCase();
  return read;
}

/**
 * One vote a package and fact, however many firmware lines it has; what the transport itself tells is not put to the vote.
 * @param ranked in the order of `places`
 */
function weigh(ranked: readonly Evidence[], transportMac: Mac | undefined, prefixes: MacPrefixes): Identification {
  const mac = transportMac ?? elect(ranked, 'mac');
  // A MAC prefix is one more voice for the vendor it belongs to, and the only one when no pattern spoke.
  const owner = mac && prefixes.vendorOf(mac);
  const vendor = elect(ranked, 'vendor', owner);
  const ofVendor = ranked.filter(({ facts }) => facts.vendor === vendor);
  const info: DeviceInfo = clean({
    vendor,
    model: elect(ofVendor, 'model'),
    version: elect(ofVendor, 'version'),
    mac,
    serial: elect(ranked, 'serial'),
    uuid: elect(ranked, 'uuid'),
  });
  return {
    info,
    evidence: ranked,
    contradictions: contradictions(ranked, transportMac),
    ...(owner !== undefined && { prefixVendor: owner }),
  };
}

/** The value that most packages found; between equals the one from the better place, then of the first package by its name. */
function elect<Key extends keyof DeviceInfo>(
  ranked: readonly Evidence[],
  key: Key,
  extra?: DeviceInfo[Key],
): DeviceInfo[Key] | undefined {
  const votes = new Map<DeviceInfo[Key], number>();
  const spoken = new Set<string>();
  for (const { package: voter, facts } of ranked) {
    const value = facts[key];
    // A package that found two values is heard with the one from its best place.
    if (value === undefined || spoken.has(voter)) continue;
    spoken.add(voter);
    votes.set(value, (votes.get(value) ?? 0) + 1);
  }
  if (extra !== undefined) votes.set(extra, (votes.get(extra) ?? 0) + 1);
  let best: DeviceInfo[Key] | undefined;
  let most = 0;
  for (const [value, count] of votes) {
    if (count > most) [best, most] = [value, count];
  }
  return best;
}

function contradictions(ranked: readonly Evidence[], transportMac: Mac | undefined): string[] {
  const told: string[] = [];
  for (const key of ['mac', 'serial', 'uuid'] as const) {
    const seen = new Map<string, string>(key === 'mac' && transportMac ? [[transportMac, 'the transport']] : []);
    for (const { facts, place } of ranked) {
      const value = facts[key];
      if (value !== undefined && !seen.has(value)) seen.set(value, place);
    }
    if (seen.size > 1) {
      told.push(`${key} is ${[...seen].map(([value, place]) => `${value} by ${place}`).join(' and ')}`);
    }
  }
  return told;
}

function clean(info: { [Key in keyof DeviceInfo]: DeviceInfo[Key] | undefined }): DeviceInfo {
  return Object.fromEntries(Object.entries(info).filter(([, value]) => value !== undefined));
}
