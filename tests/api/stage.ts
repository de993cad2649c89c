import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { CLAIM_LIMITS, ClaimLimiter } from '../../server/access/claim-limiter.ts';
import { accessService } from '../../server/access/service.ts';
import { userService } from '../../server/access/users.ts';
import { createApi } from '../../server/api/api.ts';
import type { ApiParts } from '../../server/api/parts.ts';
import { createTogether, type Records } from '../../server/app/together.ts';
import { openImages } from '../../server/artefacts/images.ts';
import { originOf } from '../../server/artefacts/overrides.ts';
import { Renderer } from '../../server/artefacts/renderer.ts';
import { whyNoTemplate } from '../../server/artefacts/template/template.ts';
import { choose } from '../../server/associate/associate.ts';
import { createConfigNotifier } from '../../server/configs/notifier.ts';
import { BASE, flatten } from '../../server/configs/resolve.ts';
import { createConfigService } from '../../server/configs/service.ts';
import { deviceNotifier } from '../../server/devices/notifier.ts';
import { type DeviceService, deviceService } from '../../server/devices/service.ts';
import { historyService } from '../../server/history/service.ts';
import { compileRecogniser } from '../../server/identify/identify.ts';
import { parseNetwork } from '../../server/lib/ip.ts';
import { createLog } from '../../server/lib/log.ts';
import { Secret } from '../../server/lib/secret.ts';
import { parseTarget } from '../../server/listeners/http.ts';
import { tftpPath } from '../../server/listeners/tftp.ts';
import { operationNotifier } from '../../server/operations/notifier.ts';
import { type OperationService, operationService } from '../../server/operations/service.ts';
import { folderOverrideDao } from '../../server/overrides/dao.ts';
import { overrideService } from '../../server/overrides/service.ts';
import { parameterService } from '../../server/parameters/service.ts';
import { type ClaimParts, claim, release } from '../../server/pipeline/claim/claim.ts';
import { Desired, type DesiredOptions } from '../../server/pipeline/desired.ts';
import type { DhcpLook } from '../../server/pipeline/explain/dhcp.ts';
import { type ExplainParts, explain } from '../../server/pipeline/explain/explain.ts';
import { startMove } from '../../server/pipeline/move/move.ts';
import { Newcomers } from '../../server/pipeline/newcomers.ts';
import { type Noted, noteLease } from '../../server/pipeline/note-lease.ts';
import { noteProfile } from '../../server/pipeline/note-profile.ts';
import { RecentMessages } from '../../server/pipeline/recent-messages.ts';
import { RecentRequests } from '../../server/pipeline/recent-requests.ts';
import type { PhoneRequest } from '../../server/pipeline/request.ts';
import type { Had } from '../../server/pipeline/resync/had.ts';
import { type ResyncParts, startResync } from '../../server/pipeline/resync/resync.ts';
import { startWaves, type WavesParts } from '../../server/pipeline/resync/waves.ts';
import { Sweep } from '../../server/pipeline/sweep.ts';
import { readOverrides } from '../../server/plugins/dao.ts';
import { catalogueOf } from '../../server/plugins/service.ts';
import { pnpUrl } from '../../server/sdk/boot-options.ts';
import { loadSettings } from '../../server/settings/load.ts';
import { openSqliteStore } from '../../server/store/sqlite/store.ts';
import type { Store } from '../../server/store/store.ts';
import { phoneWay } from '../../server/sync/sip.ts';
import { tenantNotifier } from '../../server/tenants/notifier.ts';
import { tenantService } from '../../server/tenants/service.ts';
import { checkAnswer } from '../support/api-description.ts';
import { repositoryPackage, testPackage } from '../support/packages.ts';
import { ip } from '../support/requests.ts';
import { openInstalls } from './installs.ts';

export const TOKEN = 'a-token-of-the-administrator-for-tests';
export const DHCP_TOKEN = 'a-token-of-dhcp-servers-for-tests-only';

/** The API over real services and an empty store, on a free loopback port. */
export interface Stage {
  readonly url: string;
  readonly store: Store;
  readonly devices: DeviceService;
  readonly configs: ApiParts['configs'];
  readonly operations: OperationService;
  readonly recent: RecentRequests;
  readonly messages: RecentMessages;
  readonly noteLease: ApiParts['noteLease'];
  /** What a phone is told that asks over SIP PnP, and what was made of it. */
  noteProfile(request: PhoneRequest): Promise<Noted & { readonly url: string | undefined }>;
  /** Where overrides lie. */
  readonly templates: string;
  /** Id of the main tenant. */
  readonly main: string;
  /** Lines of the log so far, at the finest level. */
  readonly log: readonly string[];
  /** What the security log was told of logins and codes. */
  readonly refusals: readonly string[];
  /** What phones were told, to where, and as whom. */
  readonly told: readonly { readonly uri: string; readonly username: string | undefined }[];
  /** How often a reload was asked for. */
  readonly reloads: () => number;
  /** Resolves when the sweep has looked at all that changed. */
  settled(): Promise<void>;
  /** Writes what phones fetched, and resolves when the sweep has looked at them. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

const noDhcp: DhcpLook = {
  mode: 'off',
  leaseOf: () => undefined,
  rehearse: async () => ({ kind: 'elsewhere', options: new Map(), from: new Map(), tellsFiles: false, leftOut: [] }),
};

/** @param change other parts than the real ones, which may be made of them */
export async function openStage(change: Partial<ApiParts> | ((parts: ApiParts) => Partial<ApiParts>) = {}): Promise<Stage> {
  const store = await openSqliteStore(':memory:');
  const tenants = await tenantService(store.tenants, tenantNotifier());
  const lines: string[] = [];
  const log = createLog({ level: 'trace', format: 'json', sink: { write: (line) => void lines.push(line) } });

  const configNews = createConfigNotifier(store.configs, (cause) => {
    throw cause;
  });
  const base = new Map();
  const records: Records = {
    configs: (dao, notifier) => createConfigService({ dao, base, line: tenants.line, notifier, now: Date.now }),
    devices: (dao, notifier, its) =>
      deviceService({
        dao,
        notifier,
        nat: () => false,
        unknown: 'create',
        addressHold: 3_600_000,
        choosePlugin: (facts, current) => choose(facts, plugins.catalogue.ofVendor(facts.vendor), current),
        autocreateConfig: async (tenant) => (await its.autocreate(tenant))?.id,
        isAutocreated: async (id) => (await its.get(id))?.transient === true,
        dropConfig: async (id, tenant) => {
          await its.dropUnused(id, tenant, async (used) => (await dao.idsUsing({ configs: [used] })).length > 0);
        },
      }),
  };
  const configs = records.configs(store.configs, configNews);

  const broken = [{ id: 'sad', folder: '/nowhere/sad', problem: 'vendor: must be a text' }];
  const plain = testPackage('acme', { vendor: 'Acme' }, { 'phone.tpl': '{{ nothing.at.all }}' });
  const plugins = { catalogue: catalogueOf([await repositoryPackage('digium'), plain], broken) };
  const deviceNews = deviceNotifier();
  const devices = records.devices(store.devices, deviceNews, configs);

  const limits = { outputBytes: 4_194_304, steps: 1_000_000, milliseconds: 10_000 };
  const texts = { overrides: new Map(), shared: new Map(), updated: 0 };
  const renderer = new Renderer({ texts, cacheBytes: 1_048_576, limits });
  const templates = mkdtempSync(join(tmpdir(), 'offhook-stage-'));
  const overrides = overrideService({
    dao: folderOverrideDao(templates, readOverrides),
    plugins,
    origin: (name, plugin) => originOf(name, plugin, texts.shared),
    complaint: (plugin, name, text) => whyNoTemplate({ name: `templates/${plugin}/${name}`, text }),
    async changed(plugin) {
      renderer.replaceTexts({ ...texts, overrides: await readOverrides(templates) });
      sweep.touch(await store.devices.idsUsing({ plugins: [plugin] }));
    },
  });
  const nothing = { id: BASE, tenant: tenants.main.id, parents: [], raw: new Map(), transient: false, deletable: false };
  const desiredOptions: DesiredOptions = {
    renderer,
    configs: {
      resolve: (id) => configs.resolve(id),
      fallback: (tenant) => configs.fallback(tenant),
      base: flatten(base, { ...nothing, extra: new Map(), created: 0, updated: 0, revision: 0 }, new Map()),
    },
    tenants,
    tftpPort: 69,
  };
  const desired = new Desired(desiredOptions);
  const baseUrl = () => 'http://192.0.2.10:8667';
  const recogniser = compileRecogniser(plugins.catalogue.packages, (_, cause) => {
    throw cause;
  });
  const recent = new RecentRequests({ perDevice: 20, unrecognised: 20, bytes: 1_048_576 });
  const messages = new RecentMessages(100);
  const newcomers = new Newcomers(async (id) => (await devices.deliveries(id)).length > 0);
  const line: ExplainParts = {
    messages,
    plugins,
    recogniser: () => recogniser,
    devices,
    newcomers,
    tenants,
    configs,
    desired,
    renderer,
    baseUrl,
    expectedUrl: baseUrl,
    images: openImages('/nowhere/images', () => undefined),
    overrideState: overrides.state,
    trusted: ['loopback', 'private'].flatMap((word) => parseNetwork(word) ?? []),
    security: { deviceCreated() {} },
  };
  const sweep = new Sweep({ devices, plugins, desired, baseUrl, log });
  deviceNews.subscribe((ids) => sweep.touch(ids));
  const underway = new Set<Promise<void>>();
  configNews.subscribe((ids) => {
    const looking = store.devices.idsUsing({ configs: ids }).then((concerned) => sweep.touch(concerned));
    underway.add(looking);
    void looking.finally(() => underway.delete(looking));
  });

  const operationNews = operationNotifier();
  const operations = operationService({
    dao: store.operations,
    notifier: operationNews,
    log,
    keep: 100,
    keepMs: 1_000_000,
  });
  await operations.takeOver();

  const access = await accessService({ dao: store.tokens, tree: tenants, log });
  const users = await userService({ dao: store.users, tree: tenants, cost: { logN: 10, r: 8, p: 1 } });
  const day = 86_400_000;
  const history = historyService({ dao: store.history, configs, auditMs: day, versions: 50, versionMs: day });
  const installs = await openInstalls(plugins.catalogue, log);

  const refusals: string[] = [];
  const told: { uri: string; username: string | undefined }[] = [];
  const render: ResyncParts['render'] = async (ids, { progress }) => {
    const { total } = sweep.render(ids);
    await sweep.idle();
    progress(total, total);
  };
  // Nothing leaves the test: nobody is there.
  const nobody: Parameters<typeof phoneWay>[0] = {
    async tell({ uri, credentials }) {
      told.push({ uri, username: credentials?.username });
      return { kind: 'silent' };
    },
  };
  const resyncParts: ResyncParts & WavesParts = {
    devices,
    plugins,
    desired,
    operations,
    ways: () => [phoneWay(nobody, { transport: 'udp', port: 5_060 })],
    render,
  };
  const together = createTogether(store, records, { configs, devices: deviceNews });
  const claimParts: ClaimParts = {
    devices,
    configs,
    configOf: (device) => desired.configOf(device),
    tenants,
    together,
    limiter: new ClaimLimiter(CLAIM_LIMITS, Date.now),
    security: {
      wrongCode: (ip, device) => refusals.push(`wrong code ${ip} ${device}`),
      codesLimited: (ip, device) => refusals.push(`codes limited ${ip} ${device}`),
    },
    resync: (device: string, had: Had) => startResync(device, { before: { had } }, resyncParts),
  };
  let reloads = 0;
  const real: ApiParts = {
    version: '1.2.3',
    started: Date.now(),
    tokens: { admin: new Secret(TOKEN), dhcp: new Secret(DHCP_TOKEN) },
    access,
    users,
    repeats: store.repeats,
    security: { loginRefused: (ip) => refusals.push(`refused ${ip}`), loginLimited: (ip) => refusals.push(`limited ${ip}`) },
    history,
    hostNames: ['provisioning.example.com'],
    trustedProxies: 0,
    corsOrigins: ['https://portal.example.com'],
    eventStreams: 200,
    devices,
    configs,
    together,
    tenants,
    parameters: await parameterService(store.parameters),
    plugins,
    packages: installs.packages,
    repositories: installs.repositories,
    firmware: installs.firmware,
    overrides,
    operations,
    operationNews,
    desired,
    tryTemplate(plugin, name, text) {
      const tried = new Renderer({
        texts: { ...texts, overrides: new Map([[plugin, new Map([[name, text]])]]) },
        cacheBytes: 0,
        limits,
      });
      return new Desired({ ...desiredOptions, renderer: { render: (made) => tried.rehearse(made) } });
    },
    settings: loadSettings({ environment: {}, set: ['base_config.admin_password=marker-5up3r-s3cr3t'] }).settings,
    renderer,
    sweep,
    baseUrl,
    bootServer: () => ({ url: baseUrl(), address: ip('192.0.2.10') }),
    recogniser: () => recogniser,
    recent: async (device) => (device === undefined ? recent.unrecognised() : recent.of(device)),
    leases: undefined,
    dhcp: () => [{ name: 'eth0', state: 'looking' }],
    pnp: () => [{ name: 'eth0', state: 'answered' }],
    messages,
    noteLease: (news) => noteLease(news, { ...line, newcomers, log: () => log }),
    explain: (question) => explain(question, line, noDhcp),
    move: (order) =>
      startMove(order, {
        devices,
        plugins,
        tenants,
        operations,
        desired: new Desired({ ...desiredOptions, renderer: { render: (made) => renderer.rehearse(made) } }),
        baseUrl,
        render,
      }),
    resync: (device, restart) => startResync(device, { restart }, resyncParts),
    resyncMany: (order) =>
      startWaves({ waves: [], perSecond: 10_000, patienceMs: 100, tolerance: 100, ...order }, { ...resyncParts, lookMs: 10 }),
    claim: (order) => claim(order, claimParts),
    release: (order) => release(order, claimParts),
    circumstances: {
      catalogue: plugins.catalogue,
      tenants,
      unknown: 'create',
      images: '/nowhere/images',
      providers: installs.firmware.providers,
      addressHold: 3_600,
    },
    readTarget: (transport, text) => (transport === 'tftp' ? { path: tftpPath(text) ?? '', query: '' } : parseTarget(text)),
    store,
    metrics: new Registry(),
    log,
    addresses: () => [{ name: 'admin', url: 'http://127.0.0.1:8666' }],
    async setLogLevel(level) {
      log.level = level;
    },
    async reload() {
      reloads++;
      return operations.start({ label: 'render', title: 'render the files of all devices' }, async () => undefined);
    },
  };
  const parts = { ...real, ...(typeof change === 'function' ? change(real) : change) };
  const server = createServer(createApi(parts));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A test that fails before it closes its stage must not keep the process from ending.
  server.unref();
  // Where all runs in one process on a busy machine, a connection may be closed in the moment in which it is used again.
  server.keepAliveTimeout = 300_000;
  server.on('connection', (socket) => socket.unref());
  const { port } = server.address() as AddressInfo;

  const settled = async () => {
    await configNews.settled();
    await Promise.all(underway);
    await sweep.idle();
  };
  return {
    url: `http://127.0.0.1:${port}`,
    store,
    devices,
    configs,
    operations,
    recent,
    messages: parts.messages,
    noteLease: real.noteLease,
    async noteProfile(request) {
      let noted: Noted | undefined;
      const urlOf = (made: Noted) => {
        noted = made;
        return made.plugin && pnpUrl(made.plugin.package.definition, { url: baseUrl() });
      };
      const url = await noteProfile(request, urlOf, { ...line, newcomers, recent, log: () => log });
      if (!noted) throw new Error('It was not noted');
      return { ...noted, url };
    },
    templates,
    main: tenants.main.id,
    log: lines,
    refusals,
    told,
    reloads: () => reloads,
    settled,
    async flush() {
      sweep.touch(await devices.flush());
      await settled();
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await operations.close();
      await settled();
      await store.close();
      await installs.close();
      rmSync(templates, { recursive: true });
    },
  };
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; of an answer that has none, undefined. */
  readonly json: Json;
}

/** What a test reads out of an answer; a wrong guess fails the test. */
export type Json = { readonly [key: string]: Json } & readonly Json[] & string;

/** All that was answered; of what is told as it comes, which does not end, nothing. */
export async function textOf(response: Response): Promise<string> {
  if (response.headers.get('content-type') !== 'text/event-stream') return response.text();
  await response.body?.cancel();
  return '';
}

/** Asks as the administrator, unless the headers say otherwise. The answer must be as the API describes it. */
export async function ask(
  stage: Pick<Stage, 'url'>,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const response = await fetch(`${stage.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const type = response.headers.get('content-type');
  const text = await textOf(response);
  const json = /json$/.test(type ?? '') && text !== '' ? JSON.parse(text) : undefined;
  checkAnswer(method, path, { status: response.status, type, json, text });
  return { status: response.status, headers: response.headers, text, json };
}

/** A raw config that is complete: one line, with a password that nobody else may see. */
export const PASSWORD = 'marker-5up3r-s3cr3t';
export const complete = {
  sip_proxy_ip: '192.0.2.5',
  sip_lines: { 1: { username: '1001', password: PASSWORD, display_name: 'Alice' } },
};
