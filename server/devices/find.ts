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
}

const certain = ['mac', 'serial', 'uuid'] as const;

/**
 * Finds a device by mac, serial, uuid, and by its address if exactly one is left that nothing contradicts.
 * @param tenant only this tenant's devices: the request came with its key
 */
export async function find(dao: Finder, info: DeviceInfo, ip: Ip, tenant: string | undefined): Promise<Finding> {
  const contradictions: string[] = [];
  let device: StoredDevice | undefined;
  let by: Identity | undefined;
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
    if (device && device.id !== first.id)
      contradictions.push(`${fact} ${value} is the device ${first.id}, ${by} says ${device.id}`);
    if (!device) [device, by] = [first, fact];
  }
  if (device) {
    for (const fact of certain) {
      if (device[fact] !== undefined && info[fact] !== undefined && device[fact] !== info[fact]) {
        contradictions.push(`${fact} is ${info[fact]}, the device's is ${device[fact]}`);
      }
    }
    return { device, by, contradictions };
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

function agrees(device: StoredDevice, info: DeviceInfo): boolean {
  return ([...certain, 'vendor', 'model'] as const).every(
    (fact) => device[fact] === undefined || info[fact] === undefined || device[fact] === info[fact],
  );
}
