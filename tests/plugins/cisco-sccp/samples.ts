import type { Sample } from '../contract.ts';

/** A desk phone, one of an older generation, and the softphone. */
export const everyCase = ['7942G', '7960G', 'CIPC'];

const mac = '00:02:fd:ff:21:03';

export const samples: readonly Sample[] = [
  { path: '/SEP0002FDFF2103.cnf.xml', info: { vendor: 'Cisco', mac } },
  { path: '/SEP0002FDFF2103.cnf.xml.sgn', info: { vendor: 'Cisco', mac } },
  { path: '/CTLSEP0002FDFF2103.tlv', info: { vendor: 'Cisco', mac } },
  { path: '/ITLSEP0002FDFF2103.tlv', info: { vendor: 'Cisco', mac } },
  { path: '/ITLFile.tlv', info: { vendor: 'Cisco' } },
  { path: '/XMLDefault.cnf.xml', info: { vendor: 'Cisco' } },
  // The 79x1 have a small x here.
  { path: '/XmlDefault.cnf.xml', info: { vendor: 'Cisco' } },
  { path: '/Communicator/SEP0002FDFF2103.cnf.xml', info: { vendor: 'Cisco', model: 'CIPC', mac } },
  { path: '/Communicator\\SEP0002FDFF2103.cnf.xml', info: { vendor: 'Cisco', model: 'CIPC', mac } },
  { path: '/Communicator/LdapDirectories.xml', info: { vendor: 'Cisco', model: 'CIPC' } },
  { path: '/term06.default.loads', info: { vendor: 'Cisco', model: '7906G' } },
  { path: '/term62.default.loads', info: { vendor: 'Cisco', model: '7962G' } },
  { path: '/SCCP41.9-4-2SR1-1S.loads', info: { vendor: 'Cisco' } },
  { path: '/OS79XX.TXT', info: { vendor: 'Cisco' } },
  { vendorClass: 'Cisco Systems, Inc.', info: { vendor: 'Cisco' } },
  { vendorClass: 'Cisco Systems, Inc. IP Phone 7912', info: { vendor: 'Cisco', model: '7912G' } },
  { vendorClass: 'Cisco Systems, Inc. IP Phone CP-7941G', info: { vendor: 'Cisco', model: '7941G' } },
  { vendorClass: 'Cisco Systems, Inc. IP Phone CP-7961G-GE', info: { vendor: 'Cisco', model: '7961G' } },
  { vendorClass: 'Cisco Systems, Inc. IP Phone CP-7920', info: { vendor: 'Cisco', model: '7920' } },
  { vendorClass: 'Cisco Systems, Inc. IP Phone CP-7937G', info: { vendor: 'Cisco', model: '7937' } },
  { vendorClass: 'Cisco Systems, Inc. IP Phone CP-7960', info: { vendor: 'Cisco', model: '7960G' } },
];
