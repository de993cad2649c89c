import { LRUCache } from 'lru-cache';
import { leaseNotifier } from '../leases/notifier.ts';
import { type LeaseService, leaseService } from '../leases/service.ts';
import { MessageType, type Options, parseOption, readOption } from '../lib/dhcp/options.ts';
import { macOf } from '../lib/dhcp/packet.ts';
import { prefixed, reason } from '../lib/errors.ts';
import { contains, type Ip } from '../lib/ip.ts';
import { createExchange, type Recognised, type Sender } from '../listeners/dhcp/exchange.ts';
import { type DhcpEvent, type DhcpListener, startDhcp } from '../listeners/dhcp/listener.ts';
import { openProber, type Prober } from '../listeners/dhcp/probe.ts';
import type { Noted } from '../pipeline/note-lease.ts';
import { bootOptions } from '../sdk/boot-options.ts';
import { readSubnets } from '../settings/subnets.ts';
import type { Core } from './core.ts';

/** How long an address is out of use that a stranger uses: by then somebody has looked. */
const declineMs = 86_400_000;
/** How long a phone gets the address again that it had. */
const keepMs = 90 * 86_400_000;

/** DHCP as the settings want it. */
export interface Dhcp {
  readonly listener: DhcpListener;
  /** Where addresses are given. */
  readonly leases?: LeaseService;
  close(): Promise<void>;
}

/** @throws ProvisioningError dhcp-rival, dhcp-port-in-use, dhcp-port-not-allowed, dhcp-socket-failed, store-… */
export async function createDhcp(core: Core): Promise<Dhcp | undefined> {
  const { dhcp, phones } = core.settings;
  if (dhcp.mode === 'off') return undefined;
  const common = {
    interfaces: dhcp.interfaces,
    port: dhcp.port,
    force: dhcp.force,
    beside: dhcp.mode === 'proxy',
    observe: observeDhcp(core),
  };
  if (dhcp.mode === 'listen') {
    const listener = await startDhcp({
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
    return { listener, close: () => listener.close() };
  }

  const { subnets } = readSubnets(dhcp.subnets, dhcp.lease_seconds);
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
  const prober: Prober | undefined =
    dhcp.mode === 'serve' && dhcp.probe_milliseconds > 0
      ? await openProber({ milliseconds: dhcp.probe_milliseconds })
      : undefined;
  const boot = bootOptionsOf(core);
  const exchange = createExchange({
    mode: dhcp.mode,
    subnets,
    leases,
    knownOnly: dhcp.known_only,
    note: async (told, server) => senderOf(await core.noteLease(told), server),
    ...(prober && {
      probe: (address, device) => prober.probe(address, device === undefined ? {} : { interface: device }),
    }),
  });

  async function senderOf(noted: Noted, server: Ip): Promise<Sender> {
    const { device } = noted;
    const sender = recognised(noted);
    // One that came by itself is known when it has fetched a file: packets with invented MAC addresses are not enough.
    const known = device !== undefined && (device.added !== 'auto' || (await core.devices.deliveries(device.id)).length > 0);
    return {
      ...sender,
      known,
      isPhone: device !== undefined || sender.vendor !== undefined,
      boot: boot(noted, server),
    };
  }

  const close = async () => {
    await prober?.close();
    await leases.close();
  };
  try {
    const listener = await startDhcp({ ...common, exchange });
    return {
      listener,
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

function recognised({ device, info }: Noted): Recognised {
  const [vendor, model] = [info.vendor ?? device?.vendor, info.model ?? device?.model];
  return { ...(vendor !== undefined && { vendor }), ...(model !== undefined && { model }), ...(device && { device: device.id }) };
}

const nothing: Options = new Map();

/** What a phone's vendor package has it told. */
function bootOptionsOf({ baseUrls, tenants, log }: Core): (noted: Noted, server: Ip) => Options {
  const made = new LRUCache<string, Options>({ max: 1_000 });
  return ({ plugin, device }, server) => {
    const owner = plugin?.package;
    if (!owner?.definition.dhcp) return nothing;
    const base = baseUrls.of({ transport: 'dhcp', reached: { ip: server, port: 0 } }, device?.id);
    const tenant = (device && tenants.get(device.tenant)) ?? tenants.main;
    const key = tenant.provisioningKey?.reveal();
    const url = key === undefined ? base : `${base}/${key}`;
    const name = `${owner.id} ${owner.definition.version} ${url} ${server}`;
    const known = made.get(name);
    if (known) return known;
    const options = new Map<number, Buffer>();
    for (const [code, said] of bootOptions(owner.definition, { url, address: server })) {
      try {
        if (said !== undefined) options.set(code, parseOption(code, said));
      } catch (cause) {
        log.error(
          { event: 'dhcp.option-invalid', package: owner.id, why: reason(cause) },
          'a DHCP option of a vendor package is left out',
        );
      }
    }
    made.set(name, options);
    return options;
  };
}

function observeDhcp({ log, metrics, messages, settings }: Core): (event: DhcpEvent) => void {
  const how = settings.dhcp.mode === 'listen' ? 'heard' : 'served';
  return (event) => {
    switch (event.kind) {
      case 'message': {
        const { kind: _, options, ...said } = event;
        const vendorClass = readOption(options, 60);
        const hostName = readOption(options, 12);
        metrics.dhcpMessage(said.type, said.outcome);
        messages.note({
          ...said,
          at: Date.now(),
          how,
          ...(vendorClass !== undefined && { vendorClass }),
          ...(hostName !== undefined && { hostName }),
        });
        log.debug({ event: 'dhcp.message', ...said, vendorClass }, 'a message of DHCP');
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
        log.error({ event: 'dhcp.rival', why: event.problem.message }, event.problem.message);
        return;
      case 'left-out':
        log.warn({ event: 'dhcp.left-out', mac: event.mac, options: event.options }, 'an answer has no room for all options');
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
