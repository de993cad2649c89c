import { afterEach, expect, test } from '@jest/globals';
import { factsOf } from '../../server/leases/rules.ts';
import type { LeaseOptions } from '../../server/leases/service.ts';
import { HOUR, ip, macOf, openLeases, phone, stranger, subnetOf } from './stage.ts';

const TEN = '10.0.0.0/24';
const ten = (count: number, reservations: Record<string, string> = {}) =>
  subnetOf(TEN, [`10.0.0.10-10.0.0.${9 + count}`], reservations);

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function open(subnet = ten(10), change: Partial<LeaseOptions> = {}) {
  const stage = await openLeases([subnet], change);
  closing.push(() => stage.close());
  return stage;
}

test('a stranger is offered what it has also when strangers have their share, and what it had only within that', async () => {
  const stage = await open(ten(4), { newClientsPercent: 50 });
  await stage.boot(stranger(1));
  await stage.boot(stranger(2));
  expect(stage.offer(stranger(1))).toBe('10.0.0.10');
  await stage.leases.release(stranger(1), ip('10.0.0.10'));
  await stage.boot(stranger(3));
  expect(stage.offer(stranger(1))).toBe('limited');
});

test('a stranger that asks again for what it was offered ends no offer to another', async () => {
  // One circuit has two offers.
  const stage = await open(ten(8), { newClientsPercent: 50 });
  for (const number of [1, 2, 2]) stage.offer(stranger(number));
  expect(stage.leases.usage()).toMatchObject([{ offered: 2 }]);
  expect(await stage.bind(stranger(1), '10.0.0.10', 'none')).toBe('bound');
});

test('what a client had comes before what it was offered meanwhile, and that before what it wants', async () => {
  const stage = await open();
  await stage.boot(phone(1));
  stage.clock.now += HOUR;
  expect(stage.offer(phone(2), '10.0.0.10')).toBe('10.0.0.10');
  stage.clock.now += 30_000;
  expect(stage.offer(phone(1))).toBe('10.0.0.11');
  expect(stage.offer(phone(1), '10.0.0.15')).toBe('10.0.0.11');
  stage.clock.now += 30_000;
  expect(stage.offer(phone(1), '10.0.0.15')).toBe('10.0.0.10');
});

test('a phone that has another address than its reservation is refused that as soon as the reserved one is free', async () => {
  const before = await open(ten(4));
  await before.boot(phone(1));
  const stage = await before.restart([ten(4, { [macOf(1)]: '10.0.0.50' })]);
  closing.push(() => stage.leases.close());
  expect(await stage.bind(phone(1), '10.0.0.10', 'none')).toBe('reserved-elsewhere');
  expect(await stage.boot(phone(1))).toBe('10.0.0.50');
});

test('who renews while its reservation is taken by another goes on with what it has, without a new offer', async () => {
  const before = await open(ten(4));
  for (const number of [8, 1]) await before.boot(phone(number));
  const stage = await before.restart([ten(4, { [macOf(1)]: '10.0.0.10' })]);
  closing.push(() => stage.leases.close());
  expect(await stage.bind(phone(1), '10.0.0.11', 'none')).toBe('bound');
});

test('a phone that has its reserved address, or had it, is in nobody’s way', async () => {
  const subnet = ten(4, { [macOf(1)]: '10.0.0.50' });
  const stage = await open(subnet);
  await stage.boot(phone(1));
  expect(stage.leases.offer(subnet, phone(1))).not.toHaveProperty('conflict');
  stage.clock.now += HOUR;
  expect(stage.leases.offer(subnet, phone(1))).toEqual({ kind: 'offered', address: '10.0.0.50' });
});

test("a lease in a pool that is another vendor's now is not lengthened", async () => {
  const before = await open();
  await before.boot(phone(1));
  const end = before.clock.now + HOUR;
  const stage = await before.restart([subnetOf(TEN, ['10.0.0.10-10.0.0.19 Snom'])]);
  closing.push(() => stage.leases.close());
  stage.clock.now += HOUR / 2;
  expect(await stage.bind(phone(1), '10.0.0.10', 'none')).toBe('bound');
  expect(stage.told.at(-1)).toMatchObject({ expires: end });
});

test('a stranger is limited where any of its pools has something left for who is known', async () => {
  const stage = await open(subnetOf(TEN, ['10.0.0.10-10.0.0.11 Snom', '10.0.0.20-10.0.0.20']), { newClientsPercent: 50 });
  const snom = (number: number) => stranger(number, { vendor: 'Snom' });
  expect([await stage.boot(snom(1)), await stage.boot(snom(2))]).toEqual(['10.0.0.10', '10.0.0.20']);
  expect(stage.offer(snom(3))).toBe('limited');
});

test('where nothing else is left a stranger gets what was offered first behind its circuit', async () => {
  const stage = await open(ten(4), { newClientsPercent: 100 });
  for (const number of [1, 2, 3]) await stage.boot(phone(number));
  expect(stage.offer(stranger(4))).toBe('10.0.0.13');
  expect(stage.offer(stranger(5))).toBe('10.0.0.13');
  expect(stage.offer(stranger(6, { circuit: 'eth1' }))).toBe('exhausted');
});

test('a refusal tells which address the client has', async () => {
  const stage = await open();
  await stage.boot(phone(1));
  const binding = await stage.leases.bind(ten(10), phone(1), ip('10.0.0.15'), 'none');
  expect(binding).toMatchObject({ kind: 'refused', reason: 'own-elsewhere', lease: { address: '10.0.0.10' } });
});

test('of a phone is kept what it told last: in its request, else when it was offered the address, else before', async () => {
  const stage = await open();
  await stage.boot(phone(1, { hostName: 'one', vendorClass: 'one', vendor: 'One' }));
  stage.offer(phone(1, { hostName: 'two', vendorClass: 'two' }));
  await stage.bind(phone(1, { hostName: 'three' }), '10.0.0.10');
  expect(stage.told.at(-1)).toMatchObject({ hostName: 'three', vendorClass: 'two', vendor: 'One' });
  expect(await stage.bind(phone(1), '10.0.0.15')).toBe('bound');
  expect(stage.told.at(-1)).toMatchObject({ address: '10.0.0.15', hostName: 'three', vendorClass: 'two', vendor: 'One' });
});

test('each fact is the latest that was told, and nothing else is among them', () => {
  const all = (word: string) => ({ mac: macOf(word.length), hostName: word, vendorClass: word, vendor: word });
  const [a, bb, ccc] = [all('a'), all('bb'), all('ccc')];
  expect(factsOf(a, bb, ccc)).toEqual(a);
  expect(factsOf({}, bb, ccc)).toEqual(bb);
  expect(factsOf({}, {}, ccc)).toEqual(ccc);
  expect(factsOf({}, undefined, ccc)).toEqual(ccc);
  expect(factsOf({ hostName: 'a' }, { vendor: 'bb' }, ccc)).toEqual({ ...ccc, hostName: 'a', vendor: 'bb' });
  expect(Object.keys(factsOf(phone(1, { id: Buffer.of(1) })))).toEqual(['mac']);
});

test('a lease that begins anew is since then: after its end, and when the phone has another identifier', async () => {
  const stage = await open(ten(4, { [macOf(1)]: '10.0.0.50' }));
  await stage.boot(phone(1));
  stage.clock.now += 1_000;
  expect(await stage.boot(phone(1, { id: Buffer.from('firmware') }))).toBe('10.0.0.50');
  expect(stage.told.at(-1)).toMatchObject({ since: stage.clock.now });
  stage.clock.now += 2 * HOUR;
  await stage.bind(phone(1, { id: Buffer.from('firmware') }), '10.0.0.50', 'none');
  expect(stage.told.at(-1)).toMatchObject({ since: stage.clock.now, expires: stage.clock.now + HOUR });
});

test('who renews past its relay is still behind its circuit; who asks anew is where it asks', async () => {
  const stage = await open();
  await stage.boot(phone(1, { circuit: 'port1' }));
  await stage.bind(phone(1, { circuit: 'eth0', renews: true }), '10.0.0.10', 'none');
  expect(stage.told.at(-1)).toMatchObject({ circuit: 'port1' });
  await stage.bind(phone(1, { circuit: 'port2' }), '10.0.0.10', 'none');
  expect(stage.told.at(-1)).toMatchObject({ circuit: 'port2' });
});
