import { ip, openLeases, phone, subnetOf } from '../leases/stage.ts';

/**
 * Leases of two subnets: 10.0.0.10 and 10.1.0.10 are bound, 10.0.0.50 is and is reserved, as is 10.0.0.51; 10.0.0.11 was released, and 10.0.0.12 declined.
 * The clock stands still.
 */
export async function aServedSite() {
  const reserved = { '00:0f:d3:00:00:07': '10.0.0.50', '00:0f:d3:00:00:08': '10.0.0.51' };
  const branch = subnetOf('10.1.0.0/24', ['10.1.0.10-10.1.0.19 Digium']);
  const stage = await openLeases([subnetOf('10.0.0.0/24', ['10.0.0.10-10.0.0.19'], reserved), branch]);
  await stage.boot(phone(1, { hostName: 'desk', vendor: 'Digium', vendorClass: 'digium_D40_1_4_0_0_57389' }));
  for (const number of [2, 3, 7]) await stage.boot(phone(number));
  await stage.leases.release(phone(2), ip('10.0.0.11'));
  await stage.leases.decline(phone(3), ip('10.0.0.12'));
  const behind = phone(4, { vendor: 'Digium', circuit: '10.1.0.1 port-7' });
  stage.leases.offer(branch, behind);
  await stage.leases.bind(branch, behind, ip('10.1.0.10'), 'this');
  return stage;
}
