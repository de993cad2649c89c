/** A vendor package for tests: phones that fetch files by TFTP, whose requests for those say nothing of their model. */
export default {
  vendor: 'Cisco',
  version: '1.0',
  macPrefixes: ['00:1a:a1', '00:1b:54:4'],
  recognise: {
    vendorClass: [/^Cisco Systems, Inc\. IP Phone CP-(?<model>\w+)$/],
    userClass: [/^cisco-phone-(?<model>\w+)$/],
    path: [/^\/SEP(?<mac>[\dA-F]{12})\.cnf\.xml$/],
  },
  plugins: {
    'cisco-7940': { series: [{ version: '8.12', models: { '7940G': { lines: 2 } } }] },
    'cisco-7960': { series: [{ version: '8.12', models: { '7960G': { lines: 6 } } }] },
  },
  artefacts: [{ name: 'SEP{MAC}.cnf.xml', template: 'phone.tpl', format: 'xml', secret: true }],
  dhcp: {
    43: '1={server.address}, 2=0x00ff, 3={server.path}/cisco',
    66: '{server.address}',
    67: 'SEPDefault.cnf.xml',
    150: '{server.address}',
    160: '{server.url}/',
  },
};
