import * as z from 'zod';
import type { OtherUsage, PoolUsage, Usage } from '../../leases/model.ts';
import type { LeaseService } from '../../leases/service.ts';
import { Code, readOption } from '../../lib/dhcp/options.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import { parseIp } from '../../lib/ip.ts';
import type { LeaseNews } from '../../pipeline/note-lease.ts';
import { dhcpOptions, ip, mac } from '../fields.ts';
import { bodyInvalid, page, readObject, readQuery, whole } from '../input.ts';
import type { ApiParts } from '../parts.ts';
import { type Answer, type Call, param, type Route } from '../route.ts';
import { leaseDocument, messageDocument } from './dhcp-document.ts';

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
const listQuery = z
  .strictObject({
    subnet: z.string(),
    state: z.enum(states, { error: `must be ${states.join(', ')}` }),
    mac,
    ip,
    ...page,
  })
  .partial();

/** Whoever asks again when this is over lets no proxy lose patience. */
const mostSeconds = 30;
const watchQuery = z.strictObject({ after: whole(0, Number.MAX_SAFE_INTEGER), mac, wait: whole(0, mostSeconds) }).partial();

/** Leases: those that this server gives, and what other DHCP servers tell of theirs (`dhcp-config/` has what makes them do so). */
export function dhcpRoutes({ noteLease, leases, messages }: ApiParts): Route[] {
  async function told({ body }: Call): Promise<Answer> {
    const { op, ip, mac, options = new Map() } = readObject(body, lease);
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
  }

  function list({ query }: Call): Answer {
    const { ip: address, limit = 100, offset = 0, subnet, state, mac: of } = readQuery(query, listQuery);
    const found = leases?.list({
      limit,
      offset,
      ...(subnet !== undefined && { subnet }),
      ...(state && { state }),
      ...(of && { mac: of }),
      ...(address && { address }),
    });
    return {
      json: {
        serves: leases !== undefined,
        leases: found?.leases.map(leaseDocument) ?? [],
        total: found?.total ?? 0,
        // All rows together have as many that are bound as there are such leases.
        pools: leases ? poolsOf(leases, subnet) : [],
      },
    };
  }

  async function forget(call: Call): Promise<Answer> {
    const text = param(call, 'address');
    const address = parseIp(text);
    if (!address || !leases) throw new ProvisioningError('lease-unknown', `This server has given nobody a lease on ${text}`);
    await leases.forget(address);
    return {};
  }

  /** With `wait`, when there is one behind `after`, or so many seconds have passed. */
  async function watch({ query }: Call): Promise<Answer> {
    const { after = 0, wait = 0, mac: of } = readQuery(query, watchQuery);
    const signal = AbortSignal.timeout(wait * 1_000);
    const wanted = () => messages.after(after).filter((each) => of === undefined || each.mac === of);
    let seen = after;
    while (wait > 0 && wanted().length === 0 && !signal.aborted) {
      await messages.news(seen, signal);
      seen = messages.last;
    }
    const found = wanted();
    return { json: { messages: found.map(messageDocument), last: messages.last } };
  }

  return [
    { path: '/api/v1/dhcp/leases', methods: { GET: list, POST: told }, forDhcpServers: ['POST'] },
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
