import type { Facts, Vendor, View } from '../../server/sdk.ts';
import { lines, modelOfProduct } from './models.ts';

/** A phone says what is printed on it, which for three models is not what they are sold as. */
function facts({ model, ...found }: Facts): Facts {
  return { ...found, ...(model !== undefined && { model: modelOfProduct(model) }) };
}

/** Where the phone fetches its files, in the parts that it wants it told in; folders without slashes around. */
function bootServer({ server }: View) {
  const { protocol, hostname, port, pathname } = new URL(server.url);
  const scheme = protocol.replace(':', '');
  const folder = pathname.replace(/^\/|\/$/g, '');
  return { scheme, host: hostname, port: port || (scheme === 'https' ? '443' : '80'), folder: folder && `${folder}/` };
}

export default {
  vendor: 'Aastra',
  version: '1.0.0',
  description: {
    en: 'Aastra and Mitel SIP desk phones 67xxi, 68xxi, 69xx, 9143i and 9480i, firmware 3.3.1 to 8.2.0',
    fr: 'Téléphones SIP Aastra et Mitel 67xxi, 68xxi, 69xx, 9143i et 9480i, micrologiciels 3.3.1 à 8.2.0',
  },
  macPrefixes: ['00:08:5d', '14:00:e9'],

  recognise: {
    // Aastra6731i MAC:00-08-5D-23-74-29 V:3.2.0.70-SIP, Aastra55i MAC:00-08-5D-40-90-5F V:3.2.2.1136-SIP, Mitel6920 MAC:14-…
    userAgent: [/^(?:Aastra|Mitel)(?<model>\w+) MAC:(?<mac>[\da-f]{2}(?:-[\da-f]{2}){5}) V:(?<version>\d[\w.]*)-SIP$/i],
    path: [
      // /Aastra/00085D237429.cfg, .tuz where somebody has encrypted it, and certificates
      /^\/Aastra\/(?<mac>[\da-f]{12})(?:\.(?:cfg|tuz)|-\w+\.(?:crt|key))$/i,
      // /Aastra/57i.st, /Aastra/6867i.cfg
      /^\/Aastra\/(?<model>5\di|[69]\d{3}[a-z]?)\.(?:st|cfg|tuz)$/,
      // /Aastra/startup.cfg, /Aastra/i18n/lang_fr.txt
      /^\/Aastra\//,
    ],
    // AastraIPPhone57i, AastraIPPhone6867i
    vendorClass: [/^(?:Aastra|Mitel)IPPhone(?<model>\w+)?$/],
  },
  facts,

  plugins: Object.fromEntries(Object.entries(lines).map(([release, series]) => [`aastra-${release}`, { series }])),

  artefacts: [
    { name: 'Aastra/{MAC}.cfg', template: 'phone.tpl', format: 'lines', secret: true },
    // The name of the common file up to firmware 4.0.0, and since.
    { name: 'Aastra/aastra.cfg', template: 'common.tpl', format: 'lines' },
    { name: 'Aastra/startup.cfg', template: 'common.tpl', format: 'lines' },
    { name: 'Aastra/{MAC}-ca_servers.crt', template: 'trusted.tpl', format: 'text' },
    { name: 'Aastra/{MAC}-ca_local.crt', template: 'chain.tpl', format: 'text' },
    { name: 'Aastra/{MAC}-local.crt', template: 'certificate.tpl', format: 'text' },
    { name: 'Aastra/{MAC}-local.key', template: 'key.tpl', format: 'text', secret: true },
  ],

  boot: {
    transports: ['http', 'https', 'tftp'],
    userAgent: '{brand}{product} MAC:{MAC:-} V:{version}-SIP',
    vendorClass: 'AastraIPPhone{product}',
    requests: [
      { path: 'Aastra/security.tuz', optional: true },
      { images: true },
      { path: ['Aastra/startup.tuz', 'Aastra/startup.cfg', 'Aastra/aastra.cfg'] },
      { path: ['Aastra/{product}.tuz', 'Aastra/{product}.cfg'], optional: true },
      { path: ['Aastra/{MAC}.tuz', 'Aastra/{MAC}.cfg'] },
    ],
  },

  words: {
    transport: { udp: 1, tcp: 2, tls: 4 },
    srtp: { disabled: 0, preferred: 1, required: 2 },
    /** How digits are sent outside of the sound, and whether they are. */
    dtmf: { 'RTP-in-band': 0, 'RTP-out-of-band': 0, 'SIP-INFO': 1 },
    outOfBand: { 'RTP-in-band': 0, 'RTP-out-of-band': 1, 'SIP-INFO': 1 },
    key: { speeddial: 'speeddial', blf: 'blf', park: 'park' },
    /** Bits: 1 fatal errors, 2 errors, 4 warnings, 32 information. */
    syslogLevel: { critical: 1, error: 3, warning: 7, info: 39, debug: 65535 },
    /** What keys can do that nobody has given anything to do, as the phone has it … */
    preset: {
      voicemail: 'speeddial',
      forward: 'speeddial',
      dnd: 'speeddial',
      pickup: 'speeddial',
      phoneBook: 'xml',
      directory: 'directory',
      callers: 'callers',
      services: 'services',
      conf: 'conf',
      xfer: 'xfer',
      free: 'none',
      none: 'none',
    },
    /** … and how it is called in English; `locales` has other languages. */
    label: {
      voicemail: 'Voicemail',
      forward: 'Unconditional forward',
      dnd: 'D.N.D',
      pickup: 'Call pickup',
      phoneBook: 'Directory',
      directory: 'Directory',
      callers: 'Callers',
      services: 'Services',
    },
  },

  locales: {
    // Language packs; English is built in.
    screen: {
      ca: 'lang_ca.txt',
      cs: 'lang_cs.txt',
      da: 'lang_da.txt',
      de: 'lang_de.txt',
      es: 'lang_es.txt',
      es_MX: 'lang_es_mx.txt',
      fi: 'lang_fi.txt',
      fr: 'lang_fr.txt',
      fr_CA: 'lang_fr_ca.txt',
      it: 'lang_it.txt',
      nb: 'lang_no.txt',
      nl: 'lang_nl_nl.txt',
      no: 'lang_no.txt',
      pl: 'lang_pl.txt',
      pt: 'lang_pt.txt',
      pt_BR: 'lang_pt_br.txt',
      ru: 'lang_ru.txt',
      sv: 'lang_sv.txt',
      tr: 'lang_tr.txt',
    },
    // What keys of digits write.
    input: {
      da: 'Nordic',
      de: 'German',
      es: 'Spanish',
      fi: 'Nordic',
      fr: 'French',
      it: 'Italian',
      nb: 'Nordic',
      nl: 'Dutch',
      no: 'Nordic',
      pt: 'Portuguese',
      ru: 'Russian',
      sv: 'Nordic',
    },
    // The factory's is the one of the United States, which Canada has, too. Europe is a set of no single country.
    tones: {
      AT: 'Germany',
      AU: 'Australia',
      BE: 'Europe',
      CA: 'US',
      CH: 'Europe',
      DE: 'Germany',
      ES: 'Europe',
      FR: 'France',
      GB: 'UK',
      IE: 'UK',
      IT: 'Italy',
      LU: 'Europe',
      MX: 'Mexico',
      NL: 'Germany',
      PT: 'Europe',
      RU: 'Russia',
    },
    voicemail: { fr: 'Messagerie', es: 'Buzón de voz', it: 'Segreteria' },
    forward: {
      fr: 'Renvoi inconditionnel',
      de: 'Rufumleitung',
      es: 'Desvío incondicional',
      it: 'Deviazione',
      nl: 'Doorschakelen',
    },
    dnd: { fr: 'N.P.D', de: 'Nicht stören', es: 'No molestar', it: 'Non disturbare', nl: 'Niet storen' },
    pickup: { fr: 'Interception', de: 'Heranholen', es: 'Captura', it: 'Risposta', nl: 'Overnemen' },
    phoneBook: { fr: 'Annuaire', de: 'Telefonbuch', es: 'Directorio', it: 'Rubrica', nl: 'Telefoonboek' },
    directory: { fr: 'Répertoire', de: 'Telefonbuch', es: 'Directorio', it: 'Rubrica', nl: 'Telefoonboek' },
    callers: { fr: 'Appels', de: 'Anrufe', es: 'Llamadas', it: 'Chiamate', nl: 'Oproepen' },
    services: { de: 'Dienste', es: 'Servicios', it: 'Servizi', nl: 'Diensten' },
  },

  extra: (view) => ({ boot: bootServer(view) }),

  dhcp: { 43: '2={server.url}/Aastra', 66: '{server.url}/Aastra' },
  // Administrator guides: on check-sync the phone restarts as soon as it is idle, and reads its files as it comes up.
  resync: { event: 'check-sync', restarts: true },
} satisfies Vendor;
