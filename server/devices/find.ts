import { type Ip, UNSPECIFIED } from '../lib/ip.ts';
import type { DeviceInfo } from '../sdk.ts';
import type { StoredDevice } from './dao.ts';
import type { Finder } from './known.ts';
import type { Identity } from './model.ts';

/** Which device a request speaks of, as far as the store can tell. */
export interface Finding {
  readonly device?: StoredDevice | undefined;
  /** How it was found. */
  readonly by?: Identity | undefined;
  /** Ids of the devices at the address, none of which it can be said to be. */
  readonly undecided?: readonly string[];
  /** What speaks against it, in words; nothing secret is sent then, and nothing is changed. */
  readonly contradictions: readonly string[];
  /** What the server made of earlier requests of this phone, which did not tell its MAC address yet: see `isDouble`. */
  readonly double?: StoredDevice | undefined;
}

const certain = ['mac', 'serial', 'uuid'] as const;

/**
 * Finds a device by mac, serial, uuid, and by its address if exactly one is left that nothing contradicts.
 * @param tenant only this tenant's devices: the request came with its key
 * @param isUntouched whether a device that the server made has the config that it was made with
 */
export async function find(
  dao: Finder,
  info: DeviceInfo,
  ip: Ip,
  tenant: string | undefined,
  isUntouched: (device: StoredDevice) => Promise<boolean>,
): Promise<Finding> {
  const contradictions: string[] = [];
  let device: StoredDevice | undefined;
  let by: Identity | undefined;
  let double: StoredDevice | undefined;
  for (const fact of certain) {
    const value = info[fact];
    if (value === undefined) continue;
    if (device?.[fact] === value) continue;
    const all = await dao.findBy(fact, value);
    const found = tenant === undefined ? all : all.filter((each) => each.tenant === tenant);
    if (all.length > 0 && found.length === 0)
      contradictions.push(`the device with ${fact} ${value} is of another tenant than the key`);
    if (found.length > 1) contradictions.push(`several tenants have a device with ${fact} ${value}`);
    const [first] = found;
    if (!first) continue;
    if (device && device.id !== first.id) {
      if (by === 'mac' && isDouble(first, device, fact) && (await isUntouched(first))) double = first;
      else contradictions.push(`${fact} ${value} is the device ${first.id}, ${by} says ${device.id}`);
    }
    if (!device) [device, by] = [first, fact];
  }
  if (device) {
    for (const fact of certain) {
      if (device[fact] !== undefined && info[fact] !== undefined && device[fact] !== info[fact]) {
        contradictions.push(`${fact} is ${info[fact]}, the device's is ${device[fact]}`);
      }
    }
    return { device, by, contradictions, ...(double && { double }) };
  }
  if (contradictions.length > 0) return { contradictions };

  // Who has no address is nowhere.
  if (ip === UNSPECIFIED) return { contradictions };
  const here = (await dao.findBy('ip', ip)).filter(
    (each) => (tenant === undefined || each.tenant === tenant) && agrees(each, info),
  );
  const [only, ...others] = here;
  if (others.length > 0) return { undecided: here.map(({ id }) => id), contradictions };
  return only ? { device: only, by: 'ip', contradictions } : { contradictions };
}

/**
 * Some phones tell only their serial number when they ask for a file of their model, and their MAC address in the name of their own: what the
 * server made of the first is the same phone as the one that somebody made with that address, if nobody has said more of either.
 */
function isDouble(other: StoredDevice, device: StoredDevice, fact: (typeof certain)[number]): boolean {
  const isMadeBySelf = other.added === 'auto' && other.mac === undefined && !other.pinned;
  return isMadeBySelf && device[fact] === undefined && other.tenant === device.tenant;
}

function agrees(device: StoredDevice, info: DeviceInfo): boolean {
  return ([...certain, 'vendor', 'model'] as const).every(
    (fact) => device[fact] === undefined || info[fact] === undefined || device[fact] === info[fact],
  );
}
