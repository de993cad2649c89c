import type { Sample } from '../contract.ts';

// Paths and vendor classes of D40 and D70 phones as they were captured; the others follow the same form.
export const samples: readonly Sample[] = [
  { path: '/Digium/', info: { vendor: 'Digium' } },
  { path: '/Digium/000fd3054848.cfg', info: { vendor: 'Digium', mac: '000fd3054848' } },
  { path: '/Digium/000fd3054848-contacts.xml', info: { vendor: 'Digium', mac: '000fd3054848' } },
  { path: '/Digium/000000000000.cfg', info: { vendor: 'Digium' } },
  { path: '/Digium/firmware.eff', userAgent: 'Unknown Phone 1.0', info: { vendor: 'Digium' } },
  { path: '/Digium/firmware/1_4_0_0_57389_D40_firmware.eff', info: { vendor: 'Digium' } },
  { vendorClass: 'digium_D40_1_0_5_46476', info: { vendor: 'Digium', model: 'D40', version: '1.0.5.46476' } },
  { vendorClass: 'digium_D40_1_1_0_0_48178', info: { vendor: 'Digium', model: 'D40', version: '1.1.0.0.48178' } },
  { vendorClass: 'digium_D70_1_0_5_46476', info: { vendor: 'Digium', model: 'D70', version: '1.0.5.46476' } },
  { vendorClass: 'digium_D70_1_4_0_0_57389', info: { vendor: 'Digium', model: 'D70', version: '1.4.0.0.57389' } },
  { vendorClass: 'digium_D65_2_8_1', info: { vendor: 'Digium', model: 'D65', version: '2.8.1' } },
];
