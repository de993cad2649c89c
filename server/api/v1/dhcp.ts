import * as z from 'zod';
import type { Lease, OtherUsage, PoolUsage, Usage } from '../../leases/model.ts';
import type { LeaseService } from '../../leases/service.ts';
import { Code, readOption } from '../../lib/dhcp/options.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import { ipv4Number, parseIp } from '../../lib/ip.ts';
import type { LeaseNews } from '../../pipeline/note-lease.ts';
import { count, dhcpOptions, ip, mac, text } from '../fields.ts';
import { bodyInvalid, whole } from '../input.ts';
import { listingOf } from '../listing.ts';
import type { ApiParts } from '../parts.ts';
import { endpoint, param, type Route } from '../route.ts';
import { leaseDocument, leaseSchema, messageDocument, messageSchema } from './dhcp-document.ts';

/** As provd's `dhcpinfo` calls them. */
const kinds: Readonly<Record<'commit' | 'release' | 'expiry', LeaseNews['kind']>> = {
  commit: 'bound',
  release: 'ended',
  expiry: 'ended',
};

const lease = z.strictObject({
  op: z.enum(['commit', 'release', 'expiry'], { error: 'must be commit, release or expiry' }),
  ip,
  mac: mac.optional(),
  options: dhcpOptions.optional(),
});

const states = ['bound', 'released', 'declined', 'expired'] as const;
const filters = z
  .strictObject({
    subnet: z.string(),
    state: z.enum(states, { error: `must be ${states.join(', ')}` }),
    mac,
    ip,
  })
  .partial();

/** Whoever asks again when this is over lets no proxy lose patience. */
const mostSeconds = 30;
const watchQuery = z.strictObject({ after: whole(0, Number.MAX_SAFE_INTEGER), mac, wait: whole(0, mostSeconds) }).partial();

const pool = z.strictObject({
  kind: z.enum(['pool', 'reserved', 'outside']),
  subnet: text,
  size: count,
  bound: count,
  offered: count,
  declined: count,
  free: count,
  first: text.nullable(),
  last: text.nullable(),
  vendor: text.nullable(),
});

/** Leases: those that this server gives, and what other DHCP servers tell of theirs (`dhcp-config/` has what makes them do so). */
export function dhcpRoutes({ noteLease, leases, messages }: ApiParts): Route[] {
  const told = endpoint({
    summary: 'Tell of a lease that another DHCP server gave, or that has ended',
    permission: 'leases.create',
    serverWide: true,
    body: lease,
    answers: { 204: 'nothing' },
    async handle({ body: { op, ip, mac, options = new Map() } }) {
      if (op === 'commit' && mac === undefined)
        throw bodyInvalid('The body is not valid', [{ path: 'mac', message: 'must be there: whose address is it?' }]);
      const [vendorClass, hostName] = [readOption(options, Code.vendorClass), readOption(options, Code.hostName)];
      const { device, info } = await noteLease({ kind: kinds[op], ip, ...(mac && { mac }), options, trusted: true });
      messages.note({
        at: Date.now(),
        type: op,
        how: 'told',
        ip,
        ...(mac && { mac }),
        ...(info.vendor !== undefined && { vendor: info.vendor }),
        ...(info.model !== undefined && { model: info.model }),
        ...(device && { device: device.id }),
        ...(vendorClass !== undefined && { vendorClass }),
        ...(hostName !== undefined && { hostName }),
        outcome: 'noted',
      });
      return {};
    },
  });

  const list = listingOf({
    summary: 'List leases that this server gave, and how full its pools are',
    permission: 'leases.read',
    serverWide: true,
    name: 'leases',
    item: leaseSchema,
    besides: { serves: z.boolean().meta({ description: 'This server gives addresses.' }), pools: z.array(pool) },
    filters,
    sorts: {
      address: ({ address }: Lease) => ipv4Number(address),
      since: ({ since }) => since,
      expires: ({ expires }) => expires,
      mac: ({ mac }) => mac,
      state: ({ state }) => state,
    },
    usual: 'address',
    key: ({ address }) => address,
    find({ query: { ip: address, subnet, state, mac: of } }) {
      const found = leases?.list({
        ...(subnet !== undefined && { subnet }),
        ...(state && { state }),
        ...(of && { mac: of }),
        ...(address && { address }),
      });
      return found?.leases ?? [];
    },
    document: leaseDocument,
    // All rows together have as many that are bound as there are such leases.
    more: ({ query: { subnet } }) => ({ serves: leases !== undefined, pools: leases ? poolsOf(leases, subnet) : [] }),
  });

  const forget = endpoint({
    summary: 'Make an address free, whoever has it',
    about: 'Its client is not told, and uses it until it asks again.',
    permission: 'leases.delete',
    serverWide: true,
    answers: { 204: 'nothing' },
    async handle(call) {
      const text = param(call, 'address');
      const address = parseIp(text);
      if (!address || !leases) throw new ProvisioningError('lease-unknown', `This server has given nobody a lease on ${text}`);
      await leases.forget(address);
      return {};
    },
  });

  const watch = endpoint({
    summary: 'List the last messages of DHCP',
    about: 'With `wait`, when there is one behind `after`, or so many seconds have passed.',
    permission: 'leases.read',
    serverWide: true,
    query: watchQuery,
    answers: { 200: z.strictObject({ messages: z.array(messageSchema), last: count }) },
    async handle({ query: { after = 0, wait = 0, mac: of } }) {
      const signal = AbortSignal.timeout(wait * 1_000);
      const wanted = () => messages.after(after).filter((each) => of === undefined || each.mac === of);
      let seen = after;
      while (wait > 0 && wanted().length === 0 && !signal.aborted) {
        await messages.news(seen, signal);
        seen = messages.last;
      }
      const found = wanted();
      return { json: { messages: found.map(messageDocument), last: messages.last } };
    },
  });

  return [
    { path: '/api/v1/dhcp/leases', methods: { GET: list, POST: told } },
    { path: '/api/v1/dhcp/leases/:address', methods: { DELETE: forget } },
    { path: '/api/v1/dhcp/messages', methods: { GET: watch } },
  ];
}

/** Those of a subnet together, in the order of the settings; of one alone, if it is named. */
function poolsOf(leases: Pick<LeaseService, 'usage' | 'otherUsage'>, named: string | undefined) {
  const rows = [...leases.usage().map(poolDocument), ...leases.otherUsage().map(otherDocument)];
  const subnets = named === undefined ? new Set(rows.map(({ subnet }) => subnet)) : [named];
  return [...subnets].flatMap((subnet) => rows.filter((row) => row.subnet === subnet));
}

function poolDocument({ first, last, vendor, ...usage }: PoolUsage) {
  return { kind: 'pool', ...countsOf(usage), first, last, vendor: vendor ?? null };
}

function otherDocument({ kind, ...usage }: OtherUsage) {
  return { kind, ...countsOf(usage), first: null, last: null, vendor: null };
}

function countsOf({ subnet, size, bound, offered, declined, free }: Usage) {
  return { subnet, size, bound, offered, declined, free };
}
