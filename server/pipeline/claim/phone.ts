import type { Caller } from '../../access/model.ts';
import type { StoredDevice } from '../../devices/dao.ts';
import type { DeviceService } from '../../devices/service.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import type { Ip } from '../../lib/ip.ts';
import type { Mac } from '../../lib/mac.ts';

/** By what somebody says which phone he means: that of a device, or the one with this MAC address, at this address, or whose phone last fetched a line with this username: as that it is registered. */
export type Phone =
  | { readonly by: 'device'; readonly value: string }
  | { readonly by: 'mac'; readonly value: Mac }
  | { readonly by: 'ip'; readonly value: Ip }
  | { readonly by: 'username'; readonly value: string };

export interface PhoneParts {
  readonly devices: Pick<DeviceService, 'get' | 'list' | 'idsOfAccount' | 'ownsAddresses'>;
}

/**
 * The device of a phone, of those that the caller sees.
 * @throws ProvisioningError phone-unknown; phone-ambiguous when it may be one of several, for then a wrong one would be given away
 */
export async function deviceOf(phone: Phone, caller: Pick<Caller, 'sees' | 'tenants'>, parts: PhoneParts): Promise<StoredDevice> {
  const found = await candidates(phone, caller, parts);
  const [device] = found;
  if (!device) throw new ProvisioningError('phone-unknown', `No phone is known ${wordsFor(phone)}`);
  if (found.length === 1) return device;
  throw new ProvisioningError(
    'phone-ambiguous',
    `Several phones are known ${wordsFor(phone)}: name the one that is meant by its device, its MAC address or its address`,
  );
}

async function candidates(
  phone: Phone,
  { sees, tenants }: Pick<Caller, 'sees' | 'tenants'>,
  parts: PhoneParts,
): Promise<readonly StoredDevice[]> {
  const { devices } = parts;
  switch (phone.by) {
    case 'device': {
      const device = await devices.get(phone.value);
      return device && sees(device.tenant) ? [device] : [];
    }
    case 'username':
      // Two are as good as many.
      return known(await devices.idsOfAccount(phone.value, tenants, 2), parts);
    case 'ip':
      if (!devices.ownsAddresses())
        throw new ProvisioningError(
          'phone-ambiguous',
          'Phones share addresses (phones.nat): name the one that is meant otherwise',
        );
      return (await devices.list({ ...(tenants && { tenants }), where: { ip: phone.value }, limit: 2 })).devices;
    case 'mac':
      return (await devices.list({ ...(tenants && { tenants }), where: { mac: phone.value }, limit: 2 })).devices;
  }
}

async function known(ids: readonly string[], { devices }: PhoneParts): Promise<StoredDevice[]> {
  const found = await Promise.all(ids.map((id) => devices.get(id)));
  return found.filter((device) => device !== undefined);
}

function wordsFor({ by, value }: Phone): string {
  if (by === 'device') return `as the device ${value}`;
  if (by === 'mac') return `with the MAC address ${value}`;
  return by === 'ip' ? `at the address ${value}` : `with the username ${value}`;
}
