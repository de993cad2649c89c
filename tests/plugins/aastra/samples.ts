import type { Sample } from '../contract.ts';

/** A phone of the 67 with programmable keys only, one with all kinds and modules, and one each of the 68 and of the 69. */
export const everyCase = ['6731i', '6757i', '6867i', '6930'];

// User-Agents and the vendor class of the 6731i as they were captured; the others follow the same form.
export const samples: readonly Sample[] = [
  {
    userAgent: 'Aastra6731i MAC:00-08-5D-23-74-29 V:3.2.0.70-SIP',
    info: { vendor: 'Aastra', model: '6731i', version: '3.2.0.70', mac: '00085d237429' },
  },
  {
    userAgent: 'Aastra6739i MAC:00-08-5D-13-CA-05 V:3.3.1.4365-SIP',
    info: { vendor: 'Aastra', model: '6739i', version: '3.3.1.4365', mac: '00085d13ca05' },
    plugin: 'aastra-3.3.1-SP4',
  },
  {
    userAgent: 'Aastra53i MAC:00-08-5D-40-90-5F V:3.2.2.1136-SIP',
    info: { vendor: 'Aastra', model: '6753i', version: '3.2.2.1136', mac: '00085d40905f' },
  },
  {
    userAgent: 'Aastra51i MAC:00-08-5D-40-90-5F V:2.6.0.2010-SIP',
    info: { vendor: 'Aastra', model: '6751i', version: '2.6.0.2010', mac: '00085d40905f' },
  },
  {
    userAgent: 'Aastra55i MAC:00-08-5D-40-90-5F V:3.2.2.1136-SIP',
    info: { vendor: 'Aastra', model: '6755i', version: '3.2.2.1136', mac: '00085d40905f' },
  },
  {
    userAgent: 'Aastra57i MAC:00-08-5D-40-90-5F V:3.3.1.4322-SIP',
    info: { vendor: 'Aastra', model: '6757i', version: '3.3.1.4322', mac: '00085d40905f' },
  },
  {
    userAgent: 'Aastra6863i MAC:00-08-5D-40-90-5F V:4.1.0.128-SIP',
    info: { vendor: 'Aastra', model: '6863i', version: '4.1.0.128', mac: '00085d40905f' },
  },
  {
    userAgent: 'Mitel6867i MAC:00-08-5D-40-90-5F V:4.3.0.2036-SIP',
    info: { vendor: 'Aastra', model: '6867i', version: '4.3.0.2036', mac: '00085d40905f' },
    plugin: 'aastra-4.3.0',
  },
  {
    userAgent: 'Mitel6930w MAC:14-00-E9-1E-DB-52 V:6.4.0.140-SIP',
    path: '/Aastra/1400E91EDB52.cfg',
    info: { vendor: 'Aastra', model: '6930w', version: '6.4.0.140', mac: '1400e91edb52' },
    plugin: 'aastra-8.2.0',
  },
  { path: '/Aastra/00085D237429.cfg', info: { vendor: 'Aastra', mac: '00085d237429' } },
  { path: '/Aastra/00085D237429.tuz', info: { vendor: 'Aastra', mac: '00085d237429' } },
  { path: '/Aastra/00085D237429-ca_servers.crt', info: { vendor: 'Aastra', mac: '00085d237429' } },
  { path: '/Aastra/startup.cfg', info: { vendor: 'Aastra' } },
  { path: '/Aastra/aastra.cfg', info: { vendor: 'Aastra' } },
  { path: '/Aastra/i18n/lang_fr.txt', info: { vendor: 'Aastra' } },
  { path: '/Aastra/57i.st', info: { vendor: 'Aastra', model: '6757i' } },
  { path: '/Aastra/6920w.st', info: { vendor: 'Aastra', model: '6920w' } },
  { path: '/Aastra/6867i.cfg', info: { vendor: 'Aastra', model: '6867i' } },
  { vendorClass: 'AastraIPPhone6731i', info: { vendor: 'Aastra', model: '6731i' } },
  { vendorClass: 'AastraIPPhone57i', info: { vendor: 'Aastra', model: '6757i' } },
  { vendorClass: 'AastraIPPhone', info: { vendor: 'Aastra' } },
];
