import type { Vendor } from '../../server/sdk.ts';

// The phone asks for /Digium/firmware/1_4_0_0_57389_D40_firmware.eff.
const images = ['Digium/firmware/{version:_}_{model}_firmware.eff'];

export default {
  vendor: 'Digium',
  version: '1.0.0',
  description: {
    en: 'Digium D-series desk phones, D40 to D70',
    fr: 'Téléphones de bureau Digium de la série D, D40 à D70',
  },
  macPrefixes: ['00:0f:d3'],

  recognise: {
    // digium_D40_1_1_0_0_48178, digium_D70_1_0_5_46476
    vendorClass: [/^digium_(?<model>D\d\d)_(?<version>\d+(?:_\d+)*)$/],
    // /Digium/000fd3054848.cfg, its contacts, and /Digium/ before the phone knows more
    path: [/^\/Digium\/(?:(?<mac>[\da-f]{12})(?:\.cfg|-contacts\.xml)$)?/i],
  },
  facts: ({ version, ...found }) => ({ ...found, ...(version && { version: version.replaceAll('_', '.') }) }),

  plugins: {
    'digium-1.1.0.0': {
      series: [{ version: '1.1.0.0.48178', images, models: { D40: { lines: 2 }, D50: { lines: 4 }, D70: { lines: 6 } } }],
    },
    'digium-1.4.0.0': {
      series: [{ version: '1.4.0.0.57389', images, models: { D40: { lines: 2 }, D50: { lines: 4 }, D70: { lines: 6 } } }],
    },
    'digium-2.8.1': {
      series: [
        {
          version: '2.8.1',
          images,
          models: {
            D40: { lines: 2 },
            D45: { lines: 2 },
            D50: { lines: 4 },
            D60: { lines: 4 },
            D62: { lines: 2 },
            D65: { lines: 6 },
            D70: { lines: 6 },
          },
        },
      ],
    },
  },

  artefacts: [
    { name: 'Digium/{mac}.cfg', template: 'phone.tpl', format: 'xml', secret: true },
    { name: 'Digium/{mac}-contacts.xml', template: 'contacts.tpl', format: 'xml' },
  ],

  // The vendor's provisioning guide has HTTP and HTTPS, and not TFTP. What User-Agent the phone sends is not known.
  boot: {
    transports: ['http', 'https'],
    vendorClass: 'digium_{model}_{version:_}',
    requests: [{ path: 'Digium/{mac}.cfg' }, { images: true }, { path: 'Digium/{mac}-contacts.xml' }],
  },

  dhcp: { 66: '{server.url}/Digium' },
  resync: { event: 'check-sync' },
} satisfies Vendor;
