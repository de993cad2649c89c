import type { Sample } from '../contract.ts';

/** A phone that is told names, one that is told P-codes, an adapter with two ports, and the one whose file is no text. */
export const everyCase = ['GXP2130', 'GXP1630', 'HT802', 'GXP2000'];

export const samples: readonly Sample[] = [
  {
    userAgent: 'Grandstream Model HW GXP1628 SW 1.0.4.138 DevId c074ad2bd859',
    info: { vendor: 'Grandstream', model: 'GXP1628', version: '1.0.4.138', mac: 'c0:74:ad:2b:d8:59' },
  },
  {
    userAgent: 'Grandstream Model HW GXP2200 V2.2A SW 1.0.1.33 DevId 000b82462d97',
    info: { vendor: 'Grandstream', model: 'GXP2200', version: '1.0.1.33', mac: '00:0b:82:46:2d:97' },
  },
  {
    userAgent: 'Grandstream Model HW GXV3240 V1.6B SW 1.0.1.27 DevId 000b82632815',
    info: { vendor: 'Grandstream', model: 'GXV3240', version: '1.0.1.27', mac: '00:0b:82:63:28:15' },
  },
  {
    userAgent: 'Grandstream Model HW GXV3350 V1.3A SW 1.0.3.25 DevId c074ad150b88',
    info: { vendor: 'Grandstream', model: 'GXV3350', version: '1.0.3.25', mac: 'c0:74:ad:15:0b:88' },
    plugin: 'grandstream-1.0.3.2x-android',
  },
  {
    userAgent: 'Grandstream Model HW HT802V2 V1.0A SW 1.0.5.4 DevId ec74d763e419',
    info: { vendor: 'Grandstream', model: 'HT802V2', version: '1.0.5.4', mac: 'ec:74:d7:63:e4:19' },
  },
  {
    userAgent: 'Grandstream Model HW HT802V2 V1.0A SW 1.0.5.10 DevId ec74d763e419',
    info: { vendor: 'Grandstream', model: 'HT802V2', version: '1.0.5.10', mac: 'ec:74:d7:63:e4:19' },
    plugin: 'grandstream-1.0.63.3',
  },
  {
    userAgent: 'Grandstream Model HW GRP2614 SW 1.0.5.15 DevId c074ad0b63ee',
    info: { vendor: 'Grandstream', model: 'GRP2614', version: '1.0.5.15', mac: 'c0:74:ad:0b:63:ee' },
  },
  {
    userAgent: 'Grandstream Model HW GXP2135 SW 1.0.11.79 DevId 000b8240d55c',
    path: '/Grandstream/cfg000b8240d55c.xml',
    info: { vendor: 'Grandstream', model: 'GXP2135', version: '1.0.11.79', mac: '00:0b:82:40:d5:5c' },
    plugin: 'grandstream-1.0.11.79',
  },
  {
    userAgent: 'Grandstream Model HW GXP1610 SW 1.0.7.13 DevId 000b8240d55c',
    info: { vendor: 'Grandstream', model: 'GXP1610', version: '1.0.7.13', mac: '00:0b:82:40:d5:5c' },
    plugin: 'grandstream-1.0.7.13',
  },
  { path: '/cfg000b8240d55c.xml', info: { vendor: 'Grandstream', mac: '00:0b:82:40:d5:5c' } },
  { path: '/cfgC074AD2BD859', info: { vendor: 'Grandstream', mac: 'c0:74:ad:2b:d8:59' } },
  { path: '/Grandstream/cfgec74d763e419.xml', info: { vendor: 'Grandstream', mac: 'ec:74:d7:63:e4:19' } },
  { path: '/Grandstream/phonebook.xml', info: { vendor: 'Grandstream' } },
  { path: '/Grandstream/gxp2135fw.bin', info: { vendor: 'Grandstream' } },
  // Htek names its files so, too.
  { path: '/cfg001fc1123456.xml', userAgent: 'Unknown', info: {} },
  { vendorClass: 'Grandstream GXP2130', info: { vendor: 'Grandstream', model: 'GXP2130' } },
];
