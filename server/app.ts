import type { ListenAddress } from './api/parts.ts';
import { startAdmin } from './app/admin.ts';
import { checkLinksRegularly } from './app/check-links.ts';
import { type Core, createCore } from './app/core.ts';
import { createDhcp, type Dhcp } from './app/dhcp.ts';
import { addressesOf, type Listener, listening } from './app/listening.ts';
import { observeHttp, observeTftp } from './app/observe.ts';
import { createPnp } from './app/pnp.ts';
import { checkCertificate, withAllProblems } from './app/preflight.ts';
import { seed } from './app/seed.ts';
import { alone, reloadAll, values, type Workers } from './app/workers.ts';
import type { Usage } from './leases/model.ts';
import { startHttp } from './listeners/http.ts';
import type { PnpListener } from './listeners/pnp/listener.ts';
import { startTftp } from './listeners/tftp.ts';
import { settingsInvalid } from './settings/invalid.ts';
import type { Settings } from './settings.ts';
import { version } from './version.ts';

export interface App {
  readonly core: Core;
  /** Where it listens, with the ports that were chosen for 0. */
  readonly addresses: readonly ListenAddress[];
  /** Resolves when nothing speaks against serving here any more. Rejects with what does, as dhcp-rival; nothing is left open then. */
  readonly staying: Promise<void>;
  /** Reads operators' templates and certificates anew, opens log files again. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

export interface AppOptions {
  /** A new store gets a config for unknown phones, so that one can be tried at once. */
  readonly development?: boolean;
  /** Shows whoever starts the server a text that must not stand in its log; without it no set-up token is made. */
  readonly announce?: (text: string) => void;
  /** The processes that are the server together; the first has what there can be one of. */
  readonly workers?: Workers;
}

/**
 * The server with its sockets, or one process of several with its part of them.
 * @throws ProvisioningError for what the settings ask for and the system does not give; nothing is left open then
 */
export async function startApp(settings: Settings, { development, announce, workers = alone() }: AppOptions = {}): Promise<App> {
  const isAlone = workers.count === 1;
  // Which ports are free says the one who asks when none of ours is bound.
  const explained = async (cause: unknown) => (isAlone ? withAllProblems(cause, settings) : cause);
  const core = await createCore(settings, workers).catch(async (cause) => {
    throw await explained(cause);
  });
  const listeners: Listener[] = [];
  let stopChecking = () => {};
  let dhcp: Dhcp | undefined;
  let pnp: PnpListener | undefined;
  const close = async () => {
    stopChecking();
    await dhcp?.close();
    await pnp?.close();
    await Promise.all(listeners.map((listener) => listener.close()));
    await core.close();
  };
  const isFirst = workers.number === 1;
  try {
    if (development && isFirst) await seed(core);
    // All workers take connections from one socket. Datagrams they would take from each other: one who asks twice would be answered by
    // two. And what the API must see to, such as one config a role, one process can.
    for (const start of isFirst ? [startPhoneHttp, startPhoneHttps, startPhoneTftp] : [startPhoneHttp, startPhoneHttps]) {
      const listener = await start(core);
      if (listener) listeners.push(listener);
    }
    if (isFirst) {
      // Not before ports are ours: a second server that is started by mistake must not take the operations of the first for lost.
      await core.operations.takeOver();
      dhcp = await startPhoneDhcp(core, workers.takesOver);
      pnp = await createPnp(core, workers.takesOver);
      stopChecking = checkLinksRegularly({ ...core, days: settings.firmware.check_days });
      listeners.push(await startAdmin({ core, addresses: () => addressesOf(listeners), workers, dhcp, pnp, announce }));
    }
  } catch (cause) {
    await close();
    throw await explained(cause);
  }
  workers.answerWith({
    ...core.worker,
    async reload(tried) {
      await core.worker.reload(tried);
      await Promise.all(listeners.map((listener) => listener.reload?.()));
    },
  });
  core.begin();
  // Phones are served meanwhile: it takes seconds to hear that nobody answers.
  const staying = (dhcp?.looked ?? Promise.resolve()).catch(async (cause) => {
    await close();
    throw cause;
  });
  if (isAlone) await staying;
  const addresses = addressesOf(listeners);
  if (isAlone) {
    core.log.info(
      { event: 'server.started', version, addresses: addresses.map(({ url }) => url) },
      `Offhook ${version} serves phones`,
    );
  }
  const reload = async () => {
    const answers = await reloadAll(workers);
    // What could be read anew is in force, whatever could not.
    await workers.ask('lookAtAll');
    values(answers);
  };
  return { core, addresses, staying, reload, close };
}

async function startPhoneHttp(core: Core): Promise<Listener | undefined> {
  const { http } = core.settings;
  if (!http.enabled) return undefined;
  const listener = await listening('http', http.listen, http.port, (addresses) =>
    startHttp({
      addresses,
      trustedProxies: http.trusted_proxies,
      arrivals: core.arrivals,
      answer: core.answer,
      observe: observeHttp(core.log, core.metrics),
    }),
  );
  core.baseUrls.listensAt('http', listener.addresses[0]?.port ?? http.port);
  return { name: 'http', scheme: 'http', ...listener };
}

async function startPhoneHttps(core: Core): Promise<Listener | undefined> {
  const { tls, trusted_proxies: trustedProxies } = core.settings.http;
  const { certificate, key } = tls;
  if (!tls.enabled || certificate === undefined || key === undefined) return undefined;
  const complaints = await checkCertificate('http.tls', tls);
  if (complaints.length > 0) throw settingsInvalid(complaints);
  const listener = await listening('http.tls', tls.listen, tls.port, (addresses) =>
    startHttp({
      addresses,
      tls: { certificate, key, minVersion: tls.min_version },
      trustedProxies,
      arrivals: core.arrivals,
      answer: core.answer,
      observe: observeHttp(core.log, core.metrics),
    }),
  );
  core.baseUrls.listensAt('https', listener.addresses[0]?.port ?? tls.port);
  return { name: 'https', scheme: 'https', ...listener };
}

async function startPhoneTftp(core: Core): Promise<Listener | undefined> {
  const { tftp } = core.settings;
  if (!tftp.enabled) return undefined;
  const listener = await listening('tftp', tftp.listen, tftp.port, (addresses) =>
    startTftp({
      addresses,
      maxTransfers: tftp.max_transfers,
      transferPorts: tftp.transfer_ports,
      async answer(request) {
        const started = performance.now();
        const reply = await core.answer(request);
        // A file is counted when its transfer has ended.
        if (reply.kind !== 'file') core.metrics.phoneRequest('tftp', reply.kind, (performance.now() - started) / 1_000);
        return reply;
      },
      observe: observeTftp(core.log, core.metrics),
    }),
  );
  core.metrics.tftp(() => listener.stats());
  return { name: 'tftp', scheme: 'tftp', addresses: listener.addresses, close: () => listener.close() };
}

async function startPhoneDhcp(core: Core, takesOver: boolean): Promise<Dhcp> {
  const dhcp = await createDhcp(core, takesOver);
  const { listener, leases } = dhcp;
  if (listener) {
    core.metrics.dhcpInterfaces(() =>
      listener
        .interfaces()
        .flatMap(({ name, state }) => (name === undefined ? [] : [{ name, isReady: state === 'answered' || state === 'heard' }])),
    );
  }
  if (!leases) return dhcp;
  const row = ({ subnet, bound, offered, declined, free }: Usage, pool: string) => {
    return { subnet, pool, states: { bound, offered, declined, free } };
  };
  core.metrics.dhcpPools(() => [
    ...leases.usage().map((pool) => row(pool, `${pool.first}-${pool.last}`)),
    ...leases.otherUsage().map((other) => row(other, other.kind)),
  ]);
  return dhcp;
}
