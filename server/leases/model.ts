import { ProvisioningError } from '../lib/errors.ts';
import type { Ip, Network } from '../lib/ip.ts';
import type { Mac } from '../lib/mac.ts';

/** A range of addresses that clients get, from the first to the last. */
export interface Pool {
  readonly first: Ip;
  readonly last: Ip;
  /** For this vendor's phones only, which get an address here before they get one from a pool for all. */
  readonly vendor?: string;
}

/** A network that is served. */
export interface Subnet {
  /** One prefix of IPv4. Its text is the subnet's name. */
  readonly range: Network;
  readonly pools: readonly Pool[];
  /** Inside a pool or not: nobody else gets these addresses. */
  readonly reservations: ReadonlyMap<Mac, Ip>;
  readonly leaseSeconds: number;
}

/** What was told of a phone. */
export interface Facts {
  readonly mac?: Mac;
  readonly hostName?: string;
  readonly vendorClass?: string;
  /** As recognised. */
  readonly vendor?: string;
}

/** Who asks, as one message tells it. */
export interface Client extends Facts {
  /** Option 61, as it came. With one, the client is known by it alone (RFC 2131 section 4.2). */
  readonly id?: Buffer;
  /** Somebody knew this phone before it asked. */
  readonly known: boolean;
  /** Where the message came from: relay and circuit, else the interface. */
  readonly circuit: string;
  /** It renews its lease with the server itself, past a relay that it may have: what its circuit is called says nothing then. */
  readonly renews?: boolean;
  /** Its relay says which of its circuits it is behind (option 82): the network has others. */
  readonly hasNeighbours?: boolean;
}

/** A lease that is over is `released` or `expired`; the address of a `declined` one is used by a stranger. */
export type LeaseState = 'bound' | 'released' | 'declined' | 'expired';

/** Who has an address, or was the last to have it. */
export interface Lease extends Facts {
  readonly address: Ip;
  readonly subnet: string;
  /** `id:` and the hexadecimal digits of option 61, or `mac:` and the MAC address. */
  readonly client: string;
  readonly known: boolean;
  readonly circuit: string;
  readonly state: LeaseState;
  /** When the client got the address; of a declined one, when it was declined. In milliseconds since 1970, as all times here. */
  readonly since: number;
  /** When it ends, or ended; of a declined one, until when nobody gets it. */
  readonly expires: number;
}

/** How some addresses of a subnet stand. */
export interface Usage {
  readonly subnet: string;
  readonly size: number;
  readonly bound: number;
  readonly offered: number;
  readonly declined: number;
  /** The rest. */
  readonly free: number;
}

/** How full a pool is. Reserved addresses in its range, and the server's own, are no part of it. */
export interface PoolUsage extends Pool, Usage {
  /** How many of those that are free were somebody's before. */
  readonly past: number;
  /** How many are bound by clients that nobody knew, or offered to them, and how many may be. */
  readonly newClients: number;
  readonly newClientsMost: number;
}

/** Addresses that no pool counts: those that are reserved, and those in use that are in no pool, or in no subnet, any more. */
export interface OtherUsage extends Usage {
  readonly kind: 'reserved' | 'outside';
}

export interface Offered {
  readonly kind: 'offered';
  readonly address: Ip;
  /** The lease that the client has on it: until it ends, that is the time that it is told (RFC 2131 section 4.3.1). */
  readonly lease?: Lease;
  /** The client has a reservation, and this is who has its address. It gets another one meanwhile. */
  readonly conflict?: Lease;
}

export interface NothingOffered {
  readonly kind: 'none';
  /**
   * `no-pool`: the subnet has none for this client; `limited`: what is left in its pools is kept for clients that are known;
   * `exhausted`: nothing is left.
   */
  readonly reason: 'no-pool' | 'limited' | 'exhausted';
  /** Those that the client may have addresses from. */
  readonly pools: readonly PoolUsage[];
  readonly conflict?: Lease;
}

/**
 * Why a client cannot have an address: it is not of this subnet, the server's own, reserved for another, declined, another's by lease, or offered to
 * another; the client has a reservation for another address, or a lease on another; it is in no pool that serves the client; or
 * what is left in the pool is kept for clients that are known.
 */
export type Refusal =
  | 'outside-subnet'
  | 'ours'
  | 'reserved'
  | 'declined'
  | 'held'
  | 'offered'
  | 'reserved-elsewhere'
  | 'own-elsewhere'
  | 'not-in-pool'
  | 'limited';

export type Binding =
  /** For so many seconds from now: fewer than the subnet says where the lease was not lengthened. */
  | { readonly kind: 'bound'; readonly lease: Lease; readonly seconds: number }
  /** To be answered with a NAK. The lease is that of whoever has the address, or the client's own on another one. */
  | { readonly kind: 'refused'; readonly reason: Refusal; readonly lease?: Lease }
  /**
   * The client is not known here, and the address could be right: it is another server's client, or comes from a database that is lost.
   * RFC 2131 section 4.3.2 has the server say nothing. The lease is that of whoever has the address.
   */
  | { readonly kind: 'unknown'; readonly lease?: Lease };

/** The option 61 of whose lease it is, as hexadecimal digits; undefined for one that is known by its MAC address. */
export function identifierOf({ client }: Lease): string | undefined {
  return client.startsWith('id:') ? client.slice('id:'.length) : undefined;
}

/** @throws ProvisioningError lease-client-unknown for one that told neither */
export function clientKey({ id, mac }: Pick<Client, 'id' | 'mac'>): string {
  if (id && id.length > 0) return `id:${id.toString('hex')}`;
  if (mac !== undefined) return `mac:${mac}`;
  throw new ProvisioningError(
    'lease-client-unknown',
    'A client without a client identifier (option 61) and without an Ethernet address cannot have a lease',
  );
}
