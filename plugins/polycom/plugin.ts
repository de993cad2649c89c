import type { Boot, BootRequest, Facts, Vendor } from '../../server/sdk.ts';
import { v316, v324, v592, v646, v4011 } from './models.ts';

const macPrefixes = ['00:04:f2', '48:25:67', '64:16:7f'];
const ownMac = macPrefixes.map((prefix) => prefix.replaceAll(':', '')).join('|');

/** What the boot loader asks for as well as the application, from servers that hear a release of its own then. */
const sharedWithBootLoader = /^\/(?:[\da-f]{12}\.cfg|.+\.ld|.+-boot\.log)?$/i;

/** Models are spelled without the sign in SPIP_335; a name with a MAC alone tells nothing but the MAC. */
function facts({ vendor, model, version, mac }: Facts, path: string): Facts {
  if (mac !== undefined && model === undefined) return { mac };
  return {
    ...(vendor && { vendor }),
    ...(model && { model: model.replace('_', '') }),
    ...(version && !sharedWithBootLoader.test(path) && { version }),
    ...(mac && { mac }),
  };
}

const agent = 'FileTransport Polycom{family}-{product}-UA';
const master = ['{mac}.cfg', '000000000000.cfg'] as const;
const settings: readonly BootRequest[] = [
  { path: '{mac}-user.cfg' },
  { path: 'common.cfg' },
  // What the phone itself has written there, where it is allowed to write.
  { path: '{mac}-phone.cfg', optional: true },
];
const contacts: BootRequest = { path: ['{mac}-directory.xml', '000000000000-directory.xml'], optional: true };

/** Before UC Software a BootROM fetches the images, which has a release of its own and calls itself like the application. */
function bootBefore4(bootrom: string): Boot {
  const userAgent = `${agent}/${bootrom}`;
  return {
    transports: ['http', 'https'],
    userAgent: `${agent}/{version}`,
    vendorClass: 'Polycom{family}-{product}',
    requests: [
      { path: ['{part}.bootrom.ld', 'bootrom.ld'], optional: true, userAgent },
      { path: master, userAgent },
      { images: true, userAgent },
      { path: master },
      ...settings,
      contacts,
    ],
  };
}

/** Those that the language files of every line have. */
const languages = {
  da: 'Danish_Denmark',
  de: 'German_Germany',
  en: 'English_United_States',
  en_CA: 'English_Canada',
  en_GB: 'English_United_Kingdom',
  es: 'Spanish_Spain',
  fr: 'French_France',
  it: 'Italian_Italy',
  ja: 'Japanese_Japan',
  ko: 'Korean_Korea',
  nb: 'Norwegian_Norway',
  nl: 'Dutch_Netherlands',
  nn: 'Norwegian_Norway',
  no: 'Norwegian_Norway',
  pl: 'Polish_Poland',
  pt: 'Portuguese_Portugal',
  ru: 'Russian_Russia',
  sl: 'Slovenian_Slovenia',
  sv: 'Swedish_Sweden',
  zh: 'Chinese_China',
};

export default {
  vendor: 'Polycom',
  version: '1.0.0',
  description: {
    en: 'Polycom SoundPoint IP and SoundStation IP phones, firmware 3.1 to 4.0, and VVX phones, firmware 5.9 and 6.4',
    fr: 'Téléphones Polycom SoundPoint IP et SoundStation IP, micrologiciels 3.1 à 4.0, et VVX, micrologiciels 5.9 et 6.4',
  },
  macPrefixes,

  recognise: {
    userAgent: [
      // FileTransport PolycomVVX-VVX_400-UA/4.1.4.7430 Type/Application, and PolycomSoundPointIP-SPIP_335-UA/3.2.1.0078 before UC Software.
      // The MAC is there when device.prov.tagSerialNo is 1: …-UA/4.0.13.1445 (SN:0004f249d83f) Type/Application
      /^FileTransport Polycom\w+-(?<model>\w+)-UA\/(?<version>\d[\w.]*)(?: \(SN:(?<mac>[\da-f]{12})\))?(?: Type\/Application)?$/i,
      // The updater has a release of its own: PolycomSoundStationIP-SSIP_6000-UA/5.0.3.1667 Type/Updater
      /^FileTransport Polycom\w+-(?<model>\w+)-UA\/[\w.]+(?: \(SN:(?<mac>[\da-f]{12})\))? Type\/Updater$/i,
    ],
    path: [
      // /0004f2123456.cfg, but only of Polycom's own addresses: other vendors name theirs so, too.
      new RegExp(`^/(?<mac>(?:${ownMac})[\\da-f]{6})\\.cfg$`, 'i'),
      // /0004f2123456-phone.cfg; with zeros instead of a MAC they are meant for all phones.
      /^\/(?!0{12})(?<mac>[\da-f]{12})-(?:(?:user|phone|web|license)\.cfg|(?:directory|calls)\.xml|(?:app|boot)\.log)$/i,
    ],
    vendorClass: [
      // PolycomVVX-VVX_400
      /^Polycom\w*-(?<model>(?:SPIP|SSIP|VVX)_?\d+)$/,
      // In the form of RFC 3925, as is the factory's setting: 0000363d, a length, and then 1 Polycom, 2 SoundPointIP-SPIP_601, 5 BR/3.1
      /Polycom.{2}(?:\w+-)?(?<model>(?:SPIP|SSIP|VVX)_?\d+)/s,
    ],
  },
  facts,

  plugins: {
    'polycom-3.1.6': { series: v316, boot: bootBefore4('4.1.4.0122') },
    'polycom-3.2.4B': { series: v324, boot: bootBefore4('4.2.3.0003') },
    'polycom-4.0.11': { series: v4011 },
    'polycom-5.9.2': { series: v592 },
    'polycom-6.4.6': { series: v646 },
  },

  artefacts: [
    { name: '{mac}-user.cfg', template: 'user.tpl', format: 'xml', secret: true },
    { name: '000000000000.cfg', template: 'master.tpl', format: 'xml' },
    { name: 'common.cfg', template: 'common.tpl', format: 'xml' },
  ],

  boot: {
    transports: ['http', 'https'],
    userAgent: `${agent}/{version} Type/Application`,
    vendorClass: 'Polycom{family}-{product}',
    requests: [
      { path: master },
      { images: true },
      ...settings,
      { path: '{mac}-web.cfg', optional: true },
      { path: '000000000000-license.cfg', optional: true },
      { path: '{mac}-license.cfg', optional: true },
      { path: '{mac}-calls.xml', optional: true },
      contacts,
    ],
  },

  words: {
    transport: { udp: 'UDPOnly', tcp: 'TCPOnly', tls: 'TLS' },
    syslogLevel: { critical: 5, error: 4, warning: 3, info: 2, debug: 1 },
  },

  locales: {
    screen: languages,
    directory: { en: 'Directory', fr: 'Annuaire' },
    pickup: { en: 'Pickup', fr: 'Intercepter' },
  },

  dhcp: { 66: '{server.url}' },
  // With voIpProt.SIP.specialEvent.checkSync.alwaysReboot=0, which common.cfg has, the phone restarts where something has changed that needs it.
  resync: { event: 'check-sync' },
} satisfies Vendor;
