import { networkInterfaces } from 'node:os';
import { leaseNotifier } from '../leases/notifier.ts';
import { type LeaseService, leaseService } from '../leases/service.ts';
import { Code, MessageType, readOption } from '../lib/dhcp/options.ts';
import { macOf } from '../lib/dhcp/packet.ts';
import { prefixed, reason } from '../lib/errors.ts';
import { contains, type Ip, parseIp } from '../lib/ip.ts';
import { createExchange } from '../listeners/dhcp/exchange.ts';
import { type DhcpEvent, type DhcpListener, startDhcp } from '../listeners/dhcp/listener.ts';
import { openProber, type Prober } from '../listeners/dhcp/probe.ts';
import type { DhcpLook } from '../pipeline/explain/dhcp.ts';
import { readSubnets, type SubnetSettings } from '../settings/subnets.ts';
import type { Core } from './core.ts';
import { lookAtGiven, lookAtOthers } from './dhcp-look.ts';
import { createSenders, recognised } from './dhcp-sender.ts';

/** How long an address is out of use that a stranger uses: by then somebody has looked. */
const declineMs = 86_400_000;
/** How long a phone gets the address again that it had. */
const keepMs = 90 * 86_400_000;

/** DHCP as the settings want it. */
export interface Dhcp {
  /** Absent when it is off. */
  readonly listener?: DhcpListener;
  /** For explain. */
  readonly look: DhcpLook;
  /** Where addresses are given. */
  readonly leases?: LeaseService;
  /** Resolves when it is known that it may stay. Rejects with what ends the start: dhcp-rival, or that it cannot be looked for rivals. */
  readonly looked: Promise<void>;
  close(): Promise<void>;
}

/**
 * @param takesOver it is the DHCP of a process that ended, and what would end a start is not to keep it from the rest of its work
 * @throws ProvisioningError dhcp-port-in-use, dhcp-port-not-allowed, dhcp-socket-failed, store-…; dhcp-rival comes later, by `looked`
 */
export async function createDhcp(core: Core, takesOver: boolean): Promise<Dhcp> {
  const { dhcp, phones } = core.settings;
  const senders = createSenders(core);
  if (dhcp.mode === 'off') return { look: lookAtOthers(core, dhcp.mode, senders), looked: Promise.resolve(), async close() {} };
  const common = {
    interfaces: dhcp.interfaces,
    port: dhcp.port,
    force: dhcp.force,
    beside: dhcp.mode === 'proxy',
    takesOver,
    observe: observeDhcp(core),
  };
  if (dhcp.mode === 'listen') {
    const starting = startDhcp({
      ...common,
      async overhear({ packet, type }, ip, relay) {
        const mac = macOf(packet);
        if (type === MessageType.decline) return {};
        const kind = type === MessageType.release ? 'ended' : 'asked';
        // A relay in networks that secrets may go to is one of ours.
        const trusted = relay === undefined || contains(phones.secrets_without_key, relay);
        if (kind === 'ended' && !trusted) return {};
        return recognised(
          await core.noteLease({ kind, ...(mac && { mac }), ...(ip && { ip }), options: packet.options, trusted }),
        );
      },
    });
    const listener = await starting.catch((cause) => {
      throw prefixed('dhcp', cause);
    });
    return { listener, looked: listener.looked, look: lookAtOthers(core, dhcp.mode, senders), close: () => listener.close() };
  }

  const { subnets } = readSubnets(dhcp.subnets, dhcp.lease_seconds);
  warnOf(subnets, core);
  const news = leaseNotifier();
  const leases = leaseService({
    dao: core.store.leases,
    notifier: news,
    log: core.log,
    subnets,
    newClientsPercent: dhcp.new_clients_percent,
    declineMs,
    keepMs,
  });
  // Of those that begin the exchange tells, with what the client said.
  news.subscribe(({ state, address, mac }) => {
    if (state === 'bound') return;
    core.noteLease({ kind: 'ended', ip: address, ...(mac && { mac }), options: new Map(), trusted: true }).catch((cause) => {
      core.log.error({ event: 'dhcp.not-noted', ip: address, why: reason(cause) }, 'could not note that a lease is over');
    });
  });
  await leases.start();
  const keepOurs = () => {
    for (const ip of leases.keepForUs(ownAddresses()))
      core.log.warn(
        { event: 'dhcp.own-address', ip },
        `${ip} is this server's own, and given to nobody; leave it out of dhcp.subnets`,
      );
  };
  keepOurs();
  const prober: Prober | undefined =
    dhcp.mode === 'serve' && dhcp.probe_milliseconds > 0
      ? await openProber({ milliseconds: dhcp.probe_milliseconds })
      : undefined;
  const exchange = createExchange({
    mode: dhcp.mode,
    subnets,
    leases,
    knownOnly: dhcp.known_only,
    matchClientId: dhcp.match_client_id,
    trusted: phones.secrets_without_key,
    async note(told, server) {
      const noted = await core.noteLease(told);
      const base = core.baseUrls.of({ transport: 'dhcp', reached: { ip: server, port: 0 } }, noted.device?.id);
      return senders.senderOf(noted, { base, server, trusted: told.trusted });
    },
    ...(prober && {
      probe: (address, device) => prober.probe(address, device === undefined ? {} : { interface: device }),
    }),
  });

  const close = async () => {
    await prober?.close();
    await leases.close();
  };
  try {
    const listener = await startDhcp({
      ...common,
      exchange,
      observe(event) {
        // With an address that the host did not have before, perhaps.
        if (event.kind === 'opened') keepOurs();
        common.observe(event);
      },
    });
    const looked = listener.looked.catch((cause) => {
      throw prefixed('dhcp', cause);
    });
    looked.catch(() => {});
    return {
      listener,
      looked,
      look: lookAtGiven(core, {
        mode: dhcp.mode,
        subnets,
        leases,
        knownOnly: dhcp.known_only,
        matchClientId: dhcp.match_client_id,
        senders,
        interfaces: () => listener.answering(),
      }),
      ...(dhcp.mode === 'serve' && { leases }),
      async close() {
        await listener.close();
        await close();
      },
    };
  } catch (cause) {
    await close();
    throw prefixed('dhcp', cause);
  }
}

/** What can be meant so, and seldom is. */
function warnOf(subnets: readonly SubnetSettings[], { log, plugins }: Core): void {
  const vendors = new Set(plugins.catalogue.packages.map(({ definition }) => definition.vendor));
  for (const { first, last, vendor } of subnets.flatMap(({ pools }) => pools)) {
    if (vendor === undefined || vendors.has(vendor)) continue;
    log.warn(
      { event: 'dhcp.pool-unused', first, last, vendor },
      `nobody gets an address of ${first}-${last}: no vendor package here is for ${vendor}, they are for ${[...vendors].join(', ')}; install it, or correct dhcp.subnets`,
    );
  }
  for (const { range, options } of subnets) {
    for (const router of (readOption(options, Code.routers) ?? []).filter((each) => !contains([range], each)))
      log.warn(
        { event: 'dhcp.router-outside', subnet: range.text, router },
        `${range.text} has the router ${router}, which is not in it: most phones cannot reach it; correct routers in dhcp.subnets`,
      );
  }
}

function ownAddresses(): Ip[] {
  const entries = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return entries.flatMap(({ address, family }) => (family === 'IPv4' ? (parseIp(address) ?? []) : []));
}

function observeDhcp({ log, metrics, messages, settings }: Core): (event: DhcpEvent) => void {
  const how = settings.dhcp.mode === 'listen' ? 'heard' : 'served';
  return (event) => {
    switch (event.kind) {
      case 'message': {
        const { message, options } = event;
        const vendorClass = readOption(options, Code.vendorClass);
        const hostName = readOption(options, Code.hostName);
        const clientId = options.get(Code.clientIdentifier)?.toString('hex');
        metrics.dhcpMessage(message.type, message.outcome);
        messages.note({
          at: Date.now(),
          how,
          ...message,
          ...(clientId !== undefined && { clientId }),
          ...(vendorClass !== undefined && { vendorClass }),
          ...(hostName !== undefined && { hostName }),
        });
        log.debug({ event: 'dhcp.message', ...message, vendorClass }, 'a message of DHCP');
        return;
      }
      case 'opened':
        log.info({ event: 'dhcp.interface', interface: event.interface.name }, `DHCP is heard on ${event.interface.name}`);
        return;
      case 'unavailable':
        log.error(
          { event: 'dhcp.interface-unavailable', interface: event.name, why: event.problem.message },
          event.problem.message,
        );
        return;
      case 'broadcasts-only':
        log.warn({ event: 'dhcp.broadcasts-only', why: event.problem.message }, event.problem.message);
        return;
      case 'rival':
        log.error({ event: 'dhcp.rival', interface: event.name, why: event.problem.message }, event.problem.message);
        return;
      case 'clear':
        log.info({ event: 'dhcp.clear', interface: event.name }, `no other DHCP server answers on ${event.name}: this one does`);
        return;
      case 'left-out':
        log.warn({ event: 'dhcp.left-out', mac: event.mac, options: event.options }, 'an answer has no room for all options');
        return;
      case 'unsent':
        log.warn({ event: 'dhcp.unsent', mac: event.mac, ip: event.to, why: event.problem }, event.problem);
        return;
      case 'garbage':
        metrics.dhcpMessage('garbage', 'ignored');
        log.debug({ event: 'dhcp.garbage', ip: event.from, why: event.problem }, `a datagram ${event.problem}`);
        return;
      case 'failed':
        log.error({ event: 'dhcp.failed', err: event.cause }, 'could not handle a message of DHCP');
    }
  };
}
