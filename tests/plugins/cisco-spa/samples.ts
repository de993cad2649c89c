import type { Sample } from '../contract.ts';

/** A phone with modules, one that reads Latin-1, an adapter that is a router, and the one that is two phones. */
export const everyCase = ['SPA508G', 'SPA962', 'SPA122', 'ATA190'];

export const samples: readonly Sample[] = [
  {
    userAgent: 'Cisco/SPA508G-7.5.5 (0002FDFF2103)(CBT141400UK)',
    info: { vendor: 'Cisco', model: 'SPA508G', version: '7.5.5', mac: '00:02:fd:ff:21:03', serial: 'CBT141400UK' },
    plugin: 'cisco-spa-7.5.5',
  },
  {
    userAgent: 'Cisco/SPA525G2-7.4.5 (CBT141900G7)',
    path: '/0002fdff2103.xml',
    info: { vendor: 'Cisco', model: 'SPA525G2', version: '7.4.5', mac: '00:02:fd:ff:21:03', serial: 'CBT141900G7' },
  },
  {
    userAgent: 'Cisco/SPA122-1.3.5 (88f0317a9fe2)(CCQ1234567)',
    path: '/spa122.cfg',
    info: { vendor: 'Cisco', model: 'SPA122', version: '1.3.5', mac: '88:f0:31:7a:9f:e2', serial: 'CCQ1234567' },
  },
  {
    userAgent: 'Linksys/SPA-942-6.1.5(a) (88019FA42805)',
    path: '/000e08d4c1aa.xml',
    info: { vendor: 'Cisco', model: 'SPA942', version: '6.1.5(a)', mac: '00:0e:08:d4:c1:aa', serial: '88019FA42805' },
    plugin: 'cisco-spa-legacy',
  },
  {
    userAgent: 'Linksys/PAP2T-5.1.6 (FH500M123456)',
    path: '/init.cfg',
    info: { vendor: 'Cisco', model: 'PAP2T', version: '5.1.6', serial: 'FH500M123456' },
    plugin: 'cisco-pap2t-5.1.6',
  },
  { path: '/spa8000.cfg', info: { vendor: 'Cisco', model: 'SPA8000' } },
  { path: '/spaPAP2T.cfg', info: { vendor: 'Cisco', model: 'PAP2T' } },
  { path: '/spa525G2.cfg', info: { vendor: 'Cisco', model: 'SPA525G2' } },
  { path: '/ATA0002FDFF2103.cnf.xml', info: { vendor: 'Cisco', model: 'ATA190', mac: '00:02:fd:ff:21:03' } },
  // The second port of that adapter, which tells only what it is.
  { path: '/ATA02FDFF210301.cnf.xml', info: { vendor: 'Cisco', model: 'ATA190' } },
  { vendorClass: 'LINKSYS SPA-962', info: { vendor: 'Cisco', model: 'SPA962' } },
  { vendorClass: 'Cisco SPA525g', info: { vendor: 'Cisco', model: 'SPA525G' } },
  { vendorClass: 'CISCO SPA122', info: { vendor: 'Cisco', model: 'SPA122' } },
  { vendorClass: 'Cisco ATA190', info: { vendor: 'Cisco', model: 'ATA190' } },
];
