import type { Sample } from '../contract.ts';

/** One of each dialect, and the smallest of the newest bases. */
export const everyCase = ['N510 IP PRO', 'N720 DM PRO', 'N670 IP PRO'];

export const samples: readonly Sample[] = [
  {
    userAgent: 'Gigaset N720 DM PRO/70.089.00.000.000;7C2F80CA21E4',
    info: { vendor: 'Gigaset', model: 'N720 DM PRO', version: '70.089', mac: '7c:2f:80:ca:21:e4' },
  },
  { userAgent: 'N720-DM-PRO/70.040.00.000.000', info: { vendor: 'Gigaset', model: 'N720 DM PRO', version: '70.040' } },
  {
    userAgent: 'N510 IP PRO/42.262.00.000.000;7C2F806257D7',
    info: { vendor: 'Gigaset', model: 'N510 IP PRO', version: '42.262', mac: '7c:2f:80:62:57:d7' },
    plugin: 'gigaset-N510',
  },
  {
    userAgent: 'Gigaset N670 IP PRO/83.V2.65.0+build.8504c90;7C2F80E0D605',
    path: '//7c2f80e0d605.xml',
    info: { vendor: 'Gigaset', model: 'N670 IP PRO', version: '83.V2.65.0', mac: '7c:2f:80:e0:d6:05' },
    plugin: 'gigaset-Nx70-83.v2.65.0',
  },
  {
    userAgent: 'Gigaset N870 IP PRO/83.V2.39.0+build.a546b91;7C2F80E0D605;Handset=3',
    info: { vendor: 'Gigaset', model: 'N870 IP PRO', version: '83.V2.39.0', mac: '7c:2f:80:e0:d6:05' },
  },
  {
    userAgent: 'Gigaset N870E IP PRO/83.V2.65.0+build.8504c90;589EC6E0D605',
    info: { vendor: 'Gigaset', model: 'N870E IP PRO', version: '83.V2.65.0', mac: '58:9e:c6:e0:d6:05' },
  },
  { path: '/42/2/7C2F804DF9A9.xml', info: { vendor: 'Gigaset', mac: '7c:2f:80:4d:f9:a9' } },
  { path: '/7c2f80e0d605.xml', info: { vendor: 'Gigaset', mac: '7c:2f:80:e0:d6:05' } },
  { vendorClass: 'Gigaset_N720_DM_PRO', info: { vendor: 'Gigaset', model: 'N720 DM PRO' } },
  { vendorClass: 'N510_IP_PRO', info: { vendor: 'Gigaset', model: 'N510 IP PRO' } },
  { vendorClass: 'C610_IP', info: { vendor: 'Gigaset', model: 'C610 IP' } },
];
