import { z } from 'zod';
import { toPlain } from '../lib/ordered-json.ts';
import type { RawConfig } from './model.ts';
import {
  baseUrl,
  boolean,
  certificate,
  certificates,
  field,
  fieldOr,
  host,
  locale,
  oneOf,
  port,
  privateKey,
  secret,
  table,
  tableNumber,
  text,
  timeZone,
  urlSegment,
  version,
  vlanId,
  vlanPriority,
} from './raw-config-types.ts';

const dtmfMode = oneOf('RTP-in-band', 'RTP-out-of-band', 'SIP-INFO');
const srtpMode = oneOf('disabled', 'preferred', 'required');

/** Words of the rows of the tables, by the table. */
export const tables = {
  sip_lines: {
    username: field(text, 'User part of its SIP address. **Mandatory.**'),
    password: field(secret, 'Password of its account. **Mandatory.**'),
    display_name: field(text, 'Name shown to people. **Mandatory.**'),
    auth_username: field(text, 'Name of its account. Default: `username`.'),
    number: field(text, 'The extension that people dial.'),
    proxy_ip: field(host, 'Its SIP proxy. **Mandatory** without `sip_proxy_ip`.'),
    proxy_port: field(port, 'Its port.'),
    backup_proxy_ip: field(host, 'Proxy when the first does not answer. Default: `sip_backup_proxy_ip`.'),
    backup_proxy_port: field(port, 'Its port.'),
    registrar_ip: field(host, 'Where it registers. Default: its `proxy_ip`, else `sip_registrar_ip`.'),
    registrar_port: field(port, 'Its port.'),
    backup_registrar_ip: field(host, 'Registrar when the first does not answer. Default: `sip_backup_registrar_ip`.'),
    backup_registrar_port: field(port, 'Its port.'),
    outbound_proxy_ip: field(host, 'Where all its requests are sent. Default: `sip_outbound_proxy_ip`.'),
    outbound_proxy_port: field(port, 'Its port.'),
    dtmf_mode: field(dtmfMode, 'How digits are sent during a call. Default: `sip_dtmf_mode`.'),
    srtp_mode: field(srtpMode, 'Encryption of the voice. Default: `sip_srtp_mode`.'),
    voicemail: field(text, 'What is dialled to hear its messages. Default: `exten_voicemail`.'),
  },
  sccp_call_managers: {
    ip: field(host, 'Its address. **Mandatory.**'),
    port: field(port, 'Its port.'),
  },
  funckeys: {
    type: field(oneOf('speeddial', 'blf', 'park'), 'Dials, shows whether somebody is busy, or parks a call. **Mandatory.**'),
    value: field(text, 'What it dials or watches. **Mandatory** for `speeddial` and `blf`; of `park`, default: `exten_park`.'),
    label: field(text, 'What is written beside it.'),
    line: field(tableNumber, 'Number of the line it belongs to.'),
  },
};

/** The words of a raw config, as XiVO and Wazo know them. docs/configs.md is made from this table. */
export const vocabulary = {
  http_base_url: field(
    baseUrl,
    'Base of the URLs that phones are told. The server knows it; set it only to tell phones another.',
  ),
  tftp_port: field(port, 'Port of the TFTP server, for phones that do not know HTTP.'),
  ip: field(host, 'Address of the server. Deprecated: `http_base_url` says it.'),
  http_port: field(port, 'Port of the HTTP server. Deprecated: `http_base_url` says it.'),

  protocol: field(oneOf('SIP', 'SCCP'), 'What the phone speaks; only for phones that know both.'),
  locale: field(locale, 'Language and country of the phone.'),
  timezone: field(timeZone, 'Time zone of the phone.'),

  dns_enabled: field(boolean, 'Whether the phone is told a DNS server. Needs `dns_ip`.'),
  dns_ip: field(host, 'The DNS server.'),
  ntp_enabled: field(boolean, 'Whether the phone is told a time server. Needs `ntp_ip`.'),
  ntp_ip: field(host, 'The time server.'),

  vlan_enabled: field(boolean, 'Whether the phone tags its frames. Needs `vlan_id`.'),
  vlan_id: field(vlanId, 'VLAN of the phone.'),
  vlan_priority: field(vlanPriority, 'Priority of its frames (802.1p).'),
  vlan_pc_port_id: field(vlanId, 'VLAN of the port into which a computer is plugged.'),

  syslog_enabled: field(boolean, 'Whether the phone sends its log to a server. Needs `syslog_ip`.'),
  syslog_ip: field(host, 'The log server.'),
  syslog_port: fieldOr(port, 514, 'Its port.'),
  syslog_level: fieldOr(oneOf('critical', 'error', 'warning', 'info', 'debug'), 'warning', 'The least important that is sent.'),

  admin_username: field(text, "Administrator's account in the phone's menus and on its web page."),
  admin_password: field(secret, 'Its password.'),
  user_username: field(text, "User's account in the phone's menus and on its web page."),
  user_password: field(secret, 'Its password.'),

  sip_proxy_ip: field(host, 'SIP proxy of all lines that name none.'),
  sip_proxy_port: field(port, 'Its port.'),
  sip_backup_proxy_ip: field(host, 'Proxy when the first does not answer.'),
  sip_backup_proxy_port: field(port, 'Its port.'),
  sip_registrar_ip: field(host, 'Where lines register. Default: the proxy.'),
  sip_registrar_port: field(port, 'Its port.'),
  sip_backup_registrar_ip: field(host, 'Registrar when the first does not answer.'),
  sip_backup_registrar_port: field(port, 'Its port.'),
  sip_outbound_proxy_ip: field(host, 'Where all requests are sent, whatever their URI says (RFC 3261, 8.1.2).'),
  sip_outbound_proxy_port: field(port, 'Its port.'),
  sip_dtmf_mode: field(dtmfMode, 'How digits are sent during a call. Unset: as the phone likes.'),
  sip_srtp_mode: fieldOr(srtpMode, 'disabled', 'Encryption of the voice.'),
  sip_transport: fieldOr(oneOf('udp', 'tcp', 'tls'), 'udp', 'Transport of SIP.'),
  sip_servers_root_and_intermediate_certificates: field(
    certificates,
    "Certificates by which the phone knows the servers', the root first.",
  ),
  sip_local_root_and_intermediate_certificates: field(certificates, "Certificates above the phone's own, the root first."),
  sip_local_certificate: field(certificate, "The phone's own certificate."),
  sip_local_key: field(privateKey, 'The private key of `sip_local_certificate`.'),
  sip_subscribe_mwi: field(boolean, 'Whether the phone subscribes to its message waiting state (RFC 3842).'),
  sip_lines: table(tables.sip_lines, 'The SIP lines, by number.'),

  sccp_call_managers: table(tables.sccp_call_managers, 'The SCCP call managers, by number; 1 is tried first.'),

  exten_dnd: field(text, 'Code to dial for: do not disturb.'),
  exten_fwd_unconditional: field(text, 'Code for: forward all calls.'),
  exten_fwd_no_answer: field(text, 'Code for: forward when nobody answers.'),
  exten_fwd_busy: field(text, 'Code for: forward when busy.'),
  exten_fwd_disable_all: field(text, 'Code for: forward no more.'),
  exten_park: field(text, 'Extension to park calls.'),
  exten_pickup_group: field(text, 'Code to take a call that rings in the group.'),
  exten_pickup_call: field(text, 'Code to take a call that rings on one phone.'),
  exten_voicemail: field(text, 'Extension of the voicemail.'),

  funckeys: table(tables.funckeys, 'The programmable keys, by position.'),

  X_xivo_phonebook_ip: field(host, 'Server of the phone book. Unset: none.'),
  X_xivo_phonebook_scheme: fieldOr(oneOf('http', 'https'), 'http', 'How it is reached.'),
  X_xivo_phonebook_port: fieldOr(port, 9498, 'Its port.'),
  X_xivo_phonebook_profile: fieldOr(urlSegment, 'default', 'Profile by which the directory answers.'),
  X_xivo_user_uuid: field(urlSegment, 'Who uses the phone, to the directory.'),

  config_version: field(version, 'Version of the vocabulary; without effect.'),
  _comment: field(text, 'For people; without effect.'),
};

const document = z.object(vocabulary);

/** A raw config as it is read: everything there, null where nothing is set, tables as rows by rising number. */
export type Document = z.output<typeof document>;

/** Reads the known keys and passes over all others. */
export function readDocument(raw: RawConfig): z.ZodSafeParseResult<Document> {
  const known = Object.keys(vocabulary).map((key) => [key, toPlain(raw.get(key) ?? null)]);
  return document.safeParse(Object.fromEntries(known));
}
