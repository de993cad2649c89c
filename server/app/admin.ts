import { existsSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import { isIPv4, isIPv6 } from 'node:net';
import { join } from 'node:path';
import { accessService } from '../access/service.ts';
import { setUp } from '../access/set-up.ts';
import { userService } from '../access/users.ts';
import { openWazoAuth } from '../access/wazo-auth.ts';
import { createApi } from '../api/api.ts';
import { openTokens, TOKEN_FILE } from '../api/authenticate.ts';
import type { ListenAddress } from '../api/parts.ts';
import { defaultAddress } from '../lib/addresses.ts';
import type { Log } from '../lib/log.ts';
import { sumOf } from '../lib/metrics.ts';
import {
  type Certificate,
  type CertificateWatch,
  parseTarget,
  readCertificate,
  type TlsSettings,
  watchCertificate,
} from '../listeners/http.ts';
import type { PnpListener } from '../listeners/pnp/listener.ts';
import { tftpPath } from '../listeners/tftp.ts';
import { settingsInvalid } from '../settings/invalid.ts';
import { version } from '../version.ts';
import type { Core } from './core.ts';
import type { Dhcp } from './dhcp.ts';
import { type Listener, listening } from './listening.ts';
import { notedLeases } from './noted.ts';
import { checkCertificate } from './preflight.ts';
import { renderAll } from './render-all.ts';
import { heard, reloadAll, values, type Workers } from './workers.ts';

/** How often certificate and key are looked at. */
const certificateMs = 10_000;

const SET_UP =
  'Nobody can log in yet. This token permits everything for a day, to make the first users or tokens; it is not shown again:';

export interface AdminParts {
  readonly core: Core;
  readonly addresses: () => readonly ListenAddress[];
  readonly workers: Workers;
  readonly dhcp: Dhcp;
  /** Absent where it is off. */
  readonly pnp: PnpListener | undefined;
  /** Shows whoever starts the server a text that must not stand in its log. */
  readonly announce: ((text: string) => void) | undefined;
}

/** What administrators and programs use: the API, over HTTP or HTTPS. */
export async function startAdmin({ core, addresses, workers, dhcp, pnp, announce }: AdminParts): Promise<Listener> {
  const { admin, data } = core.settings;
  const { store, tenants: tree, log } = core;
  const access = await accessService({ dao: store.tokens, tree, log });
  const users = await userService({ dao: store.users, tree });
  const isFirstStart = !existsSync(join(data, TOKEN_FILE));
  const tokens = await openTokens(data);
  // Not a line of the log, which goes where its token must not.
  const first = announce && isFirstStart ? await setUp({ access, users, tree }) : undefined;
  if (first) announce?.(`${SET_UP}\n  ${first.secret.reveal()}\n`);
  const { certificates } = core.fetching.network;
  const { url, main_tenant: mainTenant } = core.settings.wazo_auth;
  const wazo =
    url !== undefined && mainTenant !== undefined
      ? { auth: await openWazoAuth({ url, ...(certificates !== undefined && { certificates }) }), mainTenant }
      : undefined;
  const api = createApi({
    ...core,
    version,
    started: Date.now(),
    tokens,
    access,
    users,
    repeats: store.repeats,
    wazo,
    leases: dhcp.leases && notedLeases(dhcp.leases, core.history.note),
    explain: (question) => core.explain(question, dhcp.look),
    dhcp: () => dhcp.listener?.interfaces() ?? [],
    pnp: () => pnp?.interfaces() ?? [],
    hostNames: [...admin.listen, ...admin.names],
    trustedProxies: admin.trusted_proxies,
    corsOrigins: admin.cors_origins,
    eventStreams: admin.event_streams,
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
    async setLogLevel(level) {
      const before = new Map([['level', core.log.level]]);
      values(await workers.ask('setLogLevel', level));
      const what = { resource: 'settings', id: 'log' };
      await core.history.note({ what, action: 'changed', before, after: new Map([['level', level]]) });
    },
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
  const { tls } = admin;
  const files =
    tls.enabled && tls.certificate !== undefined && tls.key !== undefined
      ? { certificate: tls.certificate, key: tls.key }
      : undefined;
  const complaints = await checkCertificate('admin.tls', tls);
  if (complaints.length > 0) throw settingsInvalid(complaints);
  const certificate = files && (await readCertificate(files));
  return listening('admin', admin.listen, admin.port, async (wanted) => {
    const servers: Server[] = [];
    let watch: CertificateWatch | undefined;
    const close = async () => {
      watch?.stop();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve).closeAllConnections())));
      await Promise.all([access.close(), wazo?.auth.close()]);
    };
    try {
      for (const address of wanted) {
        // A free port that was chosen for the first address is asked for on the others.
        const first = servers[0]?.address();
        const port = address.port === 0 && first && typeof first === 'object' ? first.port : address.port;
        const server = certificate ? createTlsServer({ ...patience, ...certificate }, handle) : createServer(patience, handle);
        servers.push(await listen(server, address.host, port, wanted));
      }
    } catch (cause) {
      await close();
      throw cause;
    }
    watch = files && certificate && watchOver(files, certificate, servers, log);
    const bound = servers.flatMap((server) => {
      const at = server.address();
      return at && typeof at === 'object' ? [{ host: at.address, port: at.port }] : [];
    });
    const scheme = certificate ? 'https' : 'http';
    return { name: 'admin', scheme, addresses: bound, reload: async () => watch?.reload(), close };
  });
}

/** Another certificate in the files is taken into use; connections under way keep what they have agreed on. */
function watchOver(files: TlsSettings, inUse: Certificate, servers: readonly Server[], log: Log): CertificateWatch {
  const use = (certificate: Certificate) => {
    for (const server of servers) if (server instanceof TlsServer) server.setSecureContext({ ...certificate });
    log.info({ event: 'admin.certificate-renewed' }, 'took a new certificate into use for the API');
  };
  const reject = (cause: unknown) => {
    log.error(
      { event: 'admin.certificate-rejected', err: cause },
      'the new certificate of the API cannot be used; the one before stays',
    );
  };
  return watchCertificate(files, inUse, certificateMs, use, reject);
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
