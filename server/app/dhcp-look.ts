import { isIPv4 } from 'node:net';
import { identifierOf, type Lease } from '../leases/model.ts';
import type { LeaseService } from '../leases/service.ts';
import { defaultAddress } from '../lib/addresses.ts';
import { Code, MessageType, type Options, option, readOption } from '../lib/dhcp/options.ts';
import { encodePacket, type Packet } from '../lib/dhcp/packet.ts';
import { ProvisioningError } from '../lib/errors.ts';
import type { Interface } from '../lib/interfaces.ts';
import { contains, parseIp, UNSPECIFIED } from '../lib/ip.ts';
import type { Mac } from '../lib/mac.ts';
import { createExchange, type ExchangeParts, type Message } from '../listeners/dhcp/exchange.ts';
import type { DhcpAnswer, DhcpLook, DhcpQuestion } from '../pipeline/explain/dhcp.ts';
import type { Core } from './core.ts';
import type { Senders } from './dhcp-sender.ts';

/** What explain looks at where addresses, or the rest, are given. */
export interface GivenParts extends Pick<ExchangeParts, 'subnets' | 'knownOnly' | 'matchClientId'> {
  readonly mode: ExchangeParts['mode'];
  readonly leases: Pick<LeaseService, 'preview' | 'list'>;
  readonly senders: Senders;
  /** Those on which clients are answered now. */
  interfaces(): readonly Interface[];
}

/** Options that an answer repeats, and its type: a client learns nothing by them. */
const repeated: ReadonlySet<number> = new Set([Code.messageType, Code.clientIdentifier, Code.relayInformation]);

/** A client of whom nobody said who it is. */
const somebody = option(Code.clientIdentifier, { type: 0, bytes: Buffer.from('offhook explain') });

/** The same exchange as with phones, with parts that keep nothing. */
export function lookAtGiven(
  core: Core,
  { mode, subnets, knownOnly, matchClientId, leases, senders, interfaces }: GivenParts,
): DhcpLook {
  async function rehearse(question: DhcpQuestion): Promise<DhcpAnswer> {
    let boot: Options = new Map();
    const exchange = createExchange({
      mode,
      subnets,
      knownOnly,
      matchClientId,
      trusted: core.settings.phones.secrets_without_key,
      leases: {
        offer: leases.preview,
        bind: async () => ({ kind: 'unknown' }),
        release: async () => undefined,
        decline: async () => undefined,
      },
      async note(told, server) {
        const noted = await core.rehearseLease(told);
        // Without a device nobody remembers what it was told.
        const base = core.baseUrls.of({ transport: 'dhcp', reached: { ip: server, port: 0 } }, undefined);
        const sender = await senders.senderOf(noted, { base, server, trusted: told.trusted });
        boot = sender.boot;
        return sender;
      },
    });
    const message = messageOf(withIdentifier(question), mode, interfaces());
    const { kind, address, reply, why, reason } = await exchange(message);
    const about = { circuit: message.circuit, ...(why !== undefined && { why }), ...(reason && { reason }) };
    if (!reply) return { kind: 'none', ...about, options: new Map(), from: new Map(), tellsFiles: false, leftOut: [] };
    const near = address ?? message.packet.giaddr;
    const subnet = near === undefined ? undefined : subnets.find(({ range }) => contains([range], near));
    const options = new Map([...reply.options].filter(([code]) => !repeated.has(code)));
    const from = [...options.keys()].flatMap((code) => {
      const whose = subnet?.options.has(code) ? 'subnet' : boot.has(code) ? 'package' : undefined;
      return whose === undefined ? [] : [[code, whose] as const];
    });
    const { leftOut } = encodePacket(reply, readOption(message.packet.options, Code.maximumMessageSize));
    const given = kind === 'offered' && address !== undefined;
    return {
      kind: given ? 'offered' : 'told',
      ...(given && { address }),
      ...(subnet && { subnet: subnet.range.text }),
      circuit: message.circuit,
      options,
      from: new Map(from),
      tellsFiles: boot.size > 0,
      leftOut,
    };
  }

  return { mode, leaseOf, rehearse };

  function leaseOf(mac: Mac): Lease | undefined {
    return leases.list({ mac }).leases.toSorted((one, other) => rank(other) - rank(one))[0];
  }

  /** Who is asked of by the MAC address alone is who it said that it is: without its identifier it would be another client. */
  function withIdentifier(question: DhcpQuestion): DhcpQuestion {
    const { request, last } = question;
    const { mac, options } = request;
    if (mac === undefined || options.has(Code.clientIdentifier)) return question;
    const lease = last?.how === 'served' ? undefined : leaseOf(mac);
    const id = last?.how === 'served' ? last.clientId : lease && identifierOf(lease);
    if (id === undefined) return question;
    return {
      ...question,
      request: { ...request, options: new Map([...options, [Code.clientIdentifier, Buffer.from(id, 'hex')]]) },
    };
  }

  /** One that runs, then the latest. */
  function rank({ state, since }: { readonly state: string; readonly since: number }): number {
    return state === 'bound' ? Number.POSITIVE_INFINITY : since;
  }
}

/** Where another server gives addresses, and is to tell what vendor packages say. */
export function lookAtOthers(core: Core, mode: 'off' | 'listen', senders: Senders): DhcpLook {
  return {
    mode,
    leaseOf: () => undefined,
    async rehearse({ request: { mac, options } }) {
      const noted = await core.rehearseLease({ kind: 'asked', ...(mac && { mac }), options, trusted: true });
      const address = defaultAddress();
      const boot = senders.bootOf(noted, {
        base: core.baseUrls.expected(noted.device?.id),
        server: isIPv4(address) ? address : undefined,
        trusted: true,
      });
      const from = new Map([...boot.keys()].map((code) => [code, 'package'] as const));
      return { kind: 'elsewhere', options: boot, from, tellsFiles: boot.size > 0, leftOut: [] };
    },
  };
}

/** As it would come: of one who looks for an address; to a proxy, of one who has it. */
function messageOf(question: DhcpQuestion, mode: 'serve' | 'proxy', open: readonly Interface[]): Message {
  const { ip, mac, options: said } = question.request;
  const { where, relay } = whereOf(question, open);
  const type = mode === 'serve' ? MessageType.discover : MessageType.inform;
  const [{ address: nearby }] = where.addresses;
  const own = ip === UNSPECIFIED ? undefined : ip;
  const isSomebody = mac === undefined && !said.has(Code.clientIdentifier);
  const options = new Map([
    ...(mode === 'serve' && own !== undefined ? [option(Code.requestedAddress, own)] : []),
    ...(isSomebody ? [somebody] : []),
    ...said,
    option(Code.messageType, type),
  ]);
  const packet: Packet = {
    op: 'request',
    htype: 1,
    hops: relay === undefined ? 0 : 1,
    xid: 0,
    secs: 0,
    flags: 0,
    // Of one that has an address and does not say which, only the network matters.
    ...(mode === 'proxy' && { ciaddr: own ?? relay ?? nearby }),
    ...(relay !== undefined && { giaddr: relay }),
    chaddr: Buffer.from(mac?.replaceAll(':', '') ?? '', 'hex'),
    sname: '',
    file: '',
    options,
  };
  return { packet, type, interface: where, circuit: relay ?? where.name };
}

/** Where nobody says it, it is where the client sent its last message, else the one place that there is. */
function whereOf({ interface: said, relay, last }: DhcpQuestion, open: readonly Interface[]) {
  const names = open.map(({ name }) => name).join(', ');
  if (said !== undefined) {
    const where = open.find(({ name }) => name === said);
    if (!where) throw invalid(`DHCP is not served on the interface ${said} now; it is on ${names || 'none'}`);
    return { where, relay };
  }
  const [first, ...others] = open;
  if (!first)
    throw invalid(
      'None of the interfaces in dhcp.interfaces is ready now, so nobody is answered; offhook status says how each is, and the log why',
    );
  const [circuit = ''] = last?.circuit?.split(' ') ?? [];
  const passing = relay ?? parseIp(circuit);
  if (passing !== undefined) {
    const where = open.find(({ addresses }) => addresses.some(({ subnet }) => contains([subnet], passing)));
    return { where: where ?? first, relay: passing };
  }
  const where = open.find(({ name }) => name === circuit) ?? (others.length === 0 ? first : undefined);
  if (where) return { where, relay: undefined };
  throw invalid(`Say where the client is, for what it gets depends on that: interface (${names}), or relay (its address there)`);
}

function invalid(message: string): ProvisioningError {
  return new ProvisioningError('dhcp-question-invalid', message);
}
