import type { Facts, Vendor } from '../../server/sdk.ts';
import { lines, modelOfFile, modelOfProduct } from './models.ts';
import { accountsOf, changesOf, pagesOf, zoneOf } from './quirks.ts';

const macPrefixes = ['00:a8:59', '0c:38:3e'];
const ownMac = macPrefixes.map((prefix) => prefix.replaceAll(':', '')).join('|');

/** Files that are common to a model's phones tell the model by their names: /f0C00580000.cfg, /fanvil_x6u_pro_hwv1_0.txt */
const commonFile = /^(?:f0|fanvil_)/i;

function facts({ model, ...found }: Facts): Facts | undefined {
  if (model === undefined) return found;
  if (!commonFile.test(model)) return { ...found, model: modelOfProduct(model) };
  const known = modelOfFile(model);
  return known === undefined ? undefined : { ...found, model: known };
}

export default {
  vendor: 'Fanvil',
  version: '1.0.0',
  description: {
    en: 'Fanvil desk phones C, V and X, hotel phones H, door phones i and Wi-Fi handsets W',
    fr: 'Téléphones de bureau Fanvil C, V et X, d’hôtel H, portiers i et combinés Wi-Fi W',
  },
  macPrefixes,

  recognise: {
    // Fanvil X4 2.10.2.6887 0c383e07e16c, Fanvil X6U Pro 0.0.10 0c383e2cd782, Fanvil H2U-V2 2.12.0 0c383e32342e
    userAgent: [/^Fanvil (?<model>[A-Z]\w*(?:[ -](?:Pro|V\d))*) (?<version>\d[\w.]*) (?<mac>[\da-f]{12})$/i],
    path: [
      // /Fanvil/0c383e07e16c.cfg
      /^\/Fanvil\/(?!0{12})(?<mac>[\da-f]{12})\.cfg$/i,
      // /0c383e07e16c.cfg, but only of Fanvil's own addresses: other vendors name theirs so, too.
      new RegExp(`^/(?<mac>(?:${ownMac})[\\da-f]{6})\\.cfg$`, 'i'),
      // /Fanvil/fanvil_v62_hwv1_0.txt
      /^\/(?:Fanvil\/)?(?<model>fanvil_\w+)\.txt$/i,
      // /F0V00X600000.cfg, /Fanvil/f0X3shw1.100.cfg
      /^\/(?:Fanvil\/)?(?<model>f0\w+(?:\.100)?)\.cfg$/i,
    ],
  },
  facts,

  plugins: {
    ...Object.fromEntries(Object.entries(lines).map(([line, series]) => [`fanvil-${line}`, { series }])),
    'fanvil-2.3': {
      series: lines['2.3'],
      artefacts: [
        { name: 'Fanvil/{mac}.cfg', template: 'phone-2.3.tpl', format: 'lines', secret: true },
        { name: 'Fanvil/{common}.cfg', template: 'common-2.3.tpl', format: 'lines' },
      ],
      boot: {
        transports: ['http', 'https', 'tftp'],
        userAgent: 'Fanvil {product} {version} {mac}',
        requests: [{ path: 'Fanvil/{mac}.cfg' }, { images: true }],
      },
    },
  },

  artefacts: [
    { name: 'Fanvil/{mac}.cfg', template: 'phone.tpl', format: 'xml', secret: true },
    { name: 'Fanvil/{common}.cfg', template: 'common.tpl', format: 'xml' },
    { name: 'Fanvil/{upgrade}.txt', template: 'upgrade.tpl', format: 'text' },
  ],

  // Over DHCP a phone is told its own file and no other; then it looks from time to time for a newer firmware.
  boot: {
    transports: ['http', 'https', 'tftp'],
    userAgent: 'Fanvil {product} {version} {mac}',
    requests: [{ path: 'Fanvil/{mac}.cfg' }, { path: 'Fanvil/{upgrade}.txt', optional: true }, { images: true }],
  },

  words: {
    transport: { udp: 0, tcp: 1, tls: 3 },
    srtp: { disabled: 0, preferred: 1, required: 2 },
    dtmf: { 'RTP-in-band': 0, 'RTP-out-of-band': 1, 'SIP-INFO': 2 },
    /** What follows the number and the line of a key that dials. */
    key: { speeddial: 'f', blf: 'ba', park: 'c' },
    syslogLevel: { critical: 'CRITICAL', error: 'ERROR', warning: 'WARNING', info: 'INFO', debug: 'DEBUG' },
    /** In the older dialects levels are numbers, those of RFC 5424. */
    traceLevel: { critical: 2, error: 3, warning: 4, info: 6, debug: 7 },
  },

  locales: {
    /** By number: those of the series H, i, V and W, and of the older phones of the series X. */
    screen: { de: 16, en: 0, es: 6, fr: 5, it: 7, nl: 3 },
    oldScreen: { de: 16, en: 0, es: 10, fr: 4, it: 7, nl: 3 },
    /** By letters: those of the newer phones of the series X, and of firmware 2.3. */
    letters: {
      ar: 'ar',
      ca: 'cat',
      cs: 'cz',
      de: 'de',
      en: 'en',
      es: 'es',
      eu: 'eus',
      fr: 'fr',
      he: 'he',
      hr: 'hr',
      it: 'it',
      ko: 'ko',
      nl: 'nl',
      pl: 'pl',
      pt: 'pt',
      ru: 'ru',
      sk: 'slo',
      tr: 'tr',
      uk: 'ua',
      zh: 'cn',
      zh_HK: 'tc',
      zh_MO: 'tc',
      zh_TW: 'tc',
    },
    tones: {
      BE: 0,
      CN: 1,
      DE: 2,
      IL: 3,
      JP: 4,
      NL: 5,
      NO: 6,
      KR: 7,
      SE: 8,
      CH: 9,
      TW: 10,
      US: 11,
      GB: 13,
      CA: 18,
      IT: 21,
      FR: 25,
      ES: 33,
    },
    /** How the newer phones of the series X write a date, by number; 10 where nothing else is customary. */
    date: { en: 10, en_CA: 4, en_GB: 4, de: 4, es: 4, fr: 4, fr_CA: 13, it: 4, nl: 4 },
    directory: { en: 'Directory', fr: 'Annuaire' },
  },

  extra: (view) => ({ accounts: accountsOf(view), pages: pagesOf(view), changes: changesOf(view), zone: zoneOf(view) }),

  // The phone puts its MAC address for $mac. Of option 43 it takes the text as it is.
  dhcp: { 43: '{server.url}/Fanvil/$mac.cfg', 66: '{server.url}/Fanvil/$mac.cfg' },
  pnp: '{server.url}/Fanvil/$mac.cfg',
  resync: { event: 'check-sync', restart: { event: 'check-sync;reboot=true' } },
} satisfies Vendor;
