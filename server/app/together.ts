import type { Changes } from '../api/parts.ts';
import type { ConfigDao } from '../configs/dao.ts';
import type { ConfigNotifier } from '../configs/notifier.ts';
import type { ConfigService } from '../configs/service.ts';
import type { DeviceDao } from '../devices/dao.ts';
import { type DeviceNotifier, deviceNotifier } from '../devices/notifier.ts';
import type { DeviceService } from '../devices/service.ts';
import type { Store } from '../store/store.ts';

/** How services are put together over daos, be they of the store or of a transaction. */
export interface Records {
  configs(dao: ConfigDao, notifier: ConfigNotifier): ConfigService;
  devices(dao: DeviceDao, notifier: DeviceNotifier, configs: ConfigService): DeviceService;
}

/** The services of the server, whose caches have to hear of what was changed beside them. */
interface News {
  readonly configs: Pick<ConfigService, 'changedElsewhere'>;
  readonly devices: Pick<DeviceNotifier, 'changed'>;
}

/**
 * Runs work over services whose changes are stored together, or not at all when it says false or throws. Who keeps something made of
 * devices and configs is told once, when they are stored.
 */
export function createTogether(store: Pick<Store, 'transact'>, records: Records, news: News) {
  return async (work: (changes: Changes) => Promise<boolean>): Promise<void> => {
    const changed = { configs: new Set<string>(), devices: new Set<string>() };
    let isKept = false;
    await store.transact(async ({ configs: configDao, devices: deviceDao, part }) => {
      const configs = records.configs(configDao, {
        subscribe() {},
        changed: (id) => void changed.configs.add(id),
        settled: async () => {},
      });
      const deviceNews = deviceNotifier();
      deviceNews.subscribe((ids) => {
        for (const id of ids) changed.devices.add(id);
      });
      const devices = records.devices(deviceDao, deviceNews, configs);
      isKept = await work({ configs, devices, part });
      return isKept;
    });
    if (!isKept) return;
    if (changed.devices.size > 0) news.devices.changed([...changed.devices]);
    if (changed.configs.size > 0) await news.configs.changedElsewhere([...changed.configs]);
  };
}
