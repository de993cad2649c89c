import type { Sample } from '../contract.ts';

export const samples: readonly Sample[] = [
  {
    userAgent: 'Acme T1 1.0.0 02:00:00:00:00:01',
    path: '/acme/020000000001.cfg',
    info: { vendor: 'Acme', model: 'T1', version: '1.0.0', mac: '020000000001' },
  },
];
