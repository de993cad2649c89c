import type { ConfigService } from '../configs/service.ts';
import type { DeviceNotifier } from '../devices/notifier.ts';
import type { ParameterService } from '../parameters/service.ts';
import type { Change, Changes } from '../store/store.ts';
import type { TenantService } from '../tenants/service.ts';

/**
 * Brings what this process keeps in memory up to what all processes have committed: resolves when all that was committed before the
 * call is told to whoever keeps something made of it. In the common case, when nothing was, that is one look into the store.
 *
 * Rejects with what reading or telling threw; the next call tells it all once more.
 */
export type CatchUp = () => Promise<void>;

/**
 * To be made before anything is kept in memory.
 * @param tell tells who keeps something made of these records; it may be told twice
 */
export async function catchUp(changes: Changes, tell: (changes: readonly Change[]) => Promise<void>): Promise<CatchUp> {
  let told = await changes.newest();
  let telling: Promise<void> | undefined;

  return async () => {
    for (;;) {
      // It may have begun before the change that the caller must see: then there is another round.
      if (telling) await telling;
      const news = await changes.after(told);
      if (!news) return;
      // Others who asked in the same moment got the same answer: the first of them tells it.
      telling ??= tell(news.changes)
        .then(() => {
          told = Math.max(told, news.newest);
        })
        .finally(() => {
          telling = undefined;
        });
      await telling;
    }
  };
}

interface Told {
  readonly tenants: TenantService;
  readonly configs: ConfigService;
  readonly devices: DeviceNotifier;
  readonly parameters: ParameterService;
}

/** Tells the parts what other workers committed, as they are told what this one does. */
export async function tellChanges(changes: readonly Change[], { tenants, configs, devices, parameters }: Told): Promise<void> {
  const ids = (wanted: Change['kind']) => [...new Set(changes.filter(({ kind }) => kind === wanted).map(({ id }) => id))];
  const [changedTenants, changedConfigs, changedDevices] = [ids('tenant'), ids('config'), ids('device')];
  if (changedTenants.length > 0) await tenants.changedElsewhere(changedTenants);
  if (changedConfigs.length > 0) await configs.changedElsewhere(changedConfigs);
  if (ids('parameter').length > 0) await parameters.changedElsewhere();
  if (changedDevices.length > 0) devices.changed(changedDevices);
}
