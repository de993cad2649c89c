import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { Complaint } from '../lib/errors.ts';
import { nearest } from '../lib/nearest.ts';
import type { OrderedJson } from '../lib/ordered-json.ts';
import type { Secret } from '../lib/secret.ts';
import type { CodesView, Endpoint, KeyView, LineView, LocaleView, PhoneBookView, SipView, View } from '../sdk.ts';
import type { RawConfig } from './model.ts';
import { TABLE_KEY } from './raw-config-types.ts';
import { type Document, readDocument, tables, vocabulary } from './vocabulary.ts';

export interface Account {
  readonly username: string | null;
  readonly password: Secret | null;
}

/** A SIP line with its server and modes, whether they are its own or those of all lines. */
export type LineSettings = Omit<LineView, 'password' | 'proxy' | 'serverSet'> & {
  readonly password: Secret;
  readonly proxy: Endpoint;
};
/** A locale without any vendor's words for it. */
export type Locale = Omit<LocaleView, 'words'>;
export type SipSettings = Omit<SipView, 'localKey'> & { readonly localKey: Secret | null };

/** What a complete raw config says, typed, with all defaults applied. null: not set, or not enabled. */
export interface PhoneSettings {
  /** Without a slash at its end. */
  readonly httpBaseUrl: string | null;
  readonly tftpPort: number | null;
  readonly protocol: View['protocol'];
  readonly locale: Locale | null;
  /** Name of an IANA zone. */
  readonly timeZone: string | null;
  readonly dns: View['dns'];
  readonly ntp: View['ntp'];
  readonly vlan: View['vlan'];
  readonly syslog: View['syslog'];
  readonly admin: Account;
  readonly user: Account;
  readonly sip: SipSettings;
  /** By rising number. */
  readonly lines: readonly LineSettings[];
  /** By rising number; 1 is tried first. */
  readonly callManagers: View['callManagers'];
  /** By rising position. */
  readonly keys: readonly KeyView[];
  readonly codes: CodesView;
  readonly phoneBook: PhoneBookView | null;
}

export type Reading = { readonly settings: PhoneSettings } | { readonly complaints: readonly Complaint[] };

/**
 * All that is wrong with the keys, types and ranges of one document, which may leave to its parents or its children what it does
 * not say. No message holds a value.
 */
export function checkDocument(raw: RawConfig): Complaint[] {
  return [...checkKeys(raw), ...typeComplaints(readDocument(raw))];
}

/**
 * Reads a complete raw config, one that was laid over its parents and the server's base. Complains, as `checkDocument` and of what
 * is missing or does not fit together.
 */
export function readSettings(raw: RawConfig): Reading {
  const parsed = readDocument(raw);
  const complaints = [...checkKeys(raw), ...typeComplaints(parsed)];
  if (!parsed.success || complaints.length > 0) return { complaints };
  const settings = settingsOf(parsed.data, (key, message) => complaints.push({ path: `raw_config.${key}`, message }));
  return complaints.length > 0 ? { complaints } : { settings };
}

function typeComplaints({ error }: ReturnType<typeof readDocument>): Complaint[] {
  const issues = error?.issues ?? [];
  return issues.map(({ path, message }) => ({ path: ['raw_config', ...path].join('.'), message }));
}

// Keys --------------------------------------------------------------------------------------------------------------------------

function checkKeys(raw: RawConfig): Complaint[] {
  return [...unknownKeys('raw_config', raw, vocabulary), ...Object.entries(tables).flatMap((table) => checkRows(raw, ...table))];
}

function checkRows(raw: RawConfig, name: string, words: object): Complaint[] {
  const rows = raw.get(name);
  if (!(rows instanceof Map)) return [];
  return [...rows].flatMap(([key, row]) => {
    const path = `raw_config.${name}.${shown(key)}`;
    if (!TABLE_KEY.test(key)) return [{ path, message: 'the key must be a number from 1 to 9999, without leading zeros' }];
    return row instanceof Map ? unknownKeys(path, row, words) : [];
  });
}

function unknownKeys(path: string, object: ReadonlyMap<string, OrderedJson>, words: object): Complaint[] {
  return [...object.keys()]
    .filter((key) => !Object.hasOwn(words, key) && !/^X_[A-Za-z0-9_]+$/.test(key))
    .map((key) => ({ path: `${path}.${shown(key)}`, message: unknownKey(key, words) }));
}

function unknownKey(key: string, words: object): string {
  if (key.startsWith('XX_')) return 'keys with XX_ are reserved: templates are given theirs under such names; use X_';
  if (key.startsWith('X_')) return 'a key of your own must be X_ and letters, digits and underscores';
  const meant = nearest(key, Object.keys(words));
  return `there is no such key${meant === undefined ? '.' : `; did you mean ${meant}?`} Keys of your own must start with X_`;
}

/** A key as a message shows it: a wrong one can be anything, and as long as a request may be. */
export function shown(key: string): string {
  return /^[\w-]{1,64}$/.test(key) ? key : JSON.stringify(key.length > 64 ? `${key.slice(0, 64)}…` : key);
}

// Settings ----------------------------------------------------------------------------------------------------------------------

type Complain = (key: string, message: string) => void;

function settingsOf(document: Document, complain: Complain): PhoneSettings {
  const sip = sipOf(document, complain);
  return {
    httpBaseUrl: document.http_base_url,
    tftpPort: document.tftp_port,
    protocol: document.protocol,
    locale: document.locale === null ? null : localeOf(document.locale),
    timeZone: document.timezone,
    ...servicesOf(document, complain),
    admin: { username: document.admin_username, password: document.admin_password },
    user: { username: document.user_username, password: document.user_password },
    sip,
    lines: document.sip_lines.flatMap((row) => lineOf(row, sip, document.exten_voicemail, complain) ?? []),
    callManagers: document.sccp_call_managers.flatMap((row) => callManagerOf(row, complain) ?? []),
    keys: document.funckeys.flatMap((row) => keyOf(row, document.exten_park, complain) ?? []),
    codes: {
      dnd: document.exten_dnd,
      forwardUnconditional: document.exten_fwd_unconditional,
      forwardNoAnswer: document.exten_fwd_no_answer,
      forwardBusy: document.exten_fwd_busy,
      forwardDisableAll: document.exten_fwd_disable_all,
      park: document.exten_park,
      pickupGroup: document.exten_pickup_group,
      pickupCall: document.exten_pickup_call,
      voicemail: document.exten_voicemail,
    },
    phoneBook: phoneBookOf(document),
  };
}

function localeOf(name: string): Locale {
  const [language = '', country = ''] = name.split('_');
  return { name, language, country };
}

/** What is told only when it is enabled, and then has to be told wholly. */
function servicesOf(document: Document, complain: Complain): Pick<PhoneSettings, 'dns' | 'ntp' | 'vlan' | 'syslog'> {
  const needed = <T>(enabled: boolean | null, key: string, value: T | null, why: string): T | null => {
    if (enabled && value === null) complain(key, `is missing; ${why} needs it`);
    return enabled ? value : null;
  };
  const dns = needed(document.dns_enabled, 'dns_ip', document.dns_ip, 'dns_enabled');
  const ntp = needed(document.ntp_enabled, 'ntp_ip', document.ntp_ip, 'ntp_enabled');
  const vlan = needed(document.vlan_enabled, 'vlan_id', document.vlan_id, 'vlan_enabled');
  const syslog = needed(document.syslog_enabled, 'syslog_ip', document.syslog_ip, 'syslog_enabled');
  return {
    dns: dns === null ? null : { host: dns },
    ntp: ntp === null ? null : { host: ntp },
    vlan: vlan === null ? null : { id: vlan, priority: document.vlan_priority, pcPortId: document.vlan_pc_port_id },
    syslog: syslog === null ? null : { host: syslog, port: document.syslog_port, level: document.syslog_level },
  };
}

function sipOf(document: Document, complain: Complain): SipSettings {
  const proxy = endpoint(document.sip_proxy_ip, document.sip_proxy_port, null);
  const { sip_local_certificate: certificate, sip_local_key: key } = document;
  if (certificate !== null && key !== null && !belongTogether(certificate, key)) {
    complain('sip_local_key', 'is not the key of sip_local_certificate');
  }
  return {
    transport: document.sip_transport,
    srtp: document.sip_srtp_mode,
    dtmf: document.sip_dtmf_mode,
    proxy,
    backupProxy: endpoint(document.sip_backup_proxy_ip, document.sip_backup_proxy_port, null),
    registrar: endpoint(document.sip_registrar_ip, document.sip_registrar_port, proxy),
    backupRegistrar: endpoint(document.sip_backup_registrar_ip, document.sip_backup_registrar_port, null),
    outboundProxy: endpoint(document.sip_outbound_proxy_ip, document.sip_outbound_proxy_port, null),
    subscribeMwi: document.sip_subscribe_mwi,
    trustedCertificates: document.sip_servers_root_and_intermediate_certificates ?? [],
    localChain: document.sip_local_root_and_intermediate_certificates ?? [],
    localCertificate: certificate,
    localKey: key,
  };
}

/**
 * A server by its host and port, of which one may be left to a more general server. A port goes with its host: a host of one's own
 * takes the general port only if it is the general host.
 */
function endpoint(host: string | null, port: number | null, general: Endpoint | null): Endpoint | null {
  const name = host ?? general?.host ?? null;
  if (name === null) return null;
  return { host: name, port: port ?? (name === general?.host ? general.port : null) };
}

function belongTogether(certificate: string, key: Secret): boolean {
  return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key.reveal()));
}

function lineOf(
  { number, fields }: Document['sip_lines'][number],
  sip: SipSettings,
  voicemail: string | null,
  complain: Complain,
): LineSettings | undefined {
  const { username, password, display_name: displayName } = fields;
  for (const [key, value] of Object.entries({ username, password, display_name: displayName })) {
    if (value === null) complain(`sip_lines.${number}.${key}`, 'is missing; every line needs it');
  }
  const proxy = endpoint(fields.proxy_ip, fields.proxy_port, sip.proxy);
  if (proxy === null) complain(`sip_lines.${number}.proxy_ip`, 'is missing; a line needs it when there is no sip_proxy_ip');
  if (username === null || password === null || displayName === null || proxy === null) return undefined;
  // A line with a proxy of its own registers there, and not where the others do.
  const registrar = fields.proxy_ip === null ? sip.registrar : proxy;
  return {
    number,
    username,
    authUsername: fields.auth_username ?? username,
    password,
    displayName,
    extension: fields.number,
    proxy,
    backupProxy: endpoint(fields.backup_proxy_ip, fields.backup_proxy_port, sip.backupProxy),
    registrar: endpoint(fields.registrar_ip, fields.registrar_port, registrar),
    backupRegistrar: endpoint(fields.backup_registrar_ip, fields.backup_registrar_port, sip.backupRegistrar),
    outboundProxy: endpoint(fields.outbound_proxy_ip, fields.outbound_proxy_port, sip.outboundProxy),
    dtmf: fields.dtmf_mode ?? sip.dtmf,
    srtp: fields.srtp_mode ?? sip.srtp,
    voicemail: fields.voicemail ?? voicemail,
  };
}

function callManagerOf({ number, fields }: Document['sccp_call_managers'][number], complain: Complain) {
  if (fields.ip === null) {
    complain(`sccp_call_managers.${number}.ip`, 'is missing; every call manager needs it');
    return undefined;
  }
  return { priority: number, host: fields.ip, port: fields.port };
}

/** Asterisk's feature code for recording, in XiVO and Wazo. It means something during a call only. */
const RECORDING = '*3';

function keyOf({ number, fields }: Document['funckeys'][number], park: string | null, complain: Complain): KeyView | undefined {
  const { type, label, line } = fields;
  const value = fields.value ?? (type === 'park' ? park : null);
  if (type === null) {
    complain(`funckeys.${number}.type`, 'is missing; every key needs it');
    return undefined;
  }
  if (value === null && type !== 'park') {
    complain(`funckeys.${number}.value`, `is missing; a key of type ${type} needs it`);
    return undefined;
  }
  return { position: number, type, value, label, line, inCall: type === 'speeddial' && value === RECORDING };
}

function phoneBookOf(document: Document): PhoneBookView | null {
  const { X_xivo_phonebook_ip: host, X_xivo_phonebook_scheme: scheme, X_xivo_phonebook_port: port } = document;
  if (host === null) return null;
  return {
    url: `${scheme}://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    scheme,
    host,
    port,
    profile: document.X_xivo_phonebook_profile,
    userUuid: document.X_xivo_user_uuid,
  };
}
