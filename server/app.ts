import { createServer, type RequestListener, type Server } from 'node:http';
import { isIPv4, isIPv6 } from 'node:net';
import { createApi } from './api/api.ts';
import { openTokens } from './api/authenticate.ts';
import type { ListenAddress } from './api/parts.ts';
import { checkLinksRegularly } from './app/check-links.ts';
import { type Core, createCore } from './app/core.ts';
import { createDhcp, type Dhcp } from './app/dhcp.ts';
import { observeHttp, observeTftp } from './app/observe.ts';
import { checkCertificate, withAllProblems } from './app/preflight.ts';
import { renderAll } from './app/render-all.ts';
import { seed } from './app/seed.ts';
import { alone, heard, reloadAll, values, type Workers } from './app/workers.ts';
import type { Usage } from './leases/model.ts';
import { defaultAddress } from './lib/addresses.ts';
import { formatHostPort, parseIp } from './lib/ip.ts';
import { sumOf } from './lib/metrics.ts';
import { parseTarget, startHttp } from './listeners/http.ts';
import { startTftp, tftpPath } from './listeners/tftp.ts';
import { settingsInvalid } from './settings/invalid.ts';
import { explainSystemError } from './settings/system-error.ts';
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

/** One listener, as far as the whole server cares. */
interface Listener {
  readonly name: string;
  readonly scheme: string;
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  reload?(): Promise<void>;
  close(): Promise<void>;
}

export interface AppOptions {
  /** A new store gets a config for unknown phones, so that one can be tried at once. */
  readonly development?: boolean;
  /** The processes that are the server together; the first has what there can be one of. */
  readonly workers?: Workers;
}

/**
 * The server with its sockets, or one process of several with its part of them.
 * @throws ProvisioningError for what the settings ask for and the system does not give; nothing is left open then
 */
export async function startApp(settings: Settings, { development, workers = alone() }: AppOptions = {}): Promise<App> {
  const isAlone = workers.count === 1;
  // Which ports are free says the one who asks when none of ours is bound.
  const explained = async (cause: unknown) => (isAlone ? withAllProblems(cause, settings) : cause);
  const core = await createCore(settings, workers).catch(async (cause) => {
    throw await explained(cause);
  });
  const listeners: Listener[] = [];
  let stopChecking = () => {};
  let dhcp: Dhcp | undefined;
  const close = async () => {
    stopChecking();
    await dhcp?.close();
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
      stopChecking = checkLinksRegularly({ ...core, days: settings.firmware.check_days });
      listeners.push(await startAdmin(core, () => addressesOf(listeners), workers, dhcp));
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
  const complaints = await checkCertificate(core.settings);
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
      listener.interfaces().map(({ name, state }) => ({ name, isReady: state === 'answered' || state === 'heard' })),
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

async function startAdmin(
  core: Core,
  addresses: () => readonly ListenAddress[],
  workers: Workers,
  dhcp: Dhcp,
): Promise<Listener> {
  const { admin, data } = core.settings;
  const api = createApi({
    ...core,
    version,
    started: Date.now(),
    tokens: await openTokens(data),
    leases: dhcp.leases,
    explain: (question) => core.explain(question, dhcp.look),
    dhcp: () => dhcp.listener?.interfaces() ?? [],
    hostNames: admin.listen,
    baseUrl: (device) => core.baseUrls.expected(device),
    bootServer: () => {
      const address = defaultAddress();
      return { url: core.baseUrls.expected(undefined), ...(isIPv4(address) && { address }) };
    },
    readTarget,
    addresses,
    ...(workers.count > 1 && {
      metrics: {
        contentType: core.metrics.contentType,
        metrics: async () => sumOf(heard(await workers.ask('metrics'))),
      },
    }),
    sweep: {
      get waiting() {
        return workers.ask('waiting').then((answers) => heard(answers).reduce((sum, waiting) => sum + waiting, 0));
      },
    },
    async recent(device) {
      const requests = heard(await workers.ask('recent', device)).flat();
      return requests.sort((one, other) => one.last - other.last);
    },
    setLogLevel: async (level) => void values(await workers.ask('setLogLevel', level)),
    async reload() {
      const answers = await reloadAll(workers);
      // Also when something could not be read anew: what could is in force.
      const order = { label: 'render', title: 'render for all devices', unit: 'devices' } as const;
      const operation = await core.operations.start(order, async (task) => {
        await renderAll(workers, task);
        const [all, failing] = await Promise.all([
          core.devices.list({ limit: 0 }),
          core.devices.list({ limit: 0, configured: false }),
        ]);
        return { devices: all.total, failing: failing.total };
      });
      values(answers);
      return operation;
    },
  });
  // A firmware file comes over any line, in whatever time that takes; Node would break it off after five minutes.
  const patience = { requestTimeout: 0, headersTimeout: 60_000 };
  const handle: RequestListener = (request, response) => {
    const answer = () => api(request, response);
    // What cannot be read now, the API finds out for itself, and says so.
    core
      .current()
      .then(answer, answer)
      .catch((cause) => {
        core.log.error({ event: 'api.failed', err: cause }, 'could not answer a client');
        response.destroy();
      });
  };
  return listening('admin', admin.listen, admin.port, async (wanted) => {
    const servers: Server[] = [];
    const close = async () => {
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve).closeAllConnections())));
    };
    try {
      for (const address of wanted) {
        // A free port that was chosen for the first address is asked for on the others.
        const first = servers[0]?.address();
        const port = address.port === 0 && first && typeof first === 'object' ? first.port : address.port;
        servers.push(await listen(createServer(patience, handle), address.host, port, wanted));
      }
    } catch (cause) {
      await close();
      throw cause;
    }
    const bound = servers.flatMap((server) => {
      const at = server.address();
      return at && typeof at === 'object' ? [{ host: at.address, port: at.port }] : [];
    });
    return { name: 'admin', scheme: 'http', addresses: bound, close };
  });
}

function readTarget(transport: string, text: string): { path: string; query: string } | undefined {
  if (transport !== 'tftp') return parseTarget(text);
  const path = tftpPath(text);
  return path === undefined ? undefined : { path, query: '' };
}

function listen(server: Server, host: string, port: number, all: readonly { host: string }[]): Promise<Server> {
  const ipv6Only = isIPv6(host) && all.some((other) => isIPv4(other.host));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // A worker process binds it itself.
    server.listen({ host, port, ipv6Only, exclusive: true }, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}

/** Starts a listener; what the system refuses is told with the settings' key and what to do. */
async function listening<Started>(
  key: string,
  hosts: readonly string[],
  port: number,
  start: (addresses: { host: string; port: number }[]) => Promise<Started>,
): Promise<Started> {
  try {
    return await start(hosts.map((host) => ({ host, port })));
  } catch (cause) {
    if (typeof cause !== 'object' || cause === null || !('syscall' in cause)) throw cause;
    const { address = hosts[0] ?? '', port: refused = port } = cause as { address?: string; port?: number };
    // Only TFTP has other ports, those that files are sent from.
    if (refused !== port) throw explainSystemError(cause, { kind: 'range', key: `${key}.transfer_ports`, address });
    throw explainSystemError(cause, { kind: 'listen', key, address, port });
  }
}

function addressesOf(listeners: readonly Listener[]): ListenAddress[] {
  return listeners.flatMap(({ name, scheme, addresses }) =>
    addresses.flatMap(({ host, port }) => {
      const ip = parseIp(host);
      return ip ? [{ name, url: `${scheme}://${formatHostPort(ip, port)}` }] : [];
    }),
  );
}
