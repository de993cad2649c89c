import type { Sample } from '../contract.ts';

/** A phone of each dialect: text, XML with modules, sysConf with keys beside the screen and with both kinds, and a door phone. */
export const everyCase = ['C62', 'X4', 'V62', 'X210-Pro', 'i10SD'];

const mac = '0c:38:3e:07:e1:6c';

export const samples: readonly Sample[] = [
  {
    userAgent: 'Fanvil X4 2.10.2.6887 0c383e07e16c',
    path: '/Fanvil/0c383e07e16c.cfg',
    info: { vendor: 'Fanvil', model: 'X4', version: '2.10.2.6887', mac },
  },
  {
    userAgent: 'Fanvil X6U Pro 2.12.16.17 0c383e07e16c',
    info: { vendor: 'Fanvil', model: 'X6U-Pro', version: '2.12.16.17', mac },
    plugin: 'fanvil-serie-x',
  },
  {
    userAgent: 'Fanvil V62 Pro 2.12.20.3 0c383e07e16c',
    info: { vendor: 'Fanvil', model: 'V62Pro', version: '2.12.20.3', mac },
    plugin: 'fanvil-serie-v',
  },
  {
    userAgent: 'Fanvil H2U-V2 2.12.20.2 0c383e07e16c',
    info: { vendor: 'Fanvil', model: 'H2U-V2', version: '2.12.20.2', mac },
    plugin: 'fanvil-serie-h',
  },
  {
    userAgent: 'Fanvil W620W 2.16.10 0c383e07e16c',
    info: { vendor: 'Fanvil', model: 'W620W', version: '2.16.10', mac },
    plugin: 'fanvil-serie-w',
  },
  // A model that the table does not have is one of Fanvil's all the same.
  {
    userAgent: 'Fanvil A32i 2.4.2 00a859112233',
    info: { vendor: 'Fanvil', model: 'A32i', version: '2.4.2', mac: '00:a8:59:11:22:33' },
  },
  { path: '/Fanvil/00A859112233.cfg', info: { vendor: 'Fanvil', mac: '00:a8:59:11:22:33' } },
  { path: '/0c383e07e16c.cfg', info: { vendor: 'Fanvil', mac } },
  { path: '/f0C00580000.cfg', info: { vendor: 'Fanvil', model: 'C58' } },
  { path: '/Fanvil/f0X3shw1.100.cfg', info: { vendor: 'Fanvil', model: 'X3S' } },
  { path: '/F0V00X600000.cfg', info: { vendor: 'Fanvil', model: 'X6' } },
  { path: '/Fanvil/fanvil_x6u_pro_hwv1_0.txt', info: { vendor: 'Fanvil', model: 'X6U-Pro' } },
  { path: '/Fanvil/fanvil_v62_pro_hwv1_0.txt', info: { vendor: 'Fanvil', model: 'V62Pro' } },
  { path: '/Fanvil/fanvil_v67_hw1_1.txt', info: { vendor: 'Fanvil', model: 'V67' } },
  { path: '/Fanvil/fanvil_h2u_v2_hwv1_0.txt', info: { vendor: 'Fanvil', model: 'H2U-V2' } },
];
