import type { Line } from '../../server/sdk.ts';
import { ata190 } from './models.ts';

/**
 * The ATA190, which comes up as the phones of Cisco's own telephone exchange do, over TFTP, and is two phones: its second port has a file whose
 * name leaves out the beginning of the MAC address and ends in 01.
 */
export const line: Line = {
  series: ata190,
  artefacts: [
    { name: 'ATA{MAC}.cnf.xml', template: 'ata190.tpl', format: 'xml', secret: true },
    { name: 'ATA{MAC/2}01.cnf.xml', template: 'ata190-second.tpl', format: 'xml', secret: true },
    { name: 'dialplan.xml', template: 'ata190-dialplan.tpl', format: 'xml' },
  ],
  boot: {
    transports: ['tftp'],
    vendorClass: 'Cisco {model}',
    requests: [{ path: 'ATA{MAC}.cnf.xml' }, { path: 'ATA{MAC/2}01.cnf.xml' }, { path: 'dialplan.xml' }, { images: true }],
  },
};

export const path = [
  // What ends in 01 may be the first port of one adapter or the second of another: whose it is the address tells, and the lease.
  /^\/ATA(?<mac>[\dA-F]{10}(?!01)[\dA-F]{2})\.cnf\.xml$/i,
  /^\/(?<model>ATA)[\dA-F]{12}\.cnf\.xml$/i,
];
