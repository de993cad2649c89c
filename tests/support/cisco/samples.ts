import type { Sample } from '../../plugins/contract.ts';

export const samples: readonly Sample[] = [
  { vendorClass: 'Cisco Systems, Inc. IP Phone CP-7940G', info: { vendor: 'Cisco', model: '7940G' } },
  // cisco-phone-7960G, with its length before it
  { options: { 77: '11636973636f2d70686f6e652d3739363047' }, info: { vendor: 'Cisco', model: '7960G' } },
];
