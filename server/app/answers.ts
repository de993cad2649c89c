import type { FirmwareService } from '../firmware/service.ts';
import type { RootLog } from '../lib/log.ts';
import type { Metrics } from '../lib/metrics.ts';
import type { SecurityLog } from '../lib/security-log.ts';
import type { BaseUrls } from '../pipeline/base-url.ts';
import type { RecentRequests } from '../pipeline/recent-requests.ts';
import type { Rendering } from '../pipeline/sweep.ts';
import type { Tried } from '../plugins/dao.ts';
import type { PackageShelf } from '../plugins/installed.ts';
import type { PluginService } from '../plugins/service.ts';
import type { Store } from '../store/store.ts';
import type { Ahead } from './ahead.ts';
import type { Templates } from './templates.ts';
import type { Worker } from './workers.ts';

export interface AnswerParts {
  readonly log: RootLog;
  readonly security: SecurityLog;
  readonly metrics: Metrics;
  readonly store: Store;
  readonly shelf: PackageShelf;
  readonly plugins: PluginService;
  readonly firmware: FirmwareService;
  readonly templates: Templates;
  readonly baseUrls: BaseUrls;
  readonly recent: RecentRequests;
  readonly ahead: Ahead;
  readonly isFirst: boolean;
}

/** What this process answers to other workers, and to itself. */
export function createAnswers(parts: AnswerParts): Worker {
  const { log, security, metrics, store, shelf, plugins, firmware, templates, baseUrls, recent, ahead, isFirst } = parts;
  const renderings = new Map<string, Rendering>();
  const takePackages = async (tried: Tried) => {
    await shelf.reload();
    await plugins.load(tried);
  };
  return {
    metrics: () => metrics.values(),
    waiting: () => ahead.sweep.waiting,
    learned: () => ({ logLevel: log.level, urls: baseUrls.told }),
    learnUrls: (urls) => baseUrls.learn(urls),
    recent: (device) => (device === undefined ? recent.unrecognised() : recent.of(device)),
    setLogLevel(level) {
      log.level = level;
    },
    async overridesChanged(plugin) {
      await templates.rereadOverrides(plugin);
      await ahead.touch(store.devices.idsUsing({ plugins: [plugin] }));
    },
    tryPackages: async () => (isFirst ? plugins.tryOut() : undefined),
    async reload(tried) {
      log.reopen();
      security.reopen();
      await templates.reread();
      await takePackages(tried);
    },
    lookAtAll: () => ahead.touch(store.devices.ids()),
    takePackages,
    takeFirmware: () => firmware.reload(),
    async beginRendering(job, which) {
      const ids = which?.devices ?? (await (which ? store.devices.idsUsing(which) : store.devices.ids()));
      renderings.set(job, ahead.sweep.render(ahead.ours(ids)));
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
}
