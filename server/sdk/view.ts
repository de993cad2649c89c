import type { Mac } from '../lib/mac.ts';
import type { Daylight, TimeZone, Transition } from '../lib/time-zone.ts';
import type { DtmfMode, KeyType, Model, SrtpMode, SyslogLevel, Transport, Word, Words } from '../sdk.ts';

/** What a template sees, the same for every vendor, with all defaults applied. What is not set is null, never missing. */
export interface View {
  readonly device: DeviceView;
  /** This device's row of the table; null when its model is unknown to the plugin. */
  readonly model: ModelView | null;
  readonly plugin: { readonly id: string; readonly firmware: readonly FirmwareView[] };
  readonly server: ServerView;
  /** Where this device finds the plugin's other files, below `server.url`, by their template: `files['contacts.tpl']`. */
  readonly files: Readonly<Record<string, string>>;
  /** By rising number; numbers may have gaps. */
  readonly lines: readonly LineView[];
  /** Every account that the model has, by its number; of an unknown model, those that are configured. */
  readonly linePlaces: readonly LinePlace[];
  /** Lines share servers; each different set of them, in the order of the lines. */
  readonly serverSets: readonly ServerSet[];
  /** Function keys by rising position; positions may have gaps. */
  readonly keys: readonly KeyView[];
  /** Every key that the model and its expansion modules have, in the order of positions; none of an unknown model. */
  readonly keyPlaces: readonly KeyPlace[];
  readonly sip: SipView;
  readonly callManagers: readonly { readonly priority: number; readonly host: string; readonly port: number | null }[];
  readonly locale: LocaleView | null;
  readonly timeZone: TimeZoneView | null;
  readonly ntp: { readonly host: string } | null;
  readonly dns: { readonly host: string } | null;
  readonly vlan: { readonly id: number; readonly priority: number | null; readonly pcPortId: number | null } | null;
  readonly syslog: { readonly host: string; readonly port: number; readonly level: SyslogLevel } | null;
  /** Accounts of the phone's own menus and web page. */
  readonly admin: { readonly username: string | null; readonly password: string | null };
  readonly user: { readonly username: string | null; readonly password: string | null };
  /** Feature codes to dial (`exten_…`). */
  readonly codes: CodesView;
  readonly phoneBook: PhoneBookView | null;
  readonly protocol: 'SIP' | 'SCCP' | null;
  readonly options: ReadonlyMap<string, unknown>;
  /** The complete raw config in its own words and order, for what the view has no name for (`raw.X_…`). */
  readonly raw: ReadonlyMap<string, unknown>;
  readonly words: Words;
  readonly extra: object;
}

export interface DeviceView {
  readonly id: string;
  readonly mac: Mac | null;
  readonly serial: string | null;
  readonly uuid: string | null;
  readonly ip: string | null;
  readonly vendor: string | null;
  readonly model: string | null;
  readonly version: string | null;
}

export type ModelView = Model & {
  readonly name: string;
  /** The release that this line installs on it. */
  readonly version: string;
  /** Paths of its firmware images below `server.url`, without a leading slash. */
  readonly images: readonly string[];
};

export interface FirmwareView {
  readonly model: string;
  readonly version: string;
  /** Paths below `server.url`, without a leading slash. */
  readonly images: readonly string[];
}

export interface ServerView {
  /** Base of all URLs that the phone is told, with the tenant's key where one is set, without a trailing slash. */
  readonly url: string;
  readonly host: string;
  readonly tftpPort: number;
}

export interface Endpoint {
  readonly host: string;
  /** null: none was set; the phone looks it up (RFC 3263) or takes the default of its transport. */
  readonly port: number | null;
}

export interface LineView {
  readonly number: number;
  readonly username: string;
  readonly authUsername: string;
  readonly password: string;
  /** Without line breaks, as is every label. */
  readonly displayName: string;
  /** The extension that people dial; null if not told. */
  readonly extension: string | null;
  readonly proxy: Endpoint | null;
  readonly backupProxy: Endpoint | null;
  readonly registrar: Endpoint | null;
  readonly backupRegistrar: Endpoint | null;
  readonly outboundProxy: Endpoint | null;
  /** Number of its servers among `serverSets`. */
  readonly serverSet: number;
  readonly dtmf: DtmfMode | null;
  readonly srtp: SrtpMode;
  /** What to dial for its voicemail: its own, else `codes.voicemail`. */
  readonly voicemail: string | null;
}

export interface LinePlace {
  readonly number: number;
  /** null: nothing is configured there. */
  readonly line: LineView | null;
}

export type ServerRole = 'proxy' | 'backupProxy' | 'registrar' | 'backupRegistrar' | 'outboundProxy';

/** Of servers that the phones cannot be told, those of the first line that has the set. */
export interface ServerSet extends Pick<LineView, ServerRole> {
  /** From 1. */
  readonly number: number;
}

export interface KeyView {
  readonly position: number;
  readonly type: KeyType;
  /** Of a park key without one of its own: `codes.park`. */
  readonly value: string | null;
  readonly label: string | null;
  /** The line that the key belongs to. */
  readonly line: number | null;
  /** The value is sent as digits within the call, and not dialled: *3, by which Asterisk, XiVO and Wazo start to record. */
  readonly inCall: boolean;
}

export interface KeyPlace {
  /** Counted through over the phone and its modules, from 1. */
  readonly position: number;
  /** 0 is the phone itself, 1 its first expansion module. */
  readonly module: number;
  /** Which kind of the phone's keys, where the model has several. */
  readonly kind: string | null;
  /** Counted within its module, or within its kind, from 1. */
  readonly index: number;
  /** null: no key is configured there. */
  readonly key: KeyView | null;
  /** The line that shows where no key is: the one of the same number. */
  readonly line: LineView | null;
}

export interface SipView {
  readonly transport: Transport;
  readonly srtp: SrtpMode;
  readonly dtmf: DtmfMode | null;
  readonly proxy: Endpoint | null;
  readonly backupProxy: Endpoint | null;
  readonly registrar: Endpoint | null;
  readonly backupRegistrar: Endpoint | null;
  readonly outboundProxy: Endpoint | null;
  readonly subscribeMwi: boolean | null;
  /** PEM texts, the root first. */
  readonly trustedCertificates: readonly string[];
  readonly localChain: readonly string[];
  readonly localCertificate: string | null;
  readonly localKey: string | null;
}

export interface CodesView {
  readonly dnd: string | null;
  readonly forwardUnconditional: string | null;
  readonly forwardNoAnswer: string | null;
  readonly forwardBusy: string | null;
  readonly forwardDisableAll: string | null;
  readonly park: string | null;
  readonly pickupGroup: string | null;
  readonly pickupCall: string | null;
  readonly voicemail: string | null;
}

export interface LocaleView {
  /** `fr_CA` */
  readonly name: string;
  readonly language: string;
  readonly country: string;
  /** The vendor's words for it, by the use that `locales` names; null where its table has none. */
  readonly words: Readonly<Record<string, Word | null>>;
}

export interface TimeZoneView extends Omit<TimeZone, 'daylight'> {
  /** The offset in standard time. */
  readonly offset: ClockView;
  /** As a POSIX TZ string: EST5EDT,M3.2.0,M11.1.0. */
  readonly posix: string;
  readonly daylight: DaylightView | null;
}

/** A time of day, or an offset, in the numbers that people write. */
export interface ClockView {
  readonly sign: '+' | '-';
  readonly hours: number;
  readonly minutes: number;
}

export interface DaylightView extends Omit<Daylight, 'start' | 'end'> {
  /** Both changes are on a day that a rule can name: "the last Sunday". Not so where the law counts from another day. */
  readonly byWeekday: boolean;
  readonly start: TransitionView;
  readonly end: TransitionView;
}

export interface TransitionView extends Transition {
  /** The time of day of the rule, if `byWeekday`. */
  readonly clock: ClockView;
  /** When it is this year. */
  readonly date: { readonly month: number; readonly day: number; readonly clock: ClockView };
}

export interface PhoneBookView {
  /** `https://192.0.2.40:443`, without a slash at its end. */
  readonly url: string;
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
  readonly profile: string;
  readonly userUuid: string | null;
}
