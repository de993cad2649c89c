import { certificate, privateKey } from './certificates.ts';
import { raw } from './render.ts';

/** What phones are configured with, from hardly anything to everything the vocabulary has. Every vendor has to render them all. */
export const rawConfigs = {
  minimal: raw({
    sip_lines: { 1: { username: 'u1001', password: 'pw1001', display_name: 'Alice', number: '1001', proxy_ip: '192.0.2.20' } },
  }),
  empty: raw({}),
  rich: raw({
    protocol: 'SIP',
    dns_enabled: true,
    dns_ip: '192.0.2.53',
    ntp_enabled: true,
    ntp_ip: '192.0.2.123',
    vlan_enabled: true,
    vlan_id: 100,
    vlan_priority: 5,
    vlan_pc_port_id: 200,
    syslog_enabled: true,
    syslog_ip: '192.0.2.51',
    syslog_port: 5514,
    syslog_level: 'info',
    admin_username: 'admin',
    admin_password: '123456',
    user_username: 'user',
    user_password: '7890',
    timezone: 'Europe/Paris',
    locale: 'fr_FR',
    sip_proxy_ip: 'sip.example.com',
    sip_proxy_port: 5061,
    sip_backup_proxy_ip: '192.0.2.21',
    sip_registrar_ip: '192.0.2.22',
    sip_outbound_proxy_ip: '192.0.2.24',
    sip_dtmf_mode: 'SIP-INFO',
    sip_srtp_mode: 'required',
    sip_transport: 'tls',
    sip_subscribe_mwi: true,
    sip_lines: {
      1: {
        username: 'u1',
        password: 'pw1',
        display_name: 'Alice Martin',
        number: '1001',
        auth_username: 'auth1',
        voicemail: '*98',
      },
      2: {
        username: 'u2',
        password: 'pw2',
        display_name: 'Two',
        proxy_ip: '192.0.2.30',
        backup_proxy_ip: '192.0.2.31',
        backup_proxy_port: 5070,
      },
    },
    funckeys: {
      1: { type: 'speeddial', value: '2001', label: 'Bob', line: 1 },
      2: { type: 'blf', value: '2002', label: 'Carol', line: 2 },
      3: { type: 'park', value: '701', label: 'Park' },
      4: { type: 'park' },
      20: { type: 'blf', value: '2020' },
    },
    sccp_call_managers: { 1: { ip: '192.0.2.20' }, 2: { ip: '192.0.2.21', port: 2001 } },
    exten_dnd: '*25',
    exten_fwd_unconditional: '*21',
    exten_fwd_no_answer: '*22',
    exten_fwd_busy: '*23',
    exten_fwd_disable_all: '*20',
    exten_park: '700',
    exten_pickup_group: '*8',
    exten_pickup_call: '*8',
    exten_voicemail: '*98',
    X_xivo_phonebook_ip: '192.0.2.40',
    X_xivo_user_uuid: '2a8f3c1e-5b7d-4e9f-8a6b-0c1d2e3f4a5b',
  }),
  /** What a phone has that nobody has been given yet: it registers, and can be called to be claimed. */
  autoprov: raw({
    protocol: 'SIP',
    ntp_enabled: true,
    ntp_ip: '192.0.2.10',
    X_xivo_phonebook_ip: '192.0.2.10',
    admin_username: 'admin',
    admin_password: 'aBc123DeF456',
    sip_dtmf_mode: 'SIP-INFO',
    sip_lines: {
      1: { username: 'apYgW48ycP', password: 'autoprov', display_name: 'Autoprov', number: 'autoprov', proxy_ip: '192.0.2.10' },
    },
    sccp_call_managers: { 1: { ip: '192.0.2.10' } },
  }),
  /** Lines with gaps between them, as handsets of a base are; servers and backups that some share; what a line says otherwise than all. */
  several: raw({
    timezone: 'America/St_Johns',
    locale: 'fr_CA',
    sip_proxy_ip: '192.0.2.20',
    sip_backup_proxy_ip: '192.0.2.21',
    sip_backup_proxy_port: 5062,
    sip_transport: 'tcp',
    sip_srtp_mode: 'preferred',
    sip_dtmf_mode: 'RTP-out-of-band',
    sip_subscribe_mwi: false,
    exten_voicemail: '*98',
    exten_park: '700',
    sip_lines: {
      1: { username: 'u1', password: 'pw1', display_name: 'Alice', number: '1001' },
      2: { username: 'u2', password: 'pw2', display_name: 'Bob', number: '1002', dtmf_mode: 'SIP-INFO', srtp_mode: 'disabled' },
      4: {
        username: 'u4',
        password: 'pw4',
        display_name: 'Carol',
        proxy_ip: 'sip.example.com',
        proxy_port: 5080,
        voicemail: '*99',
      },
      5: { username: 'u5', password: 'pw5', display_name: 'Dan', number: '1005' },
    },
    funckeys: {
      1: { type: 'speeddial', value: '*3', label: 'Record' },
      3: { type: 'park', label: 'Park' },
      30: { type: 'blf', value: '1005', line: 2 },
    },
  }),
  /** Certificates of the servers and of the phone, over TLS without a port. */
  certificates: raw({
    sip_transport: 'tls',
    sip_srtp_mode: 'required',
    sip_servers_root_and_intermediate_certificates: [certificate],
    sip_local_root_and_intermediate_certificates: [certificate],
    sip_local_certificate: certificate,
    sip_local_key: privateKey,
    sip_lines: { 1: { username: 'u1001', password: 'pw1001', display_name: 'Alice', proxy_ip: 'sip.example.com' } },
  }),
  /** What people type, and what breaks a file when it is not escaped. */
  hostile: raw({
    admin_password: 'a&<>"\'é;#=%',
    admin_username: 'adm<in>&',
    sip_lines: {
      1: {
        username: 'u&1<001>',
        password: 'p"w\'1&<>é',
        display_name: 'Zoé & <Ben> "Q" \'A\' 中文 €',
        proxy_ip: '192.0.2.20',
        voicemail: '*9<8>',
      },
      2: { username: 'tab\tsemi;', password: '#hash{% raw %}{{x}}', display_name: 'line\nbreak = 1', proxy_ip: '192.0.2.20' },
    },
    funckeys: {
      1: { type: 'speeddial', value: '*25&<', label: 'é中"&<>\n x = y' },
      2: { type: 'blf', value: '3002', label: '😀 ]]> --> \u0001' },
    },
  }),
} as const;

export type CaseName = keyof typeof rawConfigs;

/** A password that must not show up where it does not belong. */
export const marker = 'mArKer-5eCreT-pAssw0rd';

/** Texts of which each is, or is part of, one of the secrets in `marked`. */
export const secrets: readonly string[] = [marker, privateKey.split('\n')[1] ?? ''];

/** Every secret of the vocabulary is the marker, or the private key. */
export const marked = raw({
  sip_local_certificate: certificate,
  sip_local_key: privateKey,
  admin_password: marker,
  user_password: marker,
  sip_lines: { 1: { username: 'u1', password: marker, display_name: 'One', proxy_ip: '192.0.2.20' } },
});
