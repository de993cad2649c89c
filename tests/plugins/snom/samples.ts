import type { Sample } from '../contract.ts';

/** A phone with keys below its screen, one of old, and a base of each firmware. */
export const everyCase = ['D785', '710', 'M900'];

export const samples: readonly Sample[] = [
  {
    userAgent: 'Mozilla/4.0 (compatible; snomD785-SIP 10.1.215.13 2010.12-00004-g9ba52f5 000413922D24 SXM:0 UXM:0)',
    info: { vendor: 'Snom', model: 'D785', version: '10.1.215.13', mac: '00:04:13:92:2d:24' },
    plugin: 'snom-10.1.215.13',
  },
  {
    userAgent: 'Mozilla/4.0 (compatible; snom710-SIP 8.7.5.35 1.1.5-IFX-05.01.12 000413741767)',
    info: { vendor: 'Snom', model: '710', version: '8.7.5.35', mac: '00:04:13:74:17:67' },
    plugin: 'snom-8.7.5.35',
  },
  {
    userAgent: 'Mozilla/4.0 (compatible; snomPA1-SIP 8.7.5.35 1.1.3-s)',
    path: '/snomPA1-000413922D24.htm',
    info: { vendor: 'Snom', model: 'PA1', version: '8.7.5.35', mac: '00:04:13:92:2d:24' },
    plugin: 'snom-8.7.5.35',
  },
  {
    userAgent: 'Mozilla/4.0 (compatible; snom320-SIP 6.5.20; snom320 jffs2 v3.36; snom320 linux 3.38)',
    info: { vendor: 'Snom', model: '320', version: '6.5.20' },
  },
  {
    userAgent: 'Mozilla/4.0 (compatible; snomD865-SIP 10.1.215.13 5.4.0 001AE8922D24 SXM:0 UXM:0)',
    path: '/001AE8922D24.xml',
    info: { vendor: 'Snom', model: 'D865', version: '10.1.215.13', mac: '00:1a:e8:92:2d:24' },
    plugin: 'snom-10.1.215.13',
  },
  {
    userAgent: 'Mozilla/4.0 (compatible; Snom M900 07.40.0104 000413b60680)',
    info: { vendor: 'Snom', model: 'M900', version: '07.40.0104', mac: '00:04:13:b6:06:80' },
    plugin: 'snom-dect-07.40.0104',
  },
  {
    userAgent: 'Mozilla/4.0 (compatible; snom M700 05.20.0001 000413b60680)',
    path: '/snomM700-000413B60680.htm',
    info: { vendor: 'Snom', model: 'M700', version: '05.20.0001', mac: '00:04:13:b6:06:80' },
    plugin: 'snom-dect-05.20.0001',
  },
  { path: '/000413922D24.xml', info: { vendor: 'Snom', mac: '00:04:13:92:2d:24' } },
  { path: '/snomD785.htm', query: 'mac=000413922D24', info: { vendor: 'Snom', model: 'D785', mac: '00:04:13:92:2d:24' } },
  { path: '/snom320-firmware.xml', info: { vendor: 'Snom', model: '320' } },
  { vendorClass: 'snom320', info: { vendor: 'Snom', model: '320' } },
];
