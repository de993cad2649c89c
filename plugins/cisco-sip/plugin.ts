import type { DeviceInfo, Line, Support, Vendor } from '../../server/sdk.ts';
import * as mpp from './mpp.ts';
import * as sep from './sep.ts';

export default {
  vendor: 'Cisco',
  version: '1.0.0',
  description: {
    en: 'Cisco multiplatform phones 68xx, 78xx and 88xx, adapters ATA 191 and 192, and IP phones 8941 and 8945 with SIP firmware',
    fr: 'Téléphones multiplateformes Cisco 68xx, 78xx et 88xx, adaptateurs ATA 191 et 192, téléphones IP 8941 et 8945 avec micrologiciel SIP',
  },
  recognise: {
    userAgent: mpp.recognise.userAgent,
    query: mpp.recognise.query,
    path: [...mpp.recognise.path, ...sep.recognise.path],
    vendorClass: [...mpp.recognise.vendorClass, ...sep.recognise.vendorClass],
  },
  facts: mpp.facts,
  support: (info: DeviceInfo, line: Line): Support | undefined => (line === sep.line ? sep.support(info) : mpp.support(info)),
  plugins: { ...mpp.lines, 'cisco-sip-9.3': sep.line },
  words: { ...mpp.words, ...sep.words },
  // Phones with a call manager take 150 before 66.
  dhcp: { 66: '{server.url}/$PSN.xml', 150: '{server.address}' },
  resync: { event: 'check-sync', restart: { event: 'reboot_now' } },
} satisfies Vendor;
