/** A vendor package for tests: phones that fetch files by TFTP, whose requests for those say nothing of their model. */
export default {
  vendor: 'Orion',
  version: '1.0',
  macPrefixes: ['00:1a:a1', '00:1b:54:4'],
  recognise: {
    vendorClass: [/^Orion IP Phone OP-(?<model>\w+)$/],
    userClass: [/^orion-phone-(?<model>\w+)$/],
    path: [/^\/orion(?<mac>[\dA-F]{12})\.xml$/],
  },
  plugins: {
    'orion-40': { series: [{ version: '8.12', models: { O40: { lines: 2 } } }] },
    'orion-60': { series: [{ version: '8.12', models: { O60: { lines: 6 } } }] },
  },
  artefacts: [{ name: 'orion{MAC}.xml', template: 'phone.tpl', format: 'xml', secret: true }],
  dhcp: {
    43: '1={server.address}, 2=0x00ff, 3={server.path}/orion',
    66: '{server.address}',
    67: 'orion.xml',
    150: '{server.address}',
    160: '{server.url}/',
  },
};
