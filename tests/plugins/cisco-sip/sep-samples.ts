import type { Sample } from '../contract.ts';

/** Their own file is known to cisco-sccp by its name; see there. */
export const samples: readonly Sample[] = [
  { vendorClass: 'Cisco Systems, Inc. IP Phone CP-8941', info: { vendor: 'Cisco', model: '8941' } },
  { vendorClass: 'Cisco Systems, Inc. IP Phone CP-8945', info: { vendor: 'Cisco', model: '8945' } },
  { path: '/SIP8941_8945.9-3-1-18.loads', info: { vendor: 'Cisco' } },
  { vendorClass: 'Cisco Systems, Inc. IP Phone CP-8961', info: { vendor: 'Cisco', model: '8961' } },
];
