import type { Entry } from './entry.ts';
import { type Client, clientKey, type Refusal } from './model.ts';
import type { SubnetState } from './subnet-state.ts';
import type { LeaseTable } from './table.ts';

/** A client in a subnet, with what is known of it there. */
export interface Asker {
  readonly subnet: SubnetState;
  readonly client: Client;
  readonly key: string;
  /** What it told now, or when it was offered an address, or when it got its own: a REQUEST may say less than a DISCOVER. */
  readonly vendor: string | undefined;
  readonly reserved: number | undefined;
  /** The address that it has, or had last. */
  readonly own: Entry | undefined;
  readonly offered: Entry | undefined;
}

/** @throws ProvisioningError lease-client-unknown */
export function askerOf(table: LeaseTable, subnet: SubnetState, client: Client): Asker {
  const key = clientKey(client);
  const own = table.ownedBy(subnet, key);
  const offered = table.offeredTo(subnet, key);
  return {
    subnet,
    client,
    key,
    vendor: client.vendor ?? offered?.hold?.client.vendor ?? own?.lease?.vendor,
    reserved: client.mac === undefined ? undefined : subnet.reservations.get(client.mac),
    own,
    offered,
  };
}

/** What keeps an address from a client, whatever the pools say; undefined when nothing does. */
export function obstacle({ number, lease, hold }: Entry, { subnet, client, key }: Asker): Refusal | undefined {
  if (subnet.ours.has(number)) return 'ours';
  const owner = subnet.reservedFor.get(number);
  if (owner !== undefined && owner !== client.mac) return 'reserved';
  if (lease?.state === 'declined') return 'declined';
  // A reserved address is its phone's, also when the phone has another client identifier by now: firmware has its own.
  const isOwners = owner !== undefined && lease?.mac === owner;
  if (lease?.state === 'bound' && lease.client !== key && !isOwners) return 'held';
  // Who is known does not wait for an offer to somebody whom nobody knows.
  const isKept = hold && hold.key !== key && owner === undefined && (!client.known || hold.client.known);
  return isKept ? 'offered' : undefined;
}
