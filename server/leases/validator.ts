import { type Complaint, ProvisioningError } from '../lib/errors.ts';
import { ipv4Number } from '../lib/ip.ts';
import type { Subnet } from './model.ts';

interface Range {
  readonly first: number;
  readonly last: number;
  /** `pool 10.0.0.5-10.0.0.9`, or a subnet's text. */
  readonly text: string;
}

/**
 * What would let an address be given twice, or be one that no host can have.
 *
 * @throws ProvisioningError lease-subnets-invalid with every complaint
 */
export function checkSubnets(subnets: readonly Subnet[]): void {
  const complaints: Complaint[] = [];
  const ranges: Range[] = [];
  for (const subnet of subnets) {
    const { text, ipv4 } = subnet.range;
    const [prefix, more] = ipv4;
    if (!prefix || more) complaints.push({ path: text, message: 'must be one prefix of IPv4, as 10.0.0.0/24' });
    else {
      ranges.push({ ...prefix, text });
      complaints.push(...complaintsOf(subnet, prefix));
    }
  }
  complaints.push(...overlaps(ranges).map(([path, other]) => ({ path, message: `overlaps with ${other}` })));
  if (complaints.length === 0) return;
  const told = complaints.map(({ path, message }) => `${path} ${message}`).join('; ');
  throw new ProvisioningError('lease-subnets-invalid', `The subnets cannot be served: ${told}`, { complaints });
}

function complaintsOf({ range, pools, reservations }: Subnet, prefix: { first: number; last: number }): Complaint[] {
  // The first and the last address of a network are no host's, except in a /31 and a /32 (RFC 3021).
  const spare = prefix.last - prefix.first > 1 ? 1 : 0;
  const isHost = (number: number) => prefix.first + spare <= number && number <= prefix.last - spare;
  const complaints: Complaint[] = [];
  const complain = (message: string) => complaints.push({ path: range.text, message });
  const ranges = pools.map(({ first, last }) => ({
    first: ipv4Number(first),
    last: ipv4Number(last),
    text: `pool ${first}-${last}`,
  }));
  for (const { first, last, text } of ranges) {
    if (first > last) complain(`has the ${text}, which ends before it begins`);
    else if (!isHost(first) || !isHost(last)) complain(`has the ${text}, which holds addresses that no host of the subnet has`);
  }
  for (const [one, other] of overlaps(ranges)) complain(`has the ${one}, which overlaps with ${other}`);
  const taken = new Map<string, string>();
  for (const [mac, address] of reservations) {
    const other = taken.get(address);
    if (other !== undefined) complain(`has ${address} reserved for ${other} and for ${mac}`);
    if (!isHost(ipv4Number(address))) complain(`has ${address} reserved for ${mac}, which no host of the subnet has`);
    taken.set(address, mac);
  }
  return complaints;
}

/** Those that share an address with the one before, in the order of their addresses. */
function overlaps(ranges: readonly Range[]): (readonly [string, string])[] {
  const sorted = ranges.toSorted((one, other) => one.first - other.first);
  return sorted.flatMap(({ first, text }, index) => {
    const before = sorted[index - 1];
    return before && before.last >= first ? [[text, before.text] as const] : [];
  });
}
