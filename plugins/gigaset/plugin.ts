import type { Facts, LineView, Vendor, View } from '../../server/sdk.ts';
import { zoneNameOf, zoneNumberOf } from './zones.ts';

const macPrefixes = ['7c:2f:80', '58:9e:c6', '0c:ce:f6'];
const ownMac = `(?<mac>(?:${macPrefixes.map((prefix) => prefix.replaceAll(':', '')).join('|')})[\\da-f]{6})`;

/** Option 60 writes models with _; of 42.245.00.000.000 the first two numbers are the release; a name with a MAC alone tells nothing but the MAC. */
function facts({ vendor, model, version, mac }: Facts): Facts {
  if (mac !== undefined && model === undefined) return { mac };
  return {
    ...(vendor && { vendor }),
    ...(model && { model: model.replaceAll(/[_-]/g, ' ') }),
    ...(version && { version: version.replace(/(?:\.0+){3}$/, '') }),
    ...(mac && { mac }),
  };
}

/** Handsets are registered with the last four digits of their number, as provd's plugins have it; 0000 where there are none. */
function pinOf({ extension, username }: LineView): string {
  const digits = (extension ?? username).replaceAll(/\D/g, '');
  return digits.slice(-4).padStart(4, '0');
}

function extra({ lines, serverSets, sip, server, timeZone, dns, admin }: View): object {
  const dtmfOf = (line: LineView | undefined) => line?.dtmf ?? sip.dtmf;
  const [, home = ''] = server.url.split('://');
  return {
    /** What lines with the same servers share, each with its first line's ways. */
    providers: serverSets.map((set) => {
      const line = lines.find((each) => each.serverSet === set.number);
      return { ...set, dtmf: dtmfOf(line), srtp: line?.srtp ?? sip.srtp };
    }),
    pins: new Map(lines.map((line) => [line.number, pinOf(line)])),
    zoneName: timeZone && zoneNameOf(timeZone),
    zoneNumber: timeZone && zoneNumberOf(timeZone),
    /** An address of IPv4 as one number; 0 is none. */
    dns: /^\d+(?:\.\d+){3}$/.test(dns?.host ?? '') ? dns?.host.split('.').reduce((sum, part) => sum * 256 + Number(part), 0) : 0,
    /** Four digits, two in each byte: what a base takes. */
    pin: /^(\d\d)(\d\d)$/.exec(admin.password ?? '')?.slice(1) ?? null,
    /** Where this server's files are, without the scheme. */
    home,
  };
}

export default {
  vendor: 'Gigaset',
  version: '1.0.0',
  description: {
    en: 'Gigaset DECT bases N510, N720, N610, N670, N770 and N870, of one cell and of many',
    fr: 'Bases DECT Gigaset N510, N720, N610, N670, N770 et N870, à une ou plusieurs cellules',
  },
  macPrefixes,

  recognise: {
    userAgent: [
      // Gigaset N720 DM PRO/70.089.00.000.000;7C2F80CA21E4, Gigaset N870 IP PRO/83.V2.39.0+build.a546b91;7C2F80E0D605, with the handset for the directory
      /^"?Gigaset (?<model>N\d{3}E?[ -](?:IP|DM)[ -]PRO)\/(?<version>\d+\.[\w.]+)(?:\+[\w.]+)?(?:;(?<mac>[\dA-F]{12}))?(?:;Handset=\d+)?"?$/i,
      // N510 IP PRO/42.245.00.000.000;7C2F804DF9A9, and N720-DM-PRO/70.040.00.000.000 of old
      /^(?<model>N510[ -]IP[ -]PRO|N720[ -](?:IP|DM)[ -]PRO)\/(?<version>\d+\.[\w.]+)(?:;(?<mac>[\dA-F]{12}))?$/i,
    ],
    path: [
      // /7C2F80E0D605.xml and /42/2/7C2F804DF9A9.xml, but only of Gigaset's own addresses: other vendors name theirs so, too.
      new RegExp(`^/(?:\\d{2}/\\d/)?/?${ownMac}\\.xml$`, 'i'),
    ],
    vendorClass: [
      // Gigaset_N720_DM_PRO, and of old without the name of the vendor; C470_IP and its like are no phones of this package
      /^Gigaset_(?<model>[A-Z]\d{3}[A-Z]?_(?:IP|DM)(?:_PRO)?)$/,
      /^(?<model>N(?:510|720)_(?:IP|DM)_PRO)$/,
      /^(?<model>(?:C470|C475|S675|S685|C590|C595|C610|C610A|N300)_IP)$/,
    ],
  },
  facts,

  plugins: {
    'gigaset-N510': {
      series: [{ version: '42.262', images: ['42/fw262.bin'], models: { 'N510 IP PRO': { lines: 6, product: 42 } } }],
      artefacts: [
        { name: '{mac}.xml', template: 'n510.tpl', format: 'xml', encoding: 'iso-8859-1', secret: true },
        // Where a base asks that was told nothing but the address of the server.
        { name: '42/2/{mac}.xml', template: 'n510.tpl', format: 'xml', encoding: 'iso-8859-1', secret: true },
      ],
      boot: {
        transports: ['http', 'https'],
        userAgent: '{model}/{version}.00.000.000;{MAC}',
        vendorClass: 'N510_IP_PRO',
        requests: [{ path: '42/2/master.bin', optional: true }, { path: '{MAC}.xml' }, { images: true }],
      },
    },
    'gigaset-N720': {
      series: [
        {
          version: '70.117',
          images: ['Gigaset/einsteiniwu117_70.bin', 'Gigaset/sat7111700000000.bin'],
          models: { 'N720 DM PRO': { lines: 100, product: 70 } },
        },
      ],
      artefacts: [{ name: '{mac}.xml', template: 'n720.tpl', format: 'xml', encoding: 'iso-8859-1', secret: true }],
      boot: {
        transports: ['http', 'https'],
        userAgent: 'Gigaset {model}/{version}.00.000.000;{MAC}',
        vendorClass: 'Gigaset_N720_DM_PRO',
        requests: [{ path: '70/1/master.bin', optional: true }, { path: '{MAC}.xml' }, { images: true }],
      },
    },
    'gigaset-Nx70-83.v2.65.0': {
      series: [
        {
          version: '83.V2.65.0',
          images: ['Gigaset-Nx70-V2.65.0-build.8504c90.bin'],
          models: {
            'N610 IP PRO': { lines: 8 },
            'N670 IP PRO': { lines: 20 },
            'N770 IP PRO': { lines: 100 },
            'N870 IP PRO': { lines: 250 },
            'N870E IP PRO': { lines: 250 },
          },
        },
      ],
    },
  },

  artefacts: [{ name: '{mac}.xml', template: 'nx70.tpl', format: 'xml', secret: true }],

  boot: {
    transports: ['http', 'https'],
    userAgent: 'Gigaset {model}/{version}+build.8504c90;{MAC}',
    requests: [{ path: '{mac}.xml' }, { images: true }],
  },

  words: {
    // Of N720 the numbers of the protocols in IP; it knows no TLS.
    transport: { udp: 1, tcp: 2, tls: 3 },
    protocol: { udp: 17, tcp: 6, tls: 6 },
    dtmf: { 'RTP-in-band': 1, 'RTP-out-of-band': 2, 'SIP-INFO': 4 },
  },

  locales: {
    toneScheme: { DE: 'Germany', FR: 'France' },
    tones: { AU: 4, CH: 2, DE: 12, ES: 6, FR: 7, GB: 8, IT: 13, NL: 9, PL: 10, RU: 11, US: 1 },
    web: { en: 1, de: 2, es: 4, it: 7, fr: 9, nl: 10, tr: 16, pl: 17 },
    country: { DE: 0x19, FR: 0x18, GB: 0x4a, NL: 0x30 },
  },

  servers: ['proxy', 'backupProxy', 'registrar', 'outboundProxy'],
  extra,

  dhcp: { 114: '{server.url}' },
  resync: { event: 'check-sync' },
} satisfies Vendor;
