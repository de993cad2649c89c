import type { Sample } from '../contract.ts';

/** A desk phone without expansion modules, one with them, and both kinds of bases. */
export const everyCase = ['T23G', 'T46U', 'W60B', 'W80DM'];

export const samples: readonly Sample[] = [
  {
    userAgent: 'VP530P 23.70.0.40 00:15:65:31:4b:c0',
    info: { vendor: 'Yealink', model: 'VP530P', version: '23.70.0.40', mac: '00:15:65:31:4b:c0' },
  },
  {
    userAgent: 'yealink SIP-T18 18.0.0.80 00:15:65:27:3e:05',
    info: { vendor: 'Yealink', model: 'T18', version: '18.0.0.80', mac: '00:15:65:27:3e:05' },
  },
  {
    userAgent: 'yealink SIP-T28P 2.70.0.140 00:15:65:13:ae:0b',
    info: { vendor: 'Yealink', model: 'T28P', version: '2.70.0.140', mac: '00:15:65:13:ae:0b' },
  },
  {
    userAgent: 'yealink SIP-T29G 46.83.0.120 00:15:65:13:ae:0b',
    info: { vendor: 'Yealink', model: 'T29G', version: '46.83.0.120', mac: '00:15:65:13:ae:0b' },
  },
  {
    userAgent: 'Yealink CP860 37.72.0.5 00:15:65:8a:37:86',
    info: { vendor: 'Yealink', model: 'CP860', version: '37.72.0.5', mac: '00:15:65:8a:37:86' },
  },
  {
    userAgent: 'Yealink SIP VP-T49G 51.80.0.10 00:15:65:9b:5a:44',
    info: { vendor: 'Yealink', model: 'T49G', version: '51.80.0.10', mac: '00:15:65:9b:5a:44' },
  },
  {
    userAgent: 'Yealink SIP-T19P_E2 53.80.0.3 00:15:65:4c:4c:26',
    info: { vendor: 'Yealink', model: 'T19P_E2', version: '53.80.0.3', mac: '00:15:65:4c:4c:26' },
  },
  {
    userAgent: 'Yealink SIP-T20P 9.72.0.30 00:15:65:5e:16:7c',
    info: { vendor: 'Yealink', model: 'T20P', version: '9.72.0.30', mac: '00:15:65:5e:16:7c' },
  },
  {
    userAgent: 'Yealink SIP-T21P 34.72.0.1 00:15:65:4c:4c:26',
    info: { vendor: 'Yealink', model: 'T21P', version: '34.72.0.1', mac: '00:15:65:4c:4c:26' },
  },
  {
    userAgent: 'Yealink SIP-T22P 7.72.0.30 00:15:65:39:31:fc',
    info: { vendor: 'Yealink', model: 'T22P', version: '7.72.0.30', mac: '00:15:65:39:31:fc' },
  },
  {
    userAgent: 'Yealink SIP-T23G 44.80.0.60 00:15:65:93:70:f2',
    info: { vendor: 'Yealink', model: 'T23G', version: '44.80.0.60', mac: '00:15:65:93:70:f2' },
  },
  {
    userAgent: 'Yealink SIP-T26P 6.72.0.30 00:15:65:4b:57:d2',
    info: { vendor: 'Yealink', model: 'T26P', version: '6.72.0.30', mac: '00:15:65:4b:57:d2' },
  },
  {
    userAgent: 'Yealink SIP-T31G 124.85.257.55 80:5e:c0:d5:7d:72',
    info: { vendor: 'Yealink', model: 'T31G', version: '124.85.257.55', mac: '80:5e:c0:d5:7d:72' },
  },
  {
    userAgent: 'Yealink SIP-T33G 124.85.257.55 80:5e:c0:bd:ea:ef',
    info: { vendor: 'Yealink', model: 'T33G', version: '124.85.257.55', mac: '80:5e:c0:bd:ea:ef' },
  },
  {
    userAgent: 'Yealink SIP-T34W 124.86.0.75 24:9a:d8:88:d0:f4',
    info: { vendor: 'Yealink', model: 'T34W', version: '124.86.0.75', mac: '24:9a:d8:88:d0:f4' },
  },
  {
    userAgent: 'Yealink SIP-T38G  38.70.0.125 00:15:65:2f:c3:5e',
    info: { vendor: 'Yealink', model: 'T38G', version: '38.70.0.125', mac: '00:15:65:2f:c3:5e' },
  },
  {
    userAgent: 'Yealink SIP-T40P 54.80.0.10 00:15:65:94:86:64',
    info: { vendor: 'Yealink', model: 'T40P', version: '54.80.0.10', mac: '00:15:65:94:86:64' },
  },
  {
    userAgent: 'Yealink SIP-T41P 36.72.0.1 00:15:65:53:83:22',
    info: { vendor: 'Yealink', model: 'T41P', version: '36.72.0.1', mac: '00:15:65:53:83:22' },
  },
  {
    userAgent: 'Yealink SIP-T41P 36.83.0.120 00:15:65:53:83:22',
    info: { vendor: 'Yealink', model: 'T41P', version: '36.83.0.120', mac: '00:15:65:53:83:22' },
  },
  {
    userAgent: 'Yealink SIP-T42G 29.72.0.1 00:15:65:4c:3b:b0',
    info: { vendor: 'Yealink', model: 'T42G', version: '29.72.0.1', mac: '00:15:65:4c:3b:b0' },
  },
  {
    userAgent: 'Yealink SIP-T46G 28.72.0.1 00:15:65:4a:a9:37',
    info: { vendor: 'Yealink', model: 'T46G', version: '28.72.0.1', mac: '00:15:65:4a:a9:37' },
  },
  {
    userAgent: 'Yealink SIP-T46U 108.86.0.90 44:db:d2:67:58:4b',
    info: { vendor: 'Yealink', model: 'T46U', version: '108.86.0.90', mac: '44:db:d2:67:58:4b' },
  },
  {
    userAgent: 'Yealink SIP-T48G 35.72.0.6 00:15:65:5c:60:82',
    info: { vendor: 'Yealink', model: 'T48G', version: '35.72.0.6', mac: '00:15:65:5c:60:82' },
  },
  {
    userAgent: 'Yealink SIP-T58A 58.83.0.15 00:15:65:9b:5b:22',
    info: { vendor: 'Yealink', model: 'T58A', version: '58.83.0.15', mac: '00:15:65:9b:5b:22' },
  },
  {
    userAgent: 'Yealink SIP-T77U 185.87.0.10 44:db:d2:bd:b5:69',
    info: { vendor: 'Yealink', model: 'T77U', version: '185.87.0.10', mac: '44:db:d2:bd:b5:69' },
  },
  {
    userAgent: 'Yealink SIP-T85W 185.87.0.10 44:db:d2:67:58:4b',
    info: { vendor: 'Yealink', model: 'T85W', version: '185.87.0.10', mac: '44:db:d2:67:58:4b' },
  },
  {
    userAgent: 'Yealink SIP-W52P 25.73.0.20 00:15:65:40:ae:35',
    info: { vendor: 'Yealink', model: 'W52P', version: '25.73.0.20', mac: '00:15:65:40:ae:35' },
  },
  {
    userAgent: 'Yealink W60B 77.81.0.35 80:5e:c0:09:ab:dc',
    info: { vendor: 'Yealink', model: 'W60B', version: '77.81.0.35', mac: '80:5e:c0:09:ab:dc' },
  },
  {
    userAgent: 'Yealink W70B 146.85.0.5 80:5e:0c:1d:65:4e',
    info: { vendor: 'Yealink', model: 'W70B', version: '146.85.0.5', mac: '80:5e:0c:1d:65:4e' },
  },
  {
    userAgent: 'Yealink W75B 175.85.0.5 24:9a:d8:df:fb:11',
    info: { vendor: 'Yealink', model: 'W75B', version: '175.85.0.5', mac: '24:9a:d8:df:fb:11' },
  },
  {
    userAgent: 'Yealink W80B 103.83.0.90 80:5e:c0:71:01:38',
    info: { vendor: 'Yealink', model: 'W80B', version: '103.83.0.90', mac: '80:5e:c0:71:01:38' },
  },
  {
    userAgent: 'Yealink W80DM 103.83.0.122 24:9a:d8:d1:a6:31',
    info: { vendor: 'Yealink', model: 'W80DM', version: '103.83.0.122', mac: '24:9a:d8:d1:a6:31' },
  },
  {
    userAgent: 'Yealink W90DM 130.85.0.15 80:5e:c0:d9:c7:44',
    info: { vendor: 'Yealink', model: 'W90DM', version: '130.85.0.15', mac: '80:5e:c0:d9:c7:44' },
  },
  {
    userAgent: 'Yealink-T46G 28.71.0.81 28.1.0.128.0.0.0',
    info: { vendor: 'Yealink', model: 'T46G', version: '28.71.0.81' },
  },
  { userAgent: 'Yealink SIP-T46S 66.86.0.15', info: { vendor: 'Yealink', model: 'T46S', version: '66.86.0.15' } },
  { path: '/y000000000025.cfg', info: { vendor: 'Yealink', model: 'W52P' } },
  { path: '/y000000000066.cfg', info: { vendor: 'Yealink', model: 'T46S' } },
  // Several models have this one.
  { path: '/y000000000095.cfg', info: { vendor: 'Yealink' } },
  { path: '/y000000000000.boot', info: { vendor: 'Yealink' } },
  { path: '/805ec0bdeaef.cfg', info: { vendor: 'Yealink', mac: '80:5e:c0:bd:ea:ef' } },
  { path: '/805ec0bdeaef.boot', info: { vendor: 'Yealink', mac: '80:5e:c0:bd:ea:ef' } },
  { path: '/0015654C4C26-local.cfg', info: { vendor: 'Yealink', mac: '00:15:65:4c:4c:26' } },
  { vendorClass: 'yealink', info: { vendor: 'Yealink' } },
  { vendorClass: 'yealink SIP-T46S', info: { vendor: 'Yealink', model: 'T46S' } },
  {
    userAgent: 'Yealink SIP-T46S 66.86.0.15 00:15:65:4c:4c:26',
    path: '/0015654c4c26.cfg',
    info: { vendor: 'Yealink', model: 'T46S', version: '66.86.0.15', mac: '00:15:65:4c:4c:26' },
  },
];
