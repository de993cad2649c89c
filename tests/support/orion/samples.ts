import type { Sample } from '../../plugins/contract.ts';

export const samples: readonly Sample[] = [
  { vendorClass: 'Orion IP Phone OP-O40', info: { vendor: 'Orion', model: 'O40' } },
  // orion-phone-O60, with its length before it
  { options: { 77: '0f6f72696f6e2d70686f6e652d4f3630' }, info: { vendor: 'Orion', model: 'O60' } },
];
