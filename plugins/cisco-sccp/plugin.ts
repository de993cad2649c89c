import type { BootRequest, DeviceInfo, Facts, Line, Support, Vendor } from '../../server/sdk.ts';
import { cipc, legacy, names, v94, v852, wireless } from './models.ts';

/** Names as the table has them: 7912 is the 7912G, a 7941G-GE runs what a 7941G does, and the 7937G is the 7937. */
function nameOf(model: string): string {
  const plain = model.replace(/-GE$/i, '');
  return [plain, `${plain}G`, plain.replace(/G$/, '')].find((name) => names.includes(name)) ?? model;
}

/** The softphone is known by the folder that it asks for, and a boot loader tells the last two digits of the model: term41.default.loads. */
function facts({ model, ...found }: Facts): Facts {
  if (model === undefined) return found;
  if (/^Communicator$/i.test(model)) return { ...found, model: 'CIPC' };
  return { ...found, model: nameOf(/^\d\d$/.test(model) ? `79${model}` : model) };
}

/**
 * Most requests tell no model. What nothing more is known of gets the line that serves most models, and the other lines only their own; phones
 * that are not of the 79 speak SIP, or SCCP with files that nobody here has seen.
 */
function support({ vendor, model }: DeviceInfo, line: Line): Support | undefined {
  if (vendor !== 'Cisco' || (model !== undefined && names.includes(model))) return undefined;
  return line.series === v94 && (model === undefined || model.startsWith('79')) ? 300 : 100;
}

const trust: readonly BootRequest[] = [
  { path: 'CTLSEP{MAC}.tlv', optional: true },
  { path: ['ITLSEP{MAC}.tlv', 'ITLFile.tlv'], optional: true },
];
const own: BootRequest = { path: ['SEP{MAC}.cnf.xml', 'XMLDefault.cnf.xml'] };

export default {
  vendor: 'Cisco',
  version: '1.0.0',
  description: {
    en: 'Cisco IP phones 7905G to 7975G and IP Communicator with SCCP firmware',
    fr: 'Téléphones IP Cisco 7905G à 7975G et IP Communicator avec micrologiciel SCCP',
  },

  recognise: {
    // Cisco Systems, Inc. IP Phone CP-7941G, … 7912, and only the maker; the 89xx and 99xx are another package's.
    vendorClass: [/^Cisco Systems, Inc\.(?: IP Phone (?:CP-)?(?!(?:89|99)\d\d\b)(?<model>\d[\w-]*))?$/],
    path: [
      /^\/(?:CTL|ITL)?SEP(?<mac>[\dA-F]{12})\.(?:cnf\.xml|tlv)/i,
      /^\/(?:CTL|ITL)File\.tlv/,
      /^\/XMLDefault\.cnf\.xml/i,
      // Also as Windows writes it: Communicator\SEP0002FDFF2103.cnf.xml
      /^\/(?<model>Communicator)[/\\](?:SEP(?<mac>[\dA-F]{12})\.cnf\.xml)?/i,
      /^\/term(?<model>\d\d)\.default\.loads$/,
      /^\/SCCP\d\d\.[\w.-]+\.loads$/,
      /^\/OS79XX\.TXT$/,
    ],
  },
  facts,
  support,

  plugins: {
    'cisco-sccp-9.4': { series: v94 },
    'cisco-sccp-8.5.2': { series: v852 },
    'cisco-sccp-legacy': { series: legacy },
    'cisco-sccp-wireless-1.4.5': { series: wireless },
    // It runs on a computer, which asks for its lease, and gets no firmware.
    'cisco-sccp-cipc-2.1.2': {
      series: cipc,
      boot: {
        transports: ['tftp', 'http'],
        requests: [own, { path: 'Communicator/LdapDirectories.xml', optional: true }],
      },
    },
  },

  artefacts: [{ name: 'SEP{MAC}.cnf.xml', template: 'phone.tpl', format: 'xml', secret: true }],

  // TFTP; the 79x1 and later ask over HTTP before, at port 6970.
  boot: {
    transports: ['tftp', 'http'],
    vendorClass: 'Cisco Systems, Inc. IP Phone CP-{model}',
    requests: [...trust, own, { images: true }],
  },

  dhcp: { 66: '{server.address}', 150: '{server.address}' },
} satisfies Vendor;
