import type { Sample } from '../contract.ts';
import { samples as sep } from './sep-samples.ts';

/** A phone of each kind, one with expansion modules, and an adapter. */
export const everyCase = ['8941', '7841', '8851', 'ATA192'];

export const samples: readonly Sample[] = [
  {
    userAgent: 'Cisco-CP-8851-3PCC/12.0.7 (00562b043615)',
    info: { vendor: 'Cisco', model: '8851', version: '12.0.7', mac: '00:56:2b:04:36:15' },
    plugin: 'cisco-sip-12.0.7',
  },
  {
    userAgent: 'Cisco-CP-8851-3PCC/12.0.1 (00562b043615)',
    info: { vendor: 'Cisco', model: '8851', version: '12.0.1', mac: '00:56:2b:04:36:15' },
    plugin: 'cisco-sip-12.0.1',
  },
  {
    userAgent: 'Cisco-CP-6841-3PCC/11.3.1 (00562b043615)_FCH1234ABCD_S',
    info: { vendor: 'Cisco', model: '6841', version: '11.3.1', mac: '00:56:2b:04:36:15', serial: 'FCH1234ABCD' },
    plugin: 'cisco-sip-11.3.1',
  },
  {
    userAgent: 'Cisco/ATA192-MPP-11-1-0-MSR4 (FCH2443D9R4)',
    path: '/88f0317a9fe2.xml',
    info: { vendor: 'Cisco', model: 'ATA192', version: 'MPP-11-1-0-MSR4', serial: 'FCH2443D9R4', mac: '88:f0:31:7a:9f:e2' },
    plugin: 'cisco-sip-11.1.0',
  },
  {
    path: '/Cisco/CP-7832-3PCC/00562b043615.cfg',
    info: { vendor: 'Cisco', model: '7832', mac: '00:56:2b:04:36:15' },
  },
  { path: '/7841-3PCC.xml', info: { vendor: 'Cisco', model: '7841' } },
  { path: '/ata191.cfg', info: { vendor: 'Cisco', model: 'ATA191' } },
  { path: '/00562B043615.xml', info: { vendor: 'Cisco', mac: '00:56:2b:04:36:15' } },
  { path: '/anything.xml', query: 'mac=00562b043615', info: { vendor: 'Cisco', mac: '00:56:2b:04:36:15' } },
  { vendorClass: 'CP-7841-3PCC', info: { vendor: 'Cisco', model: '7841' } },
  { vendorClass: 'CISCO ATA191-MPP', info: { vendor: 'Cisco', model: 'ATA191' } },
  ...sep,
];
