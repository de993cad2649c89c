import type { LeaseDao } from '../../server/leases/dao.ts';
import type { Client, Lease, Subnet } from '../../server/leases/model.ts';
import { leaseNotifier } from '../../server/leases/notifier.ts';
import { type LeaseOptions, leaseService, type ServerChoice } from '../../server/leases/service.ts';
import { type Ip, ipv4Number, ipv4Of, parseNetwork } from '../../server/lib/ip.ts';
import { createLog } from '../../server/lib/log.ts';
import type { Mac } from '../../server/lib/mac.ts';
import { openSqliteStore } from '../../server/store/sqlite/store.ts';

export const HOUR = 3_600_000;
export const ip = (text: string) => text as Ip;

/** A subnet of that prefix; a pool is `10.0.0.10-10.0.0.19`, or that with a vendor's name after a blank. */
export function subnetOf(
  prefix: string,
  pools: readonly string[],
  reservations: Readonly<Record<string, string>> = {},
  leaseSeconds = 3_600,
): Subnet {
  const range = parseNetwork(prefix);
  if (!range) throw new Error(`${prefix} is no prefix`);
  return {
    range,
    pools: pools.map((text) => {
      const [, first = '', last = '', vendor] = /^(\S+)-(\S+)(?: (\S+))?$/.exec(text) ?? [];
      return { first: ip(first), last: ip(last), ...(vendor !== undefined && { vendor }) };
    }),
    reservations: new Map(Object.entries(reservations).map(([mac, address]) => [mac as Mac, ip(address)])),
    leaseSeconds,
  };
}

export function macOf(number: number): Mac {
  return `00:0f:d3:${ipv4Of(number)
    .split('.')
    .slice(1)
    .map((byte) => Number(byte).toString(16).padStart(2, '0'))
    .join(':')}` as Mac;
}

/** A phone that somebody knows, if nothing else is said. */
export const phone = (number: number, fields: Partial<Client> = {}): Client => ({
  mac: macOf(number),
  known: true,
  circuit: 'eth0',
  ...fields,
});

export const stranger = (number: number, fields: Partial<Client> = {}): Client => phone(number, { known: false, ...fields });

/** Addresses of a range, as texts. */
export const addresses = (first: string, count: number): Ip[] =>
  Array.from({ length: count }, (_, index) => ipv4Of(ipv4Number(ip(first)) + index));

/** Leases over a store in memory, or one that is given, with a clock that stands still unless it is moved. */
export async function openLeases(
  subnets: readonly Subnet[],
  change: Partial<LeaseOptions> = {},
  clock = { now: 1_700_000_000_000 },
) {
  const store = change.dao ? undefined : await openSqliteStore(':memory:');
  const dao: LeaseDao = change.dao ?? (store as NonNullable<typeof store>).leases;
  const told: Lease[] = [];
  const lines: Record<string, unknown>[] = [];
  const notifier = leaseNotifier();
  notifier.subscribe((lease) => told.push(lease));
  const options: LeaseOptions = {
    dao,
    notifier,
    log: createLog({ level: 'trace', format: 'json', sink: { write: (line) => void lines.push(JSON.parse(line)) } }),
    subnets,
    newClientsPercent: 75,
    declineMs: 24 * HOUR,
    keepMs: 30 * 24 * HOUR,
    now: () => clock.now,
    ...change,
  };
  const leases = leaseService(options);
  await leases.start();
  const [subnet] = subnets;
  if (!subnet) throw new Error('A test has a subnet');
  const stage = {
    leases,
    dao,
    clock,
    told,
    notifier,
    lines,
    /** The address that a client is offered in the first subnet, or why there is none. */
    offer(client: Client, wanted?: string): string {
      const offer = leases.offer(subnet, client, wanted === undefined ? undefined : ip(wanted));
      return offer.kind === 'offered' ? offer.address : offer.reason;
    },
    /** What comes of a request for an address in the first subnet: `bound`, `unknown`, or the reason of a refusal. */
    async bind(client: Client, address: string, choice: ServerChoice = 'this'): Promise<string> {
      const binding = await leases.bind(subnet, client, ip(address), choice);
      return binding.kind === 'refused' ? binding.reason : binding.kind;
    },
    /** Discover, offer, request, acknowledgement. */
    async boot(client: Client): Promise<string> {
      const offer = leases.offer(subnet, client);
      if (offer.kind === 'none') return offer.reason;
      const outcome = await stage.bind(client, offer.address);
      return outcome === 'bound' ? offer.address : outcome;
    },
    stateOf: (address: string) => leases.list({ address: ip(address) }).leases[0]?.state,
    /** As the server ends and starts again, perhaps with other settings. */
    async restart(again: readonly Subnet[] = subnets, more: Partial<LeaseOptions> = {}) {
      await leases.close();
      return openLeases(again, { ...change, dao, ...more }, clock);
    },
    async close() {
      await leases.close();
      await store?.close();
    },
  };
  return stage;
}
