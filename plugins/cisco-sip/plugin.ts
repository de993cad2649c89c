import type { Vendor } from '../../server/sdk.ts';
import * as sep from './sep.ts';

export default {
  vendor: 'Cisco',
  version: '1.0.0',
  description: {
    en: 'Cisco IP phones 8941 and 8945 with SIP firmware',
    fr: 'Téléphones IP Cisco 8941 et 8945 avec micrologiciel SIP',
  },
  recognise: sep.recognise,
  plugins: { 'cisco-sip-9.3': sep.line },
  artefacts: sep.line.artefacts ?? [],
  words: sep.words,
  support: sep.support,
  dhcp: { 66: '{server.address}', ...sep.dhcp },
} satisfies Vendor;
