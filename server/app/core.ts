import { join } from 'node:path';
import { CLAIM_LIMITS, ClaimLimiter } from '../access/claim-limiter.ts';
import { openImages } from '../artefacts/images.ts';
import type { Renderer } from '../artefacts/renderer.ts';
import { choose } from '../associate/associate.ts';
import type { Config } from '../configs/model.ts';
import { createConfigNotifier } from '../configs/notifier.ts';
import { BASE, flatten } from '../configs/resolve.ts';
import { type ConfigService, createConfigService } from '../configs/service.ts';
import { deviceNotifier } from '../devices/notifier.ts';
import { type DeviceService, deviceService } from '../devices/service.ts';
import type { FirmwareService } from '../firmware/service.ts';
import { type HistoryService, historyService } from '../history/service.ts';
import type { Recogniser } from '../identify/identify.ts';
import { defaultAddress } from '../lib/addresses.ts';
import { type Arrivals, createArrivals } from '../lib/arrivals.ts';
import { createAsking } from '../lib/asking.ts';
import { makeDirectory } from '../lib/directory.ts';
import { reason } from '../lib/errors.ts';
import { createLog, type RootLog } from '../lib/log.ts';
import { createMetrics, type Metrics } from '../lib/metrics.ts';
import { openSecurityLog, type SecurityLog } from '../lib/security-log.ts';
import type { Operation } from '../operations/model.ts';
import { type OperationNotifier, operationNotifier } from '../operations/notifier.ts';
import { type OperationService, operationService } from '../operations/service.ts';
import type { OverrideService } from '../overrides/service.ts';
import { type ParameterService, parameterService } from '../parameters/service.ts';
import { BaseUrls } from '../pipeline/base-url.ts';
import {
  type Claimed,
  type ClaimOrder,
  type ClaimParts,
  claim,
  type ReleaseOrder,
  release,
  type Settled,
} from '../pipeline/claim/claim.ts';
import { Desired, type DesiredOptions } from '../pipeline/desired.ts';
import type { DhcpLook } from '../pipeline/explain/dhcp.ts';
import { type ExplainParts, type Explanation, explain, type Question, rehearseLease } from '../pipeline/explain/explain.ts';
import type { Circumstances } from '../pipeline/explain/verdict.ts';
import { type MoveOrder, type MoveParts, startMove } from '../pipeline/move/move.ts';
import { Newcomers } from '../pipeline/newcomers.ts';
import { type LeaseNews, type Noted, noteLease } from '../pipeline/note-lease.ts';
import { noteProfile } from '../pipeline/note-profile.ts';
import { RecentMessages } from '../pipeline/recent-messages.ts';
import { RecentRequests } from '../pipeline/recent-requests.ts';
import type { PhoneRequest, Reply } from '../pipeline/request.ts';
import type { ConfigOf } from '../pipeline/resync/had.ts';
import { type ResyncParts, startResync } from '../pipeline/resync/resync.ts';
import type { Restart } from '../pipeline/resync/tell.ts';
import { type ResyncMany, startWaves, type WavesParts } from '../pipeline/resync/waves.ts';
import { type Parts, servePhone } from '../pipeline/serve-phone.ts';
import type { Sweep } from '../pipeline/sweep.ts';
import type { PluginService } from '../plugins/service.ts';
import { explainSystemError } from '../settings/system-error.ts';
import type { Settings } from '../settings.ts';
import { openSqliteStore } from '../store/sqlite/store.ts';
import type { Store } from '../store/store.ts';
import { tenantNotifier } from '../tenants/notifier.ts';
import { type TenantService, tenantService } from '../tenants/service.ts';
import { createAhead } from './ahead.ts';
import { createAnswers } from './answers.ts';
import { catchUp, tellChanges } from './catch-up.ts';
import { createElsewhere } from './elsewhere.ts';
import { createFirmware } from './firmware.ts';
import { type Fetching, fetching } from './network.ts';
import { notedFirmware, notedOverrides, notedPackages, notedParameters, notedRepositories } from './noted.ts';
import { counted } from './observe.ts';
import { createPlugins } from './plugins.ts';
import { checkLogFiles } from './preflight.ts';
import { pruneRegularly } from './prune.ts';
import { renderAll } from './render-all.ts';
import { createTemplates } from './templates.ts';
import { createTogether, type Records } from './together.ts';
import { createVendorPackages, type VendorPackages } from './vendor-packages.ts';
import { createWays } from './ways.ts';
import { alone, heard, type Worker, type Workers } from './workers.ts';

/** The server without its sockets: everything that answers, constructed by hand, once, in reading order. */
export interface Core extends VendorPackages {
  readonly settings: Settings;
  readonly log: RootLog;
  readonly security: SecurityLog;
  readonly metrics: Metrics;
  readonly store: Store;
  readonly tenants: TenantService;
  readonly configs: ConfigService;
  /** What clients of provd set. */
  readonly parameters: ParameterService;
  readonly history: HistoryService;
  readonly plugins: PluginService;
  readonly devices: DeviceService;
  /** Changes of devices and configs that are stored together. */
  readonly together: ReturnType<typeof createTogether>;
  /** Of the first worker only: in the others none are started. */
  readonly operations: OperationService;
  readonly operationNews: OperationNotifier;
  /** How this server fetches what is elsewhere. */
  readonly fetching: Fetching;
  readonly firmware: FirmwareService;
  readonly desired: Desired;
  /** What devices would have if a template of a plugin were this text. */
  tryTemplate(plugin: string, name: string, text: string): Desired;
  readonly overrides: OverrideService;
  readonly renderer: Renderer;
  readonly sweep: Sweep;
  readonly baseUrls: BaseUrls;
  readonly recogniser: () => Recogniser;
  /** Of connections of phones, over all listeners. */
  readonly arrivals: Arrivals;
  /** The last messages of DHCP. */
  readonly messages: RecentMessages;
  answer(request: PhoneRequest): Promise<Reply>;
  noteLease(news: LeaseNews): Promise<Noted>;
  /** Where the files are of a phone that asks over SIP PnP, as `urlOf` says of who it is. */
  noteProfile(request: PhoneRequest, urlOf: (noted: Noted) => string | undefined): Promise<string | undefined>;
  /** What `answer` would do, and why, without doing it. */
  explain(question: Question, dhcp: DhcpLook): Promise<Explanation>;
  /** What `noteLease` would do, without doing it. */
  rehearseLease(news: LeaseNews): Promise<Noted>;
  /** Moves devices from one plugin to another, or says what would change. Of the first worker only. */
  move(order: MoveOrder): Promise<Operation>;
  /** Tells a phone to read its configuration anew. Of the first worker only. */
  resync(device: string, restart?: Restart): Promise<Operation>;
  /** Tells many phones, in waves. Of the first worker only. */
  resyncMany(order: ResyncMany): Promise<Operation>;
  /** Gives a phone the config that has a code, and tells the phone. Of the first worker only. */
  claim(order: ClaimOrder): Promise<Claimed>;
  /** Puts a phone back to autoprov, and tells it. Of the first worker only. */
  release(order: ReleaseOrder): Promise<Settled>;
  readonly circumstances: Circumstances;
  /** Resolves when this process knows all that other workers have committed. */
  current(): Promise<void>;
  /** What this process answers to other workers. */
  readonly worker: Worker;
  /** Begins to render ahead, and to forget what is old; to be called once it is known under which URLs phones reach the server. */
  begin(): void;
  close(): Promise<void>;
}

const dayMs = 86_400_000;

/** Messages of DHCP that are kept for who watches: some hundred bytes each. */
const mostMessages = 1_000;

async function countInSync({ count }: Store['devices']): Promise<Record<string, number>> {
  const [inSync, outOfSync, unfetched] = await Promise.all([true, false, null].map((each) => count({ inSync: each })));
  return { 'in-sync': inSync ?? 0, 'out-of-sync': outOfSync ?? 0, unfetched: unfetched ?? 0 };
}

/** @throws ProvisioningError for what the settings ask for and the system does not give */
export async function createCore(settings: Settings, workers: Workers = alone()): Promise<Core> {
  const isShared = workers.count > 1;
  const isFirst = workers.number === 1;
  await makeDirectory(settings.data).catch((cause) => {
    throw explainSystemError(cause, { kind: 'directory', key: 'data', path: settings.data });
  });
  await checkLogFiles(settings);
  const shared = isShared ? { shared: true, fields: { worker: workers.number } } : {};
  const log = createLog({ ...settings.log, ...shared });
  const metrics = createMetrics({ process: true });
  const security = counted(openSecurityLog(settings.log.security_file, { shared: isShared }), metrics);
  const store = await openSqliteStore(join(settings.data, 'offhook.sqlite'), { shared: isShared, check: isFirst });
  const takeIn = await catchUp(store.changes, (changes) =>
    tellChanges(changes, { tenants, configs, devices: deviceNews, parameters }),
  );
  const elsewhere = createElsewhere(workers, takeIn, log);

  const parameters = await parameterService(store.parameters);
  const tenantNews = tenantNotifier();
  const tenants = await tenantService(store.tenants, tenantNews);

  const configNews = createConfigNotifier(store.configs, (cause) => {
    log.error({ event: 'configs.news-failed', err: cause }, 'could not tell who inherits from a config that changed');
  });
  const records: Records = {
    configs: (dao, notifier) =>
      createConfigService({ dao, base: settings.base_config, line: tenants.line, notifier, now: Date.now }),
    devices: (dao, notifier, its) =>
      deviceService({
        dao,
        notifier,
        nat: () => settings.phones.nat || parameters.get('NAT') === '1',
        unknown: settings.phones.unknown,
        addressHold: settings.phones.address_hold_seconds * 1_000,
        choosePlugin: (facts, current) => choose(facts, plugins.catalogue.ofVendor(facts.vendor), current),
        autocreateConfig: async (tenant) => (await its.autocreate(tenant))?.id,
        isAutocreated: async (id) => (await its.get(id))?.transient === true,
        dropConfig: async (id, tenant) => {
          await its.dropUnused(id, tenant, async (used) => (await dao.idsUsing({ configs: [used] })).length > 0);
        },
      }),
  };
  const configs = records.configs(store.configs, configNews);

  const { audit_days: auditDays, versions, version_days: versionDays } = settings.history;
  const history = historyService({
    dao: store.history,
    configs,
    auditMs: auditDays * dayMs,
    versions,
    versionMs: versionDays * dayMs,
  });
  let endPruning = async () => {};

  const outside = await fetching(settings, parameters);
  const firmware = await createFirmware(settings, {
    fetching: outside,
    // Who does not answer looks at it when it starts again.
    changed: async () => void (await workers.ask('takeFirmware')),
    log,
    isFirst,
  });
  const { plugins, news: pluginNews, recogniser, directories, shelf } = await createPlugins({ settings, firmware, log, isFirst });

  const deviceNews = deviceNotifier();
  const devices = records.devices(store.devices, deviceNews, configs);

  const operationNews = operationNotifier();
  operationNews.subscribe(({ label, state }) => {
    if (state === 'success' || state === 'fail') metrics.operationEnded(label, state);
  });
  const { keep, keep_days: keepDays } = settings.operations;
  const operations = operationService({
    dao: store.operations,
    notifier: operationNews,
    log,
    keep,
    keepMs: keepDays * dayMs,
  });

  const templates = await createTemplates({ settings, plugins, news: pluginNews, workers, metrics, log });
  const { overrides, renderer } = templates;
  const desiredOptions: DesiredOptions = {
    renderer,
    configs: {
      resolve: (id, keep) => configs.resolve(id, keep),
      fallback: (tenant) => configs.fallback(tenant),
      base: flatten(settings.base_config, nothingOf(tenants.main.id), new Map()),
    },
    tenants,
    tftpPort: settings.tftp.port,
  };
  const desired = new Desired(desiredOptions);
  // What is made to be told of only is not kept for phones.
  const rehearsal = new Desired({ ...desiredOptions, renderer: { render: (made) => renderer.rehearse(made) } });

  const baseUrls = new BaseUrls(settings.phones.url, defaultAddress(), (device, url) => {
    elsewhere.tellUrl(device, url);
    devices.noteUrl(device, url);
  });
  baseUrls.learn(await devices.urls());
  const expectedUrl = (device: string) => baseUrls.expected(device);
  const arrivals = createArrivals();
  const asking = createAsking();
  const busy = () => (arrivals.busy ? 'crowd' : asking.busy ? 'asking' : undefined);
  const ahead = createAhead({
    devices,
    plugins,
    desired,
    baseUrl: expectedUrl,
    busy,
    log,
    store,
    workers,
    news: { devices: deviceNews, configs: configNews, tenants: tenantNews },
  });
  const { sweep } = ahead;

  const vendorPackages = await createVendorPackages({
    settings,
    log,
    fetching: outside,
    shelf,
    directories,
    plugins,
    devices,
    overrides,
    workers,
  });

  const { per_device: perDevice, unrecognised, megabytes } = settings.recent_requests;
  const recent = new RecentRequests({ perDevice, unrecognised, bytes: megabytes * 1_048_576 });
  const images = join(settings.data, 'images');
  const newcomers = new Newcomers(
    async (id) => (await devices.deliveries(id)).length > 0 || (await devices.get(id)) === undefined,
  );
  const parts: Parts = {
    plugins,
    recogniser,
    devices,
    newcomers,
    tenants,
    desired,
    baseUrl: (asked, device) => baseUrls.of(asked, device?.id),
    images: openImages(images, (plugin, path) => firmware.served(plugin, path)),
    trusted: settings.phones.secrets_without_key,
    log: () => log.nextRequest(),
    security,
    recent,
  };
  const serve = (request: PhoneRequest) => asking.answered(servePhone(request, parts));
  const answer = isShared
    ? async (request: PhoneRequest) => {
        await elsewhere.current();
        return serve(request);
      }
    : serve;
  const messages = new RecentMessages(mostMessages);
  const explainParts: ExplainParts = {
    ...parts,
    tenants,
    configs,
    renderer,
    desired: rehearsal,
    expectedUrl,
    overrideState: overrides.state,
    messages,
  };
  const render: MoveParts['render'] = (ids, task) => renderAll(workers, task, { devices: ids });
  const moveParts: MoveParts = {
    devices,
    plugins,
    tenants,
    operations,
    desired: rehearsal,
    baseUrl: expectedUrl,
    busy,
    render,
  };

  const ways = await createWays(settings, tenants, metrics, log);
  const resyncParts: ResyncParts & WavesParts = { devices, plugins, desired, operations, ways: ways.of, render };
  const usualWaves = {
    waves: settings.sync.waves,
    perSecond: settings.sync.per_second,
    patienceMs: settings.sync.patience_seconds * 1_000,
    tolerance: settings.sync.tolerance_percent,
    ...(settings.sync.hours && { hours: settings.sync.hours }),
  };
  const configOf: ConfigOf = (device) => desired.configOf(device);
  const together = createTogether(store, records, { configs, devices: deviceNews });
  const claimParts: ClaimParts = {
    devices,
    configs,
    configOf,
    tenants,
    together,
    limiter: new ClaimLimiter(CLAIM_LIMITS, Date.now),
    security,
    resync: (device, had) => startResync(device, { before: { had } }, resyncParts),
  };

  const flush = async () => {
    try {
      ahead.sweep.touch(await devices.flush());
    } catch (cause) {
      log.error(
        { event: 'deliveries.not-written', why: reason(cause) },
        'could not write what phones fetched; it is tried again',
      );
    }
  };
  const flushing = setInterval(() => void flush(), settings.deliveries.flush_seconds * 1_000);
  metrics.gauge('offhook_sweep_waiting', 'Devices whose files are still to be rendered ahead', () => sweep.waiting);
  // All workers count the same devices.
  if (isFirst) metrics.devicesInSync(() => countInSync(store.devices));
  metrics.gauge('offhook_operations_running', 'Operations that go on', () => operations.running);
  metrics.gauge('offhook_workers', 'Processes that serve phones', () => 1);

  const worker = createAnswers({
    log,
    security,
    metrics,
    store,
    shelf,
    plugins,
    firmware,
    templates,
    baseUrls,
    recent,
    ahead,
    isFirst,
  });
  /** A worker that is started again learns what the others were told meanwhile. */
  const learn = async () => {
    for (const { logLevel, urls } of heard(await workers.ask('learned'))) {
      if (logLevel !== settings.log.level) log.level = logLevel;
      baseUrls.learn(urls);
    }
  };
  return {
    settings,
    log,
    security,
    metrics,
    store,
    tenants,
    configs,
    parameters: notedParameters(parameters, history.note),
    history,
    plugins,
    devices,
    together,
    operations,
    operationNews,
    fetching: outside,
    firmware: notedFirmware(firmware, history.note),
    packages: notedPackages(vendorPackages.packages, history.note),
    repositories: notedRepositories(vendorPackages.repositories, history.note),
    desired,
    tryTemplate: (...text) => new Desired({ ...desiredOptions, renderer: templates.trial(...text) }),
    overrides: notedOverrides(overrides, history.note),
    renderer,
    sweep,
    baseUrls,
    recogniser,
    async noteLease(news) {
      await elsewhere.current();
      return noteLease(news, { ...parts, newcomers });
    },
    async noteProfile(request, urlOf) {
      await elsewhere.current();
      return noteProfile(request, urlOf, { ...parts, newcomers });
    },
    explain: (question, dhcp) => explain(question, explainParts, dhcp),
    rehearseLease: (news) => rehearseLease(news, explainParts),
    move: (order) => startMove(order, moveParts),
    resync: (device, restart) => startResync(device, { restart }, resyncParts),
    resyncMany: (order) => startWaves({ ...usualWaves, ...order }, resyncParts),
    claim: (order) => claim(order, claimParts),
    release: (order) => release(order, claimParts),
    circumstances: {
      get catalogue() {
        return plugins.catalogue;
      },
      tenants,
      unknown: settings.phones.unknown,
      images,
      providers: firmware.providers,
      addressHold: settings.phones.address_hold_seconds,
    },
    arrivals,
    messages,
    answer,
    current: elsewhere.current,
    worker,
    begin() {
      // What the store says of a device may be older than a package, a template or a setting.
      void worker.lookAtAll();
      if (isShared) void learn();
      if (isFirst) endPruning = pruneRegularly(history, log);
    },
    async close() {
      clearInterval(flushing);
      await endPruning();
      elsewhere.close();
      await operations.close();
      await ways.close();
      await configNews.settled();
      await sweep.stop();
      await flush();
      await store.close();
      if (!isShared) log.info({ event: 'server.stopped' }, 'stopped');
      await security.close();
      await log.close();
    },
  };
}

/** The config of who has none. */
const nothingOf = (tenant: string): Config => ({
  id: BASE,
  tenant,
  parents: [],
  raw: new Map(),
  transient: false,
  deletable: false,
  extra: new Map(),
  created: 0,
  updated: 0,
  revision: 0,
});
