import type { FirmwareService } from '../firmware/service.ts';
import { compileRecogniser, type Recogniser } from '../identify/identify.ts';
import type { RootLog } from '../lib/log.ts';
import { openPackages, type PackagePlaces } from '../plugins/dao.ts';
import { type PluginNotifier, pluginNotifier } from '../plugins/notifier.ts';
import { type PluginService, pluginService } from '../plugins/service.ts';
import type { Settings } from '../settings.ts';
import { reportFirmware, reportPlugins } from './observe.ts';

/** The vendor packages that are loaded, and what is made of them. */
export interface Plugins extends Pick<PackagePlaces, 'directories' | 'shelf'> {
  readonly plugins: PluginService;
  readonly news: PluginNotifier;
  readonly recogniser: () => Recogniser;
}

export interface PluginParts {
  readonly settings: Settings;
  /** Learns what the packages describe. */
  readonly firmware: Pick<FirmwareService, 'describe' | 'problems'>;
  readonly log: RootLog;
  /** Of the workers the one that tells and tidies up. */
  readonly isFirst: boolean;
}

/** @throws ProvisioningError shelf-unreadable */
export async function createPlugins({ settings, firmware, log, isFirst }: PluginParts): Promise<Plugins> {
  const { directories, shelf, all } = await openPackages(settings.plugins.directories, settings.data, {
    sweep: isFirst,
    report: (why) => log.warn({ event: 'plugin.left-behind', why }, 'could not remove what is no longer installed'),
    loading({ id, folder }) {
      if (!isFirst) return;
      log.info({ event: 'plugin.loading', package: id, folder }, `loads the vendor package ${id}`);
      // At the start nothing was tried: code that never ends would keep this line, too.
      log.flushSync();
    },
  });
  const news = pluginNotifier();
  const plugins = pluginService(all, news);
  let recogniser: Recogniser;
  const reported = new Set<string>();
  news.subscribe((catalogue) => {
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
    firmware.describe(catalogue.packages);
    if (!isFirst) return;
    reportPlugins(catalogue, settings.plugins.directories, log);
    reportFirmware(firmware.problems, log);
  });
  await plugins.load();
  return { directories, shelf, plugins, news, recogniser: () => recogniser };
}
