/**
 * The contract of a vendor plugin: all that a folder under plugins/ may import, and it imports types only, so that a built
 * package stands alone. A package is data; the server recognises, associates, builds the view (sdk/view.ts), renders and serves
 * for all vendors alike. docs/writing-a-plugin.md walks through it; tests/plugins/contract.test.ts holds every package to it.
 *
 *   export default { vendor: 'Acme', … } satisfies Vendor;
 */

import type { Mac } from './lib/mac.ts';
import type { DeviceView, ServerRole, View } from './sdk/view.ts';

export type { Daylight, TimeZone, Transition } from './lib/time-zone.ts';
export type * from './sdk/view.ts';
export type { Mac };

/** One vendor package: one dialect of configuration files, one or more firmware lines ("plugins") side by side. */
export interface Vendor {
  /** The vendor's name as devices carry it: `Digium`. */
  readonly vendor: string;
  /** Version of this package, not of a firmware: `1.0.2`. CHANGELOG.md beside the definition says what is new in it. */
  readonly version: string;
  /**
   * For which phones it is, by language, in English at least: `{ en: 'Acme desk phones', fr: 'Téléphones Acme' }`. A package has to
   * have it to be published.
   */
  readonly description?: Readonly<Record<string, string>>;
  /** Phones that it was really tried with, and what ran on them: `T46U 108.86.0.90`. */
  readonly tried?: readonly string[];
  /** The oldest interface version (sdk/interface.ts) that has all it needs. Default: the one that it is built for. */
  readonly interface?: number;
  readonly recognise: Recognise;
  /** First digits of the vendor's MAC addresses, 6 or more (a sub-prefix of a shared block): `00:0f:d3`. The longest wins. */
  readonly macPrefixes?: readonly string[];
  /**
   * Puts what one pattern found into the vendor's own spelling (`1_4_0_0` → `1.4.0.0`); undefined drops the find.
   * @param path what the phone asks for, as `recognise.path` sees it, empty over DHCP and SIP PnP: for phones whose boot loader and
   * application ask for different files and call themselves alike
   */
  facts?(found: Facts, path: string): Facts | undefined;
  /** Firmware lines by plugin id (`digium-2.8.1`). */
  readonly plugins: Readonly<Record<string, Line>>;
  /** The files of every line. A line may have others or more; without any here, each has its own. */
  readonly artefacts?: readonly Artefact[];
  /** How a phone comes up: what `offhook simulate` plays, and what the contract test asks of every plugin. */
  readonly boot?: Boot;
  /** The vendor's words for the neutral vocabulary: `{ transport: { udp: 0, tcp: 1, tls: 2 } }`. Templates read `words`. */
  readonly words?: Words;
  /**
   * The vendor's words for locales, a table for each use: `{ screen: { fr: 'French', fr_CA: 'French_CA' }, tones: { FR: 'France' } }`. A
   * table has them by locale (`fr_CA`), by country (`CA`) or by language (`fr`), and is asked in this order. Templates read
   * `locale.words.screen`.
   */
  readonly locales?: Readonly<Record<string, Readonly<Record<string, Word>>>>;
  /** Which of a line's servers the phones can be told, by which `serverSets` differ. Default: all. */
  readonly servers?: readonly ServerRole[];
  /** How well a line supports a phone, when the table of models cannot say it. undefined: as computed. */
  support?(info: DeviceInfo, line: Line): Support | undefined;
  /** What templates need beyond the view (a key layout, a vendor's zone name); they read it as `extra`. */
  extra?(view: View): object;
  /** DHCP options for this vendor's phones, by code: `{ 66: '{server.url}/Digium' }`; the placeholders are those of sdk/boot-options.ts. */
  readonly dhcp?: Readonly<Record<number, string>>;
  /**
   * The URL that this vendor's phones are told over SIP PnP: `{server.url}/acme/{mac}.cfg`. Placeholders that begin with `server.` are those of
   * `dhcp`; others are left as they are, for phones that fill them in themselves. Default: DHCP option 66 where that is a URL, else `{server.url}`.
   */
  readonly pnp?: string;
  readonly resync?: ResyncNotification;
}

/** What makes a phone re-read its configuration: as gently as it can, without a restart where nothing needs one. */
export interface ResyncNotification extends SipNotification {
  /** It restarts in any case. */
  readonly restarts?: boolean;
  /** What makes it restart, whatever has changed. */
  readonly restart?: SipNotification;
}

/** A SIP NOTIFY, in the words of a vendor. */
export interface SipNotification {
  /** Value of the header `Event`: `check-sync;reboot=false`. */
  readonly event: string;
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly body?: string;
}

/**
 * Patterns over what a phone sends, one list for each place. Every named group is a fact: vendor, model, version, mac, serial,
 * uuid; a pattern that matches without groups says "this vendor". Bytes beyond ASCII arrive as Latin-1 characters.
 */
export interface Recognise {
  /** HTTP path or TFTP file name, decoded, with one leading `/` and without the provisioning key. */
  readonly path?: readonly RegExp[];
  /** What follows the `?`, as sent. */
  readonly query?: readonly RegExp[];
  readonly userAgent?: readonly RegExp[];
  /** Other HTTP headers, by their name in lower case. */
  readonly headers?: Readonly<Record<string, readonly RegExp[]>>;
  /** DHCP options 60, 43, 77, 12, 124 and 125 (RFC 2132, 3004, 3925). */
  readonly vendorClass?: readonly RegExp[];
  readonly vendorSpecific?: readonly RegExp[];
  readonly userClass?: readonly RegExp[];
  readonly hostName?: readonly RegExp[];
  readonly vendorIdentifyingClass?: readonly RegExp[];
  readonly vendorIdentifyingOptions?: readonly RegExp[];
}

/** What one pattern told, still in the phone's spelling. */
export interface Facts {
  readonly vendor?: string;
  readonly model?: string;
  readonly version?: string;
  readonly mac?: string;
  readonly serial?: string;
  readonly uuid?: string;
}

/** What one request told about a phone, all packages heard. */
export interface DeviceInfo {
  readonly vendor?: string;
  readonly model?: string;
  readonly version?: string;
  readonly mac?: Mac;
  readonly serial?: string;
  readonly uuid?: string;
}

/** Support scores, as provd's: none, improbable, unknown, probable, incomplete, complete, exact. Below 300 a line is not chosen. */
export type Support = 0 | 100 | 200 | 300 | 400 | 500 | 600;

/** One firmware line: what a device is associated with. */
export interface Line {
  /** Models that share a firmware release, newest facts in one row each. */
  readonly series: readonly Series[];
  /** Artefacts that only this line has, or has otherwise than the package (same `name`). */
  readonly artefacts?: readonly Artefact[];
  /** How phones with this line's firmware come up, where they do it otherwise than the package says. */
  readonly boot?: Boot;
  /** How they are told to re-read their configuration, where they understand something else than the package says. */
  readonly resync?: ResyncNotification;
}

export interface Series {
  /** The firmware release that this line installs: `1.4.0.0.57389`. */
  readonly version: string;
  /** Paths of firmware images, as phones ask for them; placeholders as in artefact names. */
  readonly images?: readonly string[];
  readonly models: Readonly<Record<string, Model>>;
}

/** All facts of a model. Facts that only one vendor's templates need may stand here too. */
export interface Model {
  /** SIP accounts. */
  readonly lines: number;
  /** Programmable keys of the phone itself; of several kinds, how many of each, as they are counted through: `{ top: 6, side: 10 }`. */
  readonly keys?: number | Readonly<Record<string, number>>;
  /** Expansion modules: how many at most, and the keys of each. */
  readonly modules?: { readonly most: number; readonly keys: number };
  readonly [fact: string]: unknown;
}

/**
 * One kind of file a phone can ask for. `{mac}` (0015655e167c), `{MAC}` (0015655E167C), `{mac:-}` (00-15-65-5e-16-7c),
 * `{serial}`, `{uuid}`, `{model}`, `{version}` stand for facts of the device, any other for a fact of its model's row that is a text or
 * a number; the sign after a colon is put between the parts (`{version:_}` is 1_4_0_0), and a number after a slash leaves out as many characters at the
 * beginning (`{MAC/2}` is 15655E167C). A name with mac, serial or uuid belongs
 * to one device; any other is common to many.
 */
export interface Artefact {
  readonly name: string;
  /** File in templates/, or an operator's override of it. */
  readonly template: string;
  /** Says how values are escaped, what the contract test checks, and the content type. */
  readonly format: Format;
  /** Carries passwords or keys: leaves only for the device it belongs to. */
  readonly secret?: boolean;
  /** The file is one device's own although its name does not say whose. */
  readonly own?: boolean;
  /** Default utf-8. In iso-8859-1 what does not fit becomes `?`, in ascii it is left out. */
  readonly encoding?: 'utf-8' | 'iso-8859-1' | 'ascii';
  /** Default: by the format. */
  readonly contentType?: string;
  /**
   * Makes the file of the rendered text, for phones that read no text: a header with a checksum before it, a form of their own. What it
   * throws is a file that cannot be made.
   */
  seal?(text: string, device: DeviceView): Uint8Array;
}

/** `xml` escapes markup; `lines` keeps a value on its line (one setting each); `text` writes values as they are. */
export type Format = 'xml' | 'lines' | 'text';

/**
 * What a phone sends as it comes up, from a capture or the vendor's guide. Texts take the placeholders of artefact names, `{version}`
 * being the release of the phone's series, and besides every fact of its model's row that is a text or a number: with
 * `VVX400: { lines: 12, product: 'VVX_400' }` the text `PolycomVVX-{product}-UA/{version}` has all it needs.
 */
export interface Boot {
  /** How the phone can fetch its files; it takes the first unless it is told otherwise. */
  readonly transports: readonly ('http' | 'https' | 'tftp')[];
  /** HTTP header of that name; without it the phone tells nothing of itself there. */
  readonly userAgent?: string;
  /** DHCP option 60 (RFC 2132, 9.13). */
  readonly vendorClass?: string;
  /** In the order in which the phone sends them, one after the answer to the other. */
  readonly requests: readonly BootRequest[];
}

export type BootRequest =
  | {
      /**
       * Below the server's URL, without a leading slash; a query may follow. Of several the phone asks for the next one only when the
       * one before does not exist: `['{mac}.cfg', '000000000000.cfg']`.
       */
      readonly path: string | readonly [string, ...string[]];
      /** The phone comes up without it, and most servers do not have it. */
      readonly optional?: boolean;
      /** Where the phone speaks with another program than for its other requests. */
      readonly userAgent?: string;
    }
  /** The images of its series, which a phone fetches here when it does not run their release yet. */
  | { readonly images: true; readonly userAgent?: string };

export type Word = string | number;
export interface Words {
  readonly transport?: Readonly<Record<Transport, Word>>;
  readonly srtp?: Readonly<Record<SrtpMode, Word>>;
  readonly dtmf?: Readonly<Record<DtmfMode, Word>>;
  readonly key?: Readonly<Record<KeyType, Word>>;
  readonly syslogLevel?: Readonly<Record<SyslogLevel, Word>>;
  readonly [table: string]: Readonly<Record<string, Word>> | undefined;
}

export type Transport = 'udp' | 'tcp' | 'tls';
export type SrtpMode = 'disabled' | 'preferred' | 'required';
export type DtmfMode = 'RTP-in-band' | 'RTP-out-of-band' | 'SIP-INFO';
export type KeyType = 'speeddial' | 'blf' | 'park';
export type SyslogLevel = 'critical' | 'error' | 'warning' | 'info' | 'debug';
