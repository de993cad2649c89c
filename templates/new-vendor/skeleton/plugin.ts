import type { Vendor } from '../../server/sdk.ts';

export default {
  vendor: 'Acme',
  version: '0.1.0',
  description: { en: 'Acme desk phones' },
  // The first digits of the vendor's MAC addresses.
  macPrefixes: [],

  recognise: {
    // Acme T1 1.0.0 02:00:00:00:00:01
    userAgent: [/^Acme (?<model>\w+) (?<version>\d[\w.]*) (?<mac>[\da-f]{2}(?::[\da-f]{2}){5})$/i],
    // /acme/020000000001.cfg
    path: [/^\/acme\/(?<mac>[\da-f]{12})\.cfg$/i],
  },

  plugins: {
    'acme-1.0': {
      series: [{ version: '1.0', images: ['acme/{model}-{version}.img'], models: { T1: { lines: 2, keys: 8 } } }],
    },
  },

  artefacts: [{ name: 'acme/{mac}.cfg', template: 'phone.tpl', format: 'lines', secret: true }],

  // What a phone sends as it comes up, in its order.
  boot: {
    transports: ['http', 'tftp'],
    userAgent: 'Acme {model} {version} {mac::}',
    requests: [{ path: 'acme/{model}.ini', optional: true }, { path: 'acme/{mac}.cfg' }, { images: true }],
  },

  words: {
    transport: { udp: 'UDP', tcp: 'TCP', tls: 'TLS' },
    key: { speeddial: 'dial', blf: 'blf', park: 'park' },
  },

  dhcp: { 66: '{server.url}/acme' },
  resync: { event: 'check-sync' },
} satisfies Vendor;
