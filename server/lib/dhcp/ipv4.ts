import { isIPv4 } from 'node:net';
import { ProvisioningError } from '../errors.ts';
import { type Ip, ipv4Number } from '../ip.ts';

/** The address in the four bytes from `at`, which are there. */
export function addressAt(bytes: Buffer, at: number): Ip {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}` as Ip;
}

/** Writes the four bytes. @throws ProvisioningError dhcp-address-invalid for an address of IPv6, of which DHCP for IPv4 has none */
export function putAddress(address: Ip, bytes: Buffer, at: number): void {
  if (!isIPv4(address)) {
    throw new ProvisioningError('dhcp-address-invalid', `DHCP for IPv4 cannot tell the address ${address}; give one of IPv4`);
  }
  bytes.writeUInt32BE(ipv4Number(address), at);
}
