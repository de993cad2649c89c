import { join } from 'node:path';
import { openImages } from '../artefacts/images.ts';
import { originOf, type TemplateTexts } from '../artefacts/overrides.ts';
import { Renderer } from '../artefacts/renderer.ts';
import { whyNoTemplate } from '../artefacts/template/template.ts';
import { choose } from '../associate/associate.ts';
import { createConfigNotifier } from '../configs/notifier.ts';
import { BASE, flatten } from '../configs/resolve.ts';
import { type ConfigService, createConfigService } from '../configs/service.ts';
import { deviceNotifier } from '../devices/notifier.ts';
import { type DeviceService, deviceService } from '../devices/service.ts';
import type { FirmwareService } from '../firmware/service.ts';
import { compileRecogniser, type Recogniser } from '../identify/identify.ts';
import { defaultAddress } from '../lib/addresses.ts';
import { type Arrivals, createArrivals } from '../lib/arrivals.ts';
import { createAsking } from '../lib/asking.ts';
import { makeDirectory } from '../lib/directory.ts';
import { ProvisioningError, reason } from '../lib/errors.ts';
import { createLog, type RootLog } from '../lib/log.ts';
import { createMetrics, type Metrics } from '../lib/metrics.ts';
import { openSecurityLog, type SecurityLog } from '../lib/security-log.ts';
import type { Operation } from '../operations/model.ts';
import { operationNotifier } from '../operations/notifier.ts';
import { type OperationService, operationService } from '../operations/service.ts';
import { folderOverrideDao } from '../overrides/dao.ts';
import { type OverrideService, overrideService } from '../overrides/service.ts';
import { BaseUrls } from '../pipeline/base-url.ts';
import { Desired, type DesiredOptions } from '../pipeline/desired.ts';
import { type ExplainParts, type Explanation, explain, type Question } from '../pipeline/explain/explain.ts';
import type { Circumstances } from '../pipeline/explain/verdict.ts';
import { type MoveOrder, type MoveParts, startMove } from '../pipeline/move/move.ts';
import { RecentRequests } from '../pipeline/recent-requests.ts';
import type { PhoneRequest, Reply } from '../pipeline/request.ts';
import { type Parts, servePhone } from '../pipeline/serve-phone.ts';
import { type Rendering, Sweep } from '../pipeline/sweep.ts';
import { openPackages, readOverrides, readSharedTemplates } from '../plugins/dao.ts';
import { pluginNotifier } from '../plugins/notifier.ts';
import { type PluginService, pluginService } from '../plugins/service.ts';
import { explainSystemError } from '../settings/system-error.ts';
import type { Settings } from '../settings.ts';
import { openSqliteStore } from '../store/sqlite/store.ts';
import type { Change, Store } from '../store/store.ts';
import { tenantNotifier } from '../tenants/notifier.ts';
import { type TenantService, tenantService } from '../tenants/service.ts';
import { catchUp } from './catch-up.ts';
import { createFirmware } from './firmware.ts';
import { fetching } from './network.ts';
import { counted, reportFirmware, reportOverrides, reportPlugins } from './observe.ts';
import { checkLogFiles } from './preflight.ts';
import { renderAll } from './render-all.ts';
import { createVendorPackages, type VendorPackages } from './vendor-packages.ts';
import { alone, heard, values, type Worker, type Workers, workerOf } from './workers.ts';

/** The server without its sockets: everything that answers, constructed by hand, once, in reading order. */
export interface Core extends VendorPackages {
  readonly settings: Settings;
  readonly log: RootLog;
  readonly security: SecurityLog;
  readonly metrics: Metrics;
  readonly store: Store;
  readonly tenants: TenantService;
  readonly configs: ConfigService;
  readonly plugins: PluginService;
  readonly devices: DeviceService;
  /** Of the first worker only: in the others none are started. */
  readonly operations: OperationService;
  readonly firmware: FirmwareService;
  readonly desired: Desired;
  readonly overrides: OverrideService;
  readonly renderer: Renderer;
  readonly sweep: Sweep;
  readonly baseUrls: BaseUrls;
  readonly recogniser: () => Recogniser;
  /** Of connections of phones, over all listeners. */
  readonly arrivals: Arrivals;
  answer(request: PhoneRequest): Promise<Reply>;
  /** What `answer` would do, and why, without doing it. */
  explain(question: Question): Promise<Explanation>;
  /** Moves devices from one plugin to another, or says what would change. Of the first worker only. */
  move(order: MoveOrder): Promise<Operation>;
  readonly circumstances: Circumstances;
  /** Resolves when this process knows all that other workers have committed. */
  current(): Promise<void>;
  /** What this process answers to other workers. */
  readonly worker: Worker;
  /** Begins to render ahead; to be called once it is known under which URLs phones reach the server. */
  begin(): void;
  close(): Promise<void>;
}

/** How often a worker that nobody asks looks what others changed, and tells them under which URLs phones came. */
const watchMs = 100;

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
  const takeIn = await catchUp(store.changes, tell);

  const tenantNews = tenantNotifier();
  const tenants = await tenantService(store.tenants, tenantNews);

  const configNews = createConfigNotifier(store.configs, (cause) => {
    log.error({ event: 'configs.news-failed', err: cause }, 'could not tell who inherits from a config that changed');
  });
  const configs = createConfigService({
    dao: store.configs,
    base: settings.base_config,
    mainTenant: tenants.main.id,
    notifier: configNews,
    now: Date.now,
  });

  const outside = await fetching(settings);
  const firmware = await createFirmware(settings, {
    fetching: outside,
    // Who does not answer looks at it when it starts again.
    changed: async () => void (await workers.ask('takeFirmware')),
    log,
    isFirst,
  });
  const images = join(settings.data, 'images');

  const pluginNews = pluginNotifier();
  const { directories, shelf, all } = await openPackages(settings.plugins.directories, settings.data, {
    sweep: isFirst,
    report: (why) => log.warn({ event: 'plugin.left-behind', why }, 'could not remove what is no longer installed'),
  });
  const plugins = pluginService(all, pluginNews);
  let recogniser: Recogniser;
  const reported = new Set<string>();
  pluginNews.subscribe((catalogue) => {
    reported.clear();
    recogniser = compileRecogniser(catalogue.packages, (id, cause) => {
      // Once is enough: the same phone asks again and again.
      if (reported.has(id)) return;
      reported.add(id);
      log.error(
        { event: 'plugin.facts-failed', package: id, err: cause },
        `the facts function of ${id} failed; what it found is left out`,
      );
    });
    if (isFirst) reportPlugins(catalogue, settings.plugins.directories, log);
    firmware.describe(catalogue.packages);
    if (isFirst) reportFirmware(firmware.problems, log);
  });
  await plugins.load();

  const deviceNews = deviceNotifier();
  const devices: DeviceService = deviceService({
    dao: store.devices,
    notifier: deviceNews,
    nat: settings.phones.nat,
    unknown: settings.phones.unknown,
    addressHold: settings.phones.address_hold_seconds * 1_000,
    choosePlugin: (facts, current) => choose(facts, plugins.catalogue.ofVendor(facts.vendor), current),
    autocreateConfig: async (tenant) => (await configs.autocreate(tenant))?.id,
    dropConfig: async (id) => {
      await configs.dropUnused(id, async (used) => (await store.devices.idsUsing({ configs: [used] })).length > 0);
    },
  });

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
    keepMs: keepDays * 86_400_000,
  });

  const templates = join(settings.data, 'templates');
  const readTexts = async (): Promise<TemplateTexts> => ({
    overrides: await readOverrides(templates),
    shared: await readSharedTemplates(),
  });
  let texts = await readTexts();
  const overrides = overrideService({
    dao: folderOverrideDao(templates, readOverrides),
    plugins,
    origin: (name, plugin) => originOf(name, plugin, texts.shared),
    complaint: (plugin, name, text) => whyNoTemplate({ name: `templates/${plugin}/${name}`, text }),
    changed: async (plugin) => void values(await workers.ask('overridesChanged', plugin)),
  });
  const lookAtOverrides = async () => {
    if (!isFirst) return;
    // In somebody else's folder, say, nothing can be noted: phones are served all the same.
    await overrides.keepBases(plugins.catalogue).catch((cause) => {
      const told = 'could not note of which templates overrides were made; what packages change under them will not be told';
      log.error({ event: 'template.base-not-kept', why: reason(cause) }, told);
    });
    await overrides.list().then(
      (found) => reportOverrides(found, log),
      (cause) => log.error({ event: 'template.not-read', why: reason(cause) }, 'could not look how overrides stand'),
    );
  };
  await lookAtOverrides();
  pluginNews.subscribe(() => void lookAtOverrides());
  const { cache_megabytes, limits } = settings.render;
  const renderer = new Renderer({
    texts,
    cacheBytes: cache_megabytes * 1_048_576,
    limits: { outputBytes: limits.output_kilobytes * 1_024, steps: limits.steps, milliseconds: limits.milliseconds },
    observe: (event) => {
      metrics.cacheLookup(event.kind === 'hit' ? 'hit' : 'miss');
      if (event.kind !== 'hit') metrics.rendered(event.kind, event.milliseconds / 1_000);
    },
  });
  const base = {
    id: BASE,
    tenant: tenants.main.id,
    parents: [],
    raw: new Map(),
    transient: false,
    deletable: false,
    extra: new Map(),
  };
  const desiredOptions: DesiredOptions = {
    renderer,
    configs: {
      resolve: (id, keep) => configs.resolve(id, keep),
      fallback: (tenant) => configs.fallback(tenant),
      base: flatten(settings.base_config, { ...base, created: 0, updated: 0, revision: 0 }, new Map()),
    },
    tenants,
    tftpPort: settings.tftp.port,
  };
  const desired = new Desired(desiredOptions);

  let newUrls = new Map<string, string | undefined>();
  const baseUrls = new BaseUrls(settings.phones.url, defaultAddress(), (device, url) => {
    if (isShared) newUrls.set(device, url);
  });
  const arrivals = createArrivals();
  const asking = createAsking();
  const busy = () => (arrivals.busy ? 'crowd' : asking.busy ? 'asking' : undefined);
  const sweep = new Sweep({
    devices,
    plugins,
    desired,
    baseUrl: (device) => baseUrls.expected(device),
    busy,
    log,
  });
  // The others look at theirs; what each makes for phones that ask, it keeps.
  const ours = (ids: readonly string[]) => (isShared ? ids.filter((id) => workerOf(id, workers.count) === workers.number) : ids);
  const touch = async (ids: Promise<readonly string[]>) => {
    try {
      sweep.touch(ours(await ids));
    } catch (cause) {
      log.error({ event: 'sweep.failed', why: reason(cause) }, 'could not look up the devices that a change concerns');
    }
  };
  deviceNews.subscribe((ids) => sweep.touch(ours(ids)));
  configNews.subscribe((ids) => void touch(store.devices.idsUsing({ configs: ids })));
  tenantNews.subscribe((id) => void touch(store.devices.ids(id)));

  const vendorPackages = await createVendorPackages({
    settings,
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
  const parts: Parts = {
    plugins,
    recogniser: () => recogniser,
    devices,
    tenants,
    desired,
    baseUrl: (asked, device) => baseUrls.of(asked, device?.id),
    images: openImages(images, (plugin, path) => firmware.served(plugin, path)),
    trusted: settings.phones.secrets_without_key,
    log: () => log.nextRequest(),
    security,
    recent,
  };
  // What is made to be told of only is not kept for phones.
  const rehearsal = new Desired({ ...desiredOptions, renderer: { render: (made) => renderer.rehearse(made) } });
  const explainParts: ExplainParts = {
    ...parts,
    tenants,
    configs,
    renderer,
    desired: rehearsal,
    expectedUrl: (device) => baseUrls.expected(device),
    overrideState: overrides.state,
  };
  const moveParts: MoveParts = {
    devices,
    plugins,
    tenants,
    operations,
    desired: rehearsal,
    baseUrl: (device) => baseUrls.expected(device),
    busy,
    render: (ids, task) => renderAll(workers, task, { devices: ids }),
  };

  /** Tells the parts what other workers committed, as they are told what this one does. */
  async function tell(changes: readonly Change[]): Promise<void> {
    const ids = (wanted: Change['kind']) => [...new Set(changes.filter(({ kind }) => kind === wanted).map(({ id }) => id))];
    const [changedTenants, changedConfigs, changedDevices] = [ids('tenant'), ids('config'), ids('device')];
    if (changedTenants.length > 0) await tenants.changedElsewhere(changedTenants);
    if (changedConfigs.length > 0) await configs.changedElsewhere(changedConfigs);
    if (changedDevices.length > 0) deviceNews.changed(changedDevices);
  }

  async function current(): Promise<void> {
    try {
      if (isShared) await takeIn();
    } catch (cause) {
      if (cause instanceof ProvisioningError && cause.code === 'store-behind') {
        log.fatal({ event: 'worker.behind', why: cause.message }, 'this worker missed changes, and another takes its place');
        log.flushSync();
        workers.giveUp();
      }
      throw cause;
    }
  }

  const watch = async () => {
    const urls = newUrls;
    newUrls = new Map();
    try {
      if (urls.size > 0) await workers.ask('learnUrls', urls);
      await current();
    } catch (cause) {
      log.error({ event: 'worker.changes-unread', why: reason(cause) }, 'could not look what other workers changed');
    }
  };
  const watching = isShared ? setInterval(() => void watch(), watchMs) : undefined;

  const serve = (request: PhoneRequest) => asking.answered(servePhone(request, parts));

  const answer = isShared
    ? async (request: PhoneRequest) => {
        await current();
        return serve(request);
      }
    : serve;

  const flush = async () => {
    try {
      await devices.flush();
    } catch (cause) {
      log.error(
        { event: 'deliveries.not-written', why: reason(cause) },
        'could not write what phones fetched; it is tried again',
      );
    }
  };
  const flushing = setInterval(() => void flush(), settings.deliveries.flush_seconds * 1_000);
  metrics.gauge('offhook_render_cache_bytes', 'Memory that rendered files take', () => renderer.cachedBytes);
  metrics.gauge('offhook_sweep_waiting', 'Devices whose files are still to be rendered ahead', () => sweep.waiting);
  metrics.gauge('offhook_operations_running', 'Operations that go on', () => operations.running);
  metrics.gauge('offhook_workers', 'Processes that serve phones', () => 1);

  /** A worker that is started again learns what the others were told meanwhile. */
  const learn = async () => {
    for (const { logLevel, urls } of heard(await workers.ask('learned'))) {
      if (logLevel !== settings.log.level) log.level = logLevel;
      baseUrls.learn(urls);
    }
  };
  const takePackages = async () => {
    await shelf.reload();
    await plugins.load();
  };
  const reload = async () => {
    log.reopen();
    security.reopen();
    texts = await readTexts();
    renderer.replaceTexts(texts);
    await takePackages();
  };
  const renderings = new Map<string, Rendering>();
  const worker: Worker = {
    metrics: () => metrics.values(),
    waiting: () => sweep.waiting,
    learned: () => ({ logLevel: log.level, urls: baseUrls.told }),
    learnUrls: (urls) => baseUrls.learn(urls),
    recent: (device) => (device === undefined ? recent.unrecognised() : recent.of(device)),
    setLogLevel(level) {
      log.level = level;
    },
    async overridesChanged(plugin) {
      const now = (await readOverrides(templates)).get(plugin);
      const all = new Map(texts.overrides);
      if (now) all.set(plugin, now);
      else all.delete(plugin);
      texts = { ...texts, overrides: all };
      renderer.replaceTexts(texts);
      await touch(store.devices.idsUsing({ plugins: [plugin] }));
    },
    reload,
    lookAtAll: () => touch(store.devices.ids()),
    takePackages,
    takeFirmware: () => firmware.reload(),
    async beginRendering(job, which) {
      const ids = which?.devices ?? (await (which ? store.devices.idsUsing(which) : store.devices.ids()));
      renderings.set(job, sweep.render(ours(ids)));
    },
    rendering(job) {
      const { total, left } = renderings.get(job) ?? { total: 0, left: 0 };
      return { total, left };
    },
    endRendering(job) {
      renderings.get(job)?.stop();
      renderings.delete(job);
    },
  };
  return {
    settings,
    log,
    security,
    metrics,
    store,
    tenants,
    configs,
    plugins,
    devices,
    operations,
    firmware,
    ...vendorPackages,
    desired,
    overrides,
    renderer,
    sweep,
    baseUrls,
    recogniser: parts.recogniser,
    explain: (question) => explain(question, explainParts),
    move: (order) => startMove(order, moveParts),
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
    answer,
    current,
    worker,
    begin() {
      // What the store says of a device may be older than a package, a template or a setting.
      void worker.lookAtAll();
      if (isShared) void learn();
    },
    async close() {
      clearInterval(flushing);
      clearInterval(watching);
      await operations.close();
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
