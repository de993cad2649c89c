import type { Vendor, View } from '../../server/sdk.ts';
import { adapterAccounts, keyCodesOf, phoneAccounts } from './codes.ts';
import { grp261x, gxp14xx, gxp16xx, gxp21xx, gxp21xxOfOld, gxp2000, gxp2200, gxv33xx, ht80x, ht80xV2 } from './models.ts';
import { clockOf, oldClockOf, seal, serversOf } from './quirks.ts';

const macPrefixes = ['00:0b:82', 'c0:74:ad', 'ec:74:d7'];
const ownMac = `(?<mac>(?:${macPrefixes.map((prefix) => prefix.replaceAll(':', '')).join('|')})[\\da-f]{6})`;

// The firmware of these lines reads settings by their names, which older firmware has only numbers for.
const byNames = [{ name: 'Grandstream/cfg{mac}.xml', template: 'names.tpl', format: 'xml', secret: true }] as const;

function extra({ model, lines, sip, dns, timeZone, server, keyPlaces }: View): object {
  const { protocol, host, pathname } = new URL(server.url);
  return {
    servers: new Map(lines.map((line) => [line.number, serversOf(line, sip)])),
    /** An address of IPv4 in its four parts, as the phone is told it; none is four zeros. */
    dns: /^\d+(?:\.\d+){3}$/.test(dns?.host ?? '') ? dns?.host.split('.') : ['0', '0', '0', '0'],
    clock: timeZone && clockOf(timeZone),
    oldClock: timeZone && oldClockOf(timeZone),
    /** Where this server's files are, without a scheme: that is told apart. */
    home: { protocol: protocol.slice(0, -1), path: `${host}${pathname.replace(/\/$/, '')}/Grandstream` },
    accounts: model?.adapter ? adapterAccounts : phoneAccounts,
    keyCodes: new Map(keyPlaces.map((place) => [place.position, keyCodesOf(place, model?.android === true)])),
  };
}

export default {
  vendor: 'Grandstream',
  version: '1.0.0',
  description: {
    en: 'Grandstream desk phones GXP and GRP, Android phones GXV and adapters HT80x',
    fr: 'Téléphones de bureau Grandstream GXP et GRP, téléphones Android GXV et adaptateurs HT80x',
  },
  macPrefixes,

  recognise: {
    userAgent: [
      // Grandstream Model HW GXP1405 SW 1.0.4.23 DevId 000b8240d55c, Grandstream Model HW GXP2200 V2.2A SW 1.0.1.33 DevId 000b82462d97
      /^Grandstream Model HW\s+(?<model>\w+)(?:\s+V\d[\w.]*)?\s+SW\s+(?<version>\d[\d.]*)\s+DevId\s+(?<mac>[\da-f]{12})$/i,
    ],
    path: [
      // Where DHCP sends the phones: whoever asks there is one.
      /^\/Grandstream\/(?:cfg(?<mac>[\da-f]{12})(?:\.xml)?$)?/i,
      // /cfg000b8240d55c.xml and /cfg000b8240d55c, but only of Grandstream's own addresses: other vendors name theirs so, too.
      new RegExp(`^/cfg${ownMac}(?:\\.xml)?$`, 'i'),
    ],
    // Grandstream GXP2130, as phones say it unless they are told otherwise
    vendorClass: [/^Grandstream (?<model>[A-Z]{2,3}\d\w+)$/],
  },

  plugins: {
    'grandstream-1.2.5.3': {
      series: gxp2000,
      artefacts: [
        {
          name: 'Grandstream/cfg{mac}',
          template: 'gxp2000.tpl',
          format: 'lines',
          seal,
          contentType: 'application/octet-stream',
          secret: true,
        },
      ],
      boot: {
        transports: ['http', 'tftp'],
        userAgent: 'Grandstream Model HW {model} SW {version} DevId {mac}',
        requests: [{ path: 'Grandstream/cfg{mac}' }],
      },
    },
    'grandstream-1.0.8.6': { series: gxp21xxOfOld },
    'grandstream-1.0.8.9': { series: gxp14xx },
    'grandstream-1.0.7.13': { series: gxp16xx('1.0.7.13') },
    'grandstream-1.0.7.81': { series: gxp16xx('1.0.7.81') },
    'grandstream-1.0.11.79': { series: gxp21xx('1.0.11.79', ['GXP2135']), artefacts: byNames },
    'grandstream-1.0.11.85': {
      series: gxp21xx('1.0.11.85', ['GXP2130', 'GXP2135', 'GXP2140', 'GXP2160', 'GXP2170']),
      artefacts: byNames,
    },
    'grandstream-1.0.5.48': { series: grp261x, artefacts: byNames },
    'grandstream-1.0.3.27': { series: gxp2200 },
    'grandstream-1.0.3.2x-android': { series: gxv33xx },
    'grandstream-1.0.27.2': { series: ht80x('1.0.27.2') },
    'grandstream-1.0.63.3': { series: [...ht80x('1.0.63.3'), ...ht80xV2] },
  },

  artefacts: [{ name: 'Grandstream/cfg{mac}.xml', template: 'codes.tpl', format: 'xml', secret: true }],

  boot: {
    transports: ['http', 'https', 'tftp'],
    userAgent: 'Grandstream Model HW {model} SW {version} DevId {mac}',
    requests: [
      { path: 'Grandstream/cfg{mac}', optional: true },
      { path: 'Grandstream/cfg{mac}.xml' },
      { images: true },
      { path: 'Grandstream/phonebook.xml', optional: true },
    ],
  },

  words: {
    transport: { udp: 0, tcp: 1, tls: 2 },
    transportName: { udp: 'UDP', tcp: 'TCP', tls: 'TlsOrTcp' },
    srtp: { disabled: 0, preferred: 1, required: 2 },
    srtpName: { disabled: 'Disabled', preferred: 'EnabledButNotForced', required: 'EnabledAndForced' },
    // The three ways in which digits go out, each for itself. Those in the audio go out as events besides.
    dtmfInAudio: { 'RTP-in-band': 1, 'RTP-out-of-band': 0, 'SIP-INFO': 0 },
    dtmfInRtp: { 'RTP-in-band': 1, 'RTP-out-of-band': 1, 'SIP-INFO': 0 },
    dtmfInSip: { 'RTP-in-band': 0, 'RTP-out-of-band': 0, 'SIP-INFO': 1 },
    // Adapters try one way after the other: 100 is in the audio, 101 an event, 102 SIP INFO.
    dtmfFirst: { 'RTP-in-band': 100, 'RTP-out-of-band': 101, 'SIP-INFO': 102 },
    dtmfSecond: { 'RTP-in-band': 101, 'RTP-out-of-band': 102, 'SIP-INFO': 101 },
    dtmfThird: { 'RTP-in-band': 102, 'RTP-out-of-band': 100, 'SIP-INFO': 100 },
    // The GXP2000 adds them up: 8 in the audio, 1 an event, 2 SIP INFO.
    oldDtmf: { 'RTP-in-band': 9, 'RTP-out-of-band': 1, 'SIP-INFO': 2 },
    // It has no TLS.
    oldTransport: { udp: 1, tcp: 2, tls: 2 },
    key: { speeddial: 0, blf: 1, park: 9 },
    keyName: { speeddial: 'SpeedDial', blf: 'BLF', park: 'CallPark' },
    // It knows no key that parks calls: a speed dial does as well.
    oldKey: { speeddial: 0, blf: 1, park: 0 },
    /** Types of key that the vocabulary has no word for. */
    ownKey: { dtmf: 5 },
    syslogLevel: { critical: 4, error: 4, warning: 3, info: 2, debug: 1 },
    syslogName: { critical: 'Error', error: 'Error', warning: 'Warning', info: 'Info', debug: 'Debug' },
    protocol: { http: 1, https: 2 },
  },

  locales: {
    screen: {
      ...Object.fromEntries('ar cs de en es fr he hr hu it ja ko lv nl pl pt ru sl tr zh'.split(' ').map((each) => [each, each])),
      sv: 'se',
      zh_TW: 'zh-tw',
      zh_HK: 'zh-tw',
      zh_MO: 'zh-tw',
    },
    // What Android phones call otherwise, or alone have.
    android: { cs: 'cz', sv: 'sv', uk: 'uk' },
  },

  extra,
  dhcp: { 66: '{server.url}/Grandstream' },
  resync: { event: 'check-sync', restart: { event: 'sys-control' } },
} satisfies Vendor;
