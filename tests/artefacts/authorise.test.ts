import { expect, test } from '@jest/globals';
import { type Claim, obstacles, refusal } from '../../server/artefacts/authorise.ts';
import { fc } from '../support/fuzz.ts';

const fine: Claim = { own: true, secret: true, held: false, contradictions: [], addressOnly: false, trusted: true };

test('a device’s own file goes to the device when nothing speaks against it', () => {
  expect(refusal(fine)).toBeUndefined();
});

test.each<[Partial<Claim>, string]>([
  [{ held: true }, 'the device waits for approval'],
  [{ contradictions: ['mac is a by path', 'and b by userAgent'] }, 'mac is a by path; and b by userAgent'],
  [{ addressOwner: 'dev2' }, 'the address belongs to the device dev2'],
  [{ addressOnly: true }, 'only the address says which device it is'],
  [{ trusted: false }, 'no provisioning key, and the settings do not trust the network'],
])('it is refused with %j, and the reason is told', (change, why) => {
  expect(refusal({ ...fine, ...change })).toBe(why);
});

test('without secrets, an own file needs neither key nor more than the address', () => {
  expect(refusal({ ...fine, secret: false, addressOnly: true, trusted: false })).toBeUndefined();
  expect(refusal({ ...fine, secret: false, contradictions: ['x'] })).toBe('x');
});

test('all that stands in the way is told, what is refused for first', () => {
  const claim = { ...fine, held: true, contradictions: ['x'], addressOwner: 'dev2', addressOnly: true, trusted: false };
  expect(obstacles(claim).map(({ kind }) => kind)).toEqual([
    'held',
    'contradiction',
    'address-taken',
    'address-only',
    'untrusted',
  ]);
  expect(obstacles(claim)[0]?.why).toBe(refusal(claim));
  expect(obstacles({ ...claim, own: false })).toEqual([]);
});

test('whatever is claimed: common files go to anybody, secrets to nobody about whom there is a doubt', () => {
  const claim = fc.record({
    own: fc.boolean(),
    secret: fc.boolean(),
    held: fc.boolean(),
    contradictions: fc.array(fc.constant('c'), { maxLength: 2 }),
    addressOnly: fc.boolean(),
    trusted: fc.boolean(),
  });
  fc.assert(
    fc.property(claim, fc.boolean(), (base, owned) => {
      const asked: Claim = owned ? { ...base, addressOwner: 'other' } : base;
      const doubt = asked.held || asked.contradictions.length > 0 || owned || asked.addressOnly || !asked.trusted;
      if (!asked.own) expect(refusal(asked)).toBeUndefined();
      else if (asked.secret && doubt) expect(refusal(asked)).toBeDefined();
    }),
  );
});
