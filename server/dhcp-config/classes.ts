import { describeOption, parseOption } from '../lib/dhcp/options.ts';
import { reason } from '../lib/errors.ts';
import { type Ip, parseIp } from '../lib/ip.ts';
import { type BootServer, bootOptions } from '../sdk/boot-options.ts';
import type { Vendor } from '../sdk.ts';
import { type Certain, certainTexts } from './certain.ts';

/** As much of a vendor package as a DHCP server can be told. */
export interface PackageFacts {
  readonly id: string;
  readonly definition: Pick<Vendor, 'vendor' | 'version' | 'recognise' | 'macPrefixes' | 'dhcp'>;
}

/** What a DHCP server matches phones of one vendor package by, and gives them. */
export interface BootClass {
  /** `offhook-digium`: letters, digits, `-` and `_`, whatever the package's folder is called. */
  readonly name: string;
  readonly vendor: string;
  readonly id: string;
  readonly version: string;
  /** Of option 60, and of option 77. */
  readonly vendorClasses: readonly Certain[];
  readonly userClasses: readonly Certain[];
  /** Whole octets in lower case: `00:0f:d3`. */
  readonly macPrefixes: readonly string[];
  /** By code. */
  readonly options: readonly BootOption[];
  /** What could not be put into the class, a sentence each. */
  readonly notes: readonly string[];
}

export interface BootOption {
  readonly code: number;
  /** IANA's name. */
  readonly name: string;
  readonly bytes: Buffer;
  /** The bytes as a text, when they are nothing but what ASCII can print: no syntax has trouble with it, once quoted. */
  readonly text?: string;
  /** The bytes as addresses, when the option is made of them. */
  readonly addresses?: readonly Ip[];
}

/** What all of a configuration is made from. */
export interface BootPlan {
  readonly server: BootServer;
  /** The URL has a provisioning key. */
  readonly isSecret: boolean;
  /** In the order of their ids; packages without options for phones are not among them. */
  readonly classes: readonly BootClass[];
  /** Packages whose phones need nothing of DHCP, or of which nothing can be told: a sentence each. */
  readonly notes: readonly string[];
}

/** Computes classes for what is installed. It never throws: what a package has wrong is left out, and a note says so. */
export function bootPlan(packages: readonly PackageFacts[], server: BootServer, isSecret = false): BootPlan {
  const all = packages.toSorted((one, other) => (one.id < other.id ? -1 : 1)).map((each) => classOf(each, server));
  const useful = all.filter(({ options, notes }) => options.length > 0 || notes.length > 0);
  const classes = useful.filter((each) => each.options.length > 0 && isMatchable(each));
  const left = useful.filter((each) => !classes.includes(each));
  return {
    server,
    isSecret,
    classes,
    notes: [
      ...left.flatMap(({ id, notes }) => [
        `${id} has no class: nothing certain is known of its phones, or no option is left`,
        ...notes,
      ]),
      ...overlaps(classes),
    ],
  };
}

function isMatchable({ vendorClasses, userClasses, macPrefixes }: BootClass): boolean {
  return vendorClasses.length + userClasses.length + macPrefixes.length > 0;
}

/** Bytes that every syntax can have between quotes, once the quotes and the escape character in it are escaped. */
export function printable(bytes: Buffer): string | undefined {
  const text = bytes.toString('latin1');
  return /^[\x20-\x7e]+$/.test(text) ? text : undefined;
}

function classOf({ id, definition }: PackageFacts, server: BootServer): BootClass {
  const { vendor, version, recognise, macPrefixes = [] } = definition;
  const notes: string[] = [];
  const texts = (patterns: readonly RegExp[] = [], option: number): Certain[] =>
    patterns.flatMap((pattern) => {
      const { texts: certain, uncertain } = certainTexts(pattern);
      if (uncertain) notes.push(`${id}: what begins as ${pattern} does is not certain enough to ask for in option ${option}`);
      return certain;
    });
  return {
    name: `offhook-${id.replaceAll(/[^A-Za-z\d-]/g, (sign) => `_${sign.codePointAt(0)?.toString(16)}`)}`,
    vendor,
    id,
    version,
    vendorClasses: shortest(texts(recognise.vendorClass, 60)),
    userClasses: shortest(texts(recognise.userClass, 77)),
    macPrefixes: [...new Set(macPrefixes.flatMap(wholeOctets))].sort(),
    options: optionsOf(id, definition, server, notes),
    notes,
  };
}

function optionsOf(id: string, definition: PackageFacts['definition'], server: BootServer, notes: string[]): BootOption[] {
  return [...bootOptions(definition, server)].flatMap(([code, said]) => {
    if (said === undefined) {
      notes.push(`${id}: option ${code} is left out, for the server has no address of IPv4`);
      return [];
    }
    try {
      const bytes = parseOption(code, said);
      const { name, text } = describeOption(code, bytes);
      const addresses = text.split(', ').map(parseIp);
      const isAddresses = addresses.every((each) => each !== undefined) && bytes.length === addresses.length * 4;
      const printed = printable(bytes);
      return [{ code, name, bytes, ...(isAddresses ? { addresses } : printed !== undefined && { text: printed }) }];
    } catch (cause) {
      notes.push(`${id}: option ${code} is left out: ${reason(cause)}`);
      return [];
    }
  });
}

/** Without those that another one covers. */
function shortest(texts: readonly Certain[]): Certain[] {
  const covers = (one: Certain, other: Certain) =>
    one.at === 'anywhere' ? other.text.includes(one.text) : other.at === 'beginning' && other.text.startsWith(one.text);
  return texts.filter(
    (each, index) => !texts.some((other, at) => at !== index && covers(other, each) && (at < index || !covers(each, other))),
  );
}

/** A prefix that ends within an octet is 16 that do not. */
function wholeOctets(prefix: string): string[] {
  const digits = prefix.replaceAll(/[:.-]/g, '').toLowerCase();
  const whole = digits.length % 2 === 0 ? [digits] : Array.from('0123456789abcdef', (digit) => digits + digit);
  return whole.map((each) => each.match(/../g)?.join(':') ?? each);
}

/** A block of addresses that is shared: here the longest prefix wins, and a DHCP server does not know that. */
function overlaps(classes: readonly BootClass[]): string[] {
  return classes.flatMap((one) =>
    classes.flatMap((other) =>
      one === other || !other.macPrefixes.some((long) => one.macPrefixes.some((short) => long.startsWith(short)))
        ? []
        : [`Phones of ${other.id} may have MAC addresses that begin as those of ${one.id}: see which class they are put into`],
    ),
  );
}
