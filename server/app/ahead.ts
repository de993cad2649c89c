import type { ConfigNotifier } from '../configs/notifier.ts';
import type { DeviceNotifier } from '../devices/notifier.ts';
import { reason } from '../lib/errors.ts';
import { Sweep, type SweepOptions } from '../pipeline/sweep.ts';
import type { Store } from '../store/store.ts';
import type { TenantNotifier } from '../tenants/notifier.ts';
import { type Workers, workerOf } from './workers.ts';

/** Rendering ahead of the phones, as far as it is this process's. */
export interface Ahead {
  readonly sweep: Sweep;
  /** Of devices those that this process looks at: the others look at theirs; what each makes for phones that ask, it keeps. */
  ours(ids: readonly string[]): readonly string[];
  /** Has these looked at again, as far as they are ours. Never rejects. */
  touch(ids: Promise<readonly string[]>): Promise<void>;
}

export interface AheadParts extends SweepOptions {
  readonly store: Store;
  readonly workers: Workers;
  readonly news: { readonly devices: DeviceNotifier; readonly configs: ConfigNotifier; readonly tenants: TenantNotifier };
}

export function createAhead({ store, workers: { number, count }, news, ...options }: AheadParts): Ahead {
  const sweep = new Sweep(options);
  const ours = (ids: readonly string[]) => (count > 1 ? ids.filter((id) => workerOf(id, count) === number) : ids);
  const touch = async (ids: Promise<readonly string[]>) => {
    try {
      sweep.touch(ours(await ids));
    } catch (cause) {
      options.log.error({ event: 'sweep.failed', why: reason(cause) }, 'could not look up the devices that a change concerns');
    }
  };
  news.devices.subscribe((ids) => sweep.touch(ours(ids)));
  news.configs.subscribe((ids) => void touch(store.devices.idsUsing({ configs: ids })));
  news.tenants.subscribe((id) => void touch(store.devices.ids({ tenants: [id] })));
  return { sweep, ours, touch };
}
