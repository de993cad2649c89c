import { describe, expect, test } from '@jest/globals';
import type { Resolved } from '../../server/artefacts/names.ts';
import type { StoredDevice } from '../../server/devices/dao.ts';
import type { Ip } from '../../server/lib/ip.ts';
import { claimOf, type Heard, type LineParts, learn, type Recalled, recall } from '../../server/pipeline/line.ts';

const here = '10.0.0.1' as Ip;
const heard = { request: { ip: here }, tenant: undefined, identification: { info: {}, contradictions: [] } } as unknown as Heard;
const stranger = { device: undefined, contradictions: [], addressOwner: undefined, trusted: true } as unknown as Recalled;
const known = { ...stranger, device: { id: 'd1' } } as Recalled;

/** @param ip what the device of the phone has when it is written down */
function parts(ip: Ip | undefined, owner: string | undefined, nat = false): LineParts {
  const device = { id: 'd1', ip } as StoredDevice;
  const devices = {
    meet: async () => device,
    remember: async () => device,
    noteSighting() {},
    ownsAddresses: () => !nat,
    addressOwner: async () => owner && ({ id: owner } as StoredDevice),
  };
  return {
    devices,
    newcomers: { told() {}, forget() {} },
    security: { deviceCreated() {} },
    tenants: { main: { id: 't' } },
  } as never;
}

test('a phone whose other request made its device a moment ago has its address, which is nobody else’s', async () => {
  expect(await learn({ ...stranger, addressOwner: 'd1' }, heard, parts(here, undefined))).toMatchObject({
    addressOwner: undefined,
  });
});

test('an address that is another device’s stays that one’s', async () => {
  expect(await learn({ ...stranger, addressOwner: 'd2' }, heard, parts(undefined, 'd2'))).toMatchObject({ addressOwner: 'd2' });
});

test.each([
  ['nobody knows', stranger],
  ['is known', known],
])('an address that became another device’s while a phone that %s was written down is that one’s', async (_, caller) => {
  expect(await learn(caller, heard, parts(undefined, 'd2'))).toMatchObject({ addressOwner: 'd2' });
});

test.each([
  ['nobody knows', stranger],
  ['is known', known],
])('an address from which two phones ask at once is not that of one that %s, though nobody has it', async (_, caller) => {
  const met = await learn(caller, heard, parts(undefined, undefined));
  expect(met.addressOwner).toBe('of another phone that asks right now');
  expect(await learn(caller, heard, parts(undefined, undefined, true))).toMatchObject({ addressOwner: undefined });
});

test('who is not trusted gets no address, and need not have one for what is not secret', async () => {
  expect(await learn({ ...stranger, trusted: false }, heard, parts(undefined, undefined))).toMatchObject({
    addressOwner: undefined,
  });
});

describe('what was made of a phone before it told its MAC address', () => {
  const double = { id: 'd0', ip: here } as StoredDevice;
  const its = (given: string[]) => {
    const { devices, ...others } = parts(here, undefined);
    const more = {
      find: async () => ({ device: { id: 'd1' }, by: 'mac', contradictions: [], double }),
      addressOwner: async (_: Ip, of?: StoredDevice) => (of?.id === 'd1' && given.length === 0 ? double : undefined),
      absorb: async ({ id }: StoredDevice) => void given.push(id),
    };
    return { ...others, trusted: [], devices: { ...devices, ...more } } as never as LineParts;
  };

  test('does not keep the phone from its address, and is given up', async () => {
    const given: string[] = [];
    const recalled = await recall(heard, its(given));
    expect(recalled).toMatchObject({ device: { id: 'd1' }, addressOwner: undefined, double: { id: 'd0' } });
    expect(await learn({ ...recalled, trusted: true }, heard, its(given))).toMatchObject({
      device: { id: 'd1' },
      addressOwner: undefined,
    });
    expect(given).toEqual(['d0']);
  });

  test('stays when the request is not trusted', async () => {
    const given: string[] = [];
    await learn(await recall(heard, its(given)), heard, its(given));
    expect(given).toEqual([]);
  });
});

test('a file by whose name one knows whose it is does not need the address to say so', () => {
  const claim = (named: boolean) =>
    claimOf({ artefact: { own: true, secret: true, named } } as Resolved, { ...stranger, addressOnly: true, contradictions: [] });
  expect([claim(true).addressOnly, claim(false).addressOnly]).toEqual([false, true]);
});
