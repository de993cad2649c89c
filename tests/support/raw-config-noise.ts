import type { RawConfig } from '../../server/configs/model.ts';
import { tables, vocabulary } from '../../server/configs/vocabulary.ts';
import { type OrderedJson, parseOrdered } from '../../server/lib/ordered-json.ts';
import { certificate, privateKey } from './certificates.ts';
import { fc } from './fuzz.ts';

/** Stands in secret places only. */
export const secretMarker = 'S3cretMark3r';
/** Stands anywhere. */
const valueMarker = 'V4lueMark3r';

/** A config with something under every key, and a marker in all that is secret. */
export const complete = parseOrdered(
  JSON.stringify({
    ...{
      http_base_url: 'http://192.0.2.1:8667',
      tftp_port: 69,
      ip: '192.0.2.1',
      http_port: 8667,
      protocol: 'SIP',
      locale: 'fr_CA',
    },
    ...{ timezone: 'Europe/Paris', dns_enabled: true, dns_ip: '192.0.2.1', ntp_enabled: true, ntp_ip: 'pool.ntp.org' },
    ...{ vlan_enabled: true, vlan_id: 1, vlan_priority: 1, vlan_pc_port_id: 1, syslog_enabled: true, syslog_ip: 'log' },
    ...{ syslog_port: 514, syslog_level: 'info', admin_username: 'a', admin_password: secretMarker, user_password: secretMarker },
    ...{ sip_proxy_ip: 'p', sip_proxy_port: '5060', sip_dtmf_mode: 'SIP-INFO', sip_srtp_mode: 'required', sip_transport: 'tls' },
    sip_lines: {
      1: { username: 'u', password: secretMarker, display_name: 'N' },
      2: { username: 'v', password: secretMarker, display_name: 'N' },
    },
    sccp_call_managers: { 1: { ip: '192.0.2.1', port: 2000 } },
    funckeys: { 1: { type: 'blf', value: '1', label: 'x', line: 1 }, 2: { type: 'park' } },
    ...{ exten_dnd: '*25', X_xivo_phonebook_ip: 'pb', X_own: [{ a: 1 }], _comment: 'x', config_version: 1 },
  }),
) as Map<string, OrderedJson>;

export const withCertificates = new Map([
  ...complete,
  ['sip_local_certificate', certificate],
  ['sip_local_key', privateKey],
  ['sip_servers_root_and_intermediate_certificates', [certificate]],
]);

const words = [...Object.values(tables).flatMap((row) => Object.keys(row)), '1', '2', '01', '__proto__'];
const odd = ['', '٣', '\ud800', `\u0000\n${valueMarker}`, certificate + valueMarker, privateKey.replace('MIGH', valueMarker)];
const value = fc.letrec<{ leaf: OrderedJson; node: OrderedJson }>((tie) => ({
  leaf: fc.oneof(
    fc.constantFrom<OrderedJson>(null, true, false, 0, -0, 65_536, 1e308, Number.POSITIVE_INFINITY),
    fc.double({ noNaN: true }),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom(...odd),
  ),
  node: fc.oneof(
    { maxDepth: 4 },
    tie('leaf'),
    fc.array(tie('node'), { maxLength: 4 }),
    fc.array(fc.tuple(fc.constantFrom(...words), tie('node')), { maxLength: 6 }).map((entries) => new Map(entries)),
  ),
})).node;
const key = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(...Object.keys(vocabulary)) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
);
/** Random words of the vocabulary with random values. */
export const document = fc.array(fc.tuple(key, value), { maxLength: 12 }).map((entries) => new Map(entries));

/** A complete config with some values, anywhere in it, taken out or exchanged. Few have certificates: to parse them takes long. */
export const mutated = fc
  .tuple(
    fc.oneof({ weight: 19, arbitrary: fc.constant(complete) }, { weight: 1, arbitrary: fc.constant(withCertificates) }),
    fc.array(fc.tuple(fc.nat(), fc.option(value, { nil: undefined })), { minLength: 1, maxLength: 4 }),
  )
  .map(([right, changes]) => changes.reduce<RawConfig>((raw, [place, replacement]) => change(raw, place, replacement), right));

function change(raw: RawConfig, place: number, replacement: OrderedJson | undefined): Map<string, OrderedJson> {
  const entries = [...raw];
  const [changed, old] = entries[place % entries.length] ?? ['1', null];
  const deeper = old instanceof Map && old.size > 0 && place % 7 !== 0;
  const fresh = deeper ? change(old, Math.floor(place / entries.length), replacement) : replacement;
  return new Map(
    entries.flatMap(([name, item]) => (name !== changed ? [[name, item]] : fresh === undefined ? [] : [[name, fresh]])),
  );
}
