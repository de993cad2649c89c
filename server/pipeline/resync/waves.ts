import type { DeviceFilter, StoredDevice } from '../../devices/dao.ts';
import type { Resync } from '../../devices/model.ts';
import type { DeviceService } from '../../devices/service.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import { type Hours, untilOpen } from '../../lib/hours.ts';
import type { Share } from '../../lib/share.ts';
import type { Operation } from '../../operations/model.ts';
import type { Task } from '../../operations/run.ts';
import { Counted, type Told, told } from '../few.ts';
import type { ResyncParts } from './resync.ts';
import { type Restart, tellDevice } from './tell.ts';

export interface WavesParts extends Omit<ResyncParts, 'render'> {
  readonly devices: ResyncParts['devices'] & Pick<DeviceService, 'ids' | 'list' | 'fetches'>;
  /** Between two looks at who came back. Milliseconds. */
  readonly lookMs?: number;
}

export interface WavesOrder {
  /** Which are told: these, in this order, or all of which this is true. */
  readonly which: readonly string[] | DeviceFilter;
  /** Whose operation it is. */
  readonly tenant: string;
  /** How many are told before the next wave begins; what is left after the last is a wave, too. */
  readonly waves: readonly Share[];
  readonly perSecond: number;
  /** When phones may be told. */
  readonly hours?: Hours;
  /** How long a phone that was told has for fetching its files. Milliseconds. */
  readonly patienceMs: number;
  /** When more of a wave do not come back, no more are told. Percent. */
  readonly tolerance: number;
  readonly restart?: Restart;
}

/** What is not said is as the settings say. */
export type ResyncMany = Pick<WavesOrder, 'which' | 'tenant'> & Partial<WavesOrder>;

/** What became of a device. */
type End =
  /** It was told, and has its files as they are now. */
  | 'in_sync'
  /** It was told and fetched files of its own, and they are not all as they are now. */
  | 'fetched_old'
  /** It was told, and has fetched nothing. */
  | 'not_back'
  /** It could not be told. */
  | 'not_told'
  /** Nothing was sent: there is no way, or nothing to fetch. */
  | 'impossible';

const isLost = (end: End) => end === 'not_back' || end === 'not_told';

/**
 * Starts to tell phones to read their configuration anew, in waves: the next begins when all phones of the one before came back, and
 * none when too many did not. A device that was told is looked at until it has its files as they are now, or its time is over. Of devices that
 * a filter names, those that asked last are told first: the first wave tries what the others get.
 *
 * The operation's result tells of all devices.
 *
 * @throws OperationRunning when another such operation of the tenant goes on; ProvisioningError device-unknown
 */
export async function startWaves(order: WavesOrder, parts: WavesParts): Promise<Operation> {
  const ids = await idsOf(order, parts.devices);
  const requested = (parts.now ?? Date.now)();
  const sizes = sizesOf(order.waves, ids.length);
  const steps = sizes.map((size, index) => ({
    label: 'wave',
    title: `wave ${index + 1} of ${sizes.length}: ${phones(size)}`,
    unit: 'devices' as const,
  }));
  const plan = {
    label: 'resync_waves',
    title: `tell ${phones(ids.length)} to read their configuration anew`,
    tenant: order.tenant,
    key: `resync_waves ${order.tenant}`,
    steps,
  };
  const begun = parts.operations.start(plan, async (task) => {
    const { id: operation } = await begun;
    const report = new Report();
    let [start, stopped] = [0, ''];
    for (const [index, size] of sizes.entries()) {
      const members = ids.slice(start, start + size);
      const step = steps[index];
      if (!step) break;
      const wave = await task.step(step, (own) => new Wave(members, order, { operation, requested }, parts, report, own).run());
      start += wave.begun;
      // When all were told there is nothing to stop.
      if (wave.isTooMany && start < ids.length) {
        stopped = `Of ${phones(wave.begun)} in wave ${index + 1}, ${wave.lost} did not come back: more than ${order.tolerance} %`;
        break;
      }
    }
    return { devices: ids.length, ...report.read(), left: ids.length - start, stopped: stopped || null };
  });
  return begun;
}

const phones = (count: number): string => (count === 1 ? '1 phone' : `${count} phones`);

async function idsOf({ which, waves }: WavesOrder, devices: WavesParts['devices']): Promise<readonly string[]> {
  if (!('length' in which)) {
    const ids = await devices.ids(which);
    const [first = 0] = sizesOf(waves, ids.length);
    const { devices: latest } = await devices.list({ ...which, sort: 'seen', descending: true, limit: first });
    return [...new Set([...latest.map(({ id }) => id), ...ids])];
  }
  return [...new Set(which as readonly string[])];
}

/** How many each wave has, the last all that are left. */
function sizesOf(waves: readonly Share[], all: number): number[] {
  const sizes: number[] = [];
  let left = all;
  for (const wave of waves) {
    const wanted = 'count' in wave ? wave.count : Math.ceil((all * wave.percent) / 100);
    const size = Math.min(left, wanted);
    if (size > 0) sizes.push(size);
    left -= size;
  }
  return left > 0 ? [...sizes, left] : sizes;
}

class Report {
  readonly #inSync: { total: number } = { total: 0 };
  readonly #others = {
    fetched_old: new Counted<Told>(),
    not_back: new Counted<Told>(),
    not_told: new Counted<Told>(),
    impossible: new Counted<Told>(),
  };

  add(end: End, device: Pick<StoredDevice, 'id'> & Partial<StoredDevice>, why: string): void {
    if (end === 'in_sync') this.#inSync.total += 1;
    else this.#others[end].add(told(device, why));
  }

  read() {
    const { fetched_old, not_back, not_told, impossible } = this.#others;
    return {
      in_sync: this.#inSync.total,
      fetched_old: fetched_old.read(),
      not_back: not_back.read(),
      not_told: not_told.read(),
      impossible: impossible.read(),
    };
  }
}

/** Ids that the store is asked for at once: some milliseconds. */
const lookSlice = 500;

class Wave {
  readonly #ids: readonly string[];
  readonly #order: WavesOrder;
  readonly #wish: Pick<Resync, 'operation' | 'requested'>;
  readonly #parts: WavesParts;
  readonly #report: Report;
  readonly #task: Task;
  /** Told, and not back yet: since when, and until when it has time. */
  readonly #waiting = new Map<string, { readonly device: StoredDevice; readonly since: number; readonly until: number }>();
  readonly #telling = new Set<Promise<void>>();
  /** What is no device's fault. */
  #fault: { readonly cause: unknown } | undefined;
  /** Those that were told, or could not be. */
  begun = 0;
  lost = 0;
  #ended = 0;

  constructor(
    ids: readonly string[],
    order: WavesOrder,
    wish: Pick<Resync, 'operation' | 'requested'>,
    parts: WavesParts,
    report: Report,
    task: Task,
  ) {
    [this.#ids, this.#order, this.#wish, this.#parts, this.#report, this.#task] = [ids, order, wish, parts, report, task];
  }

  get isTooMany(): boolean {
    return this.lost * 100 > this.#ids.length * this.#order.tolerance;
  }

  async run(): Promise<this> {
    const { signal } = this.#task;
    this.#task.progress(0, this.#ids.length);
    let isTelling = true;
    const telling = this.#tellAll().finally(() => {
      isTelling = false;
    });
    // What it failed with is told when it is waited for.
    telling.catch(() => {});
    while (isTelling || this.#telling.size > 0 || this.#waiting.size > 0) {
      await pause(this.#parts.lookMs ?? 1_000, signal);
      await this.#look();
      if (this.#fault) throw this.#fault.cause;
    }
    await telling;
    return this;
  }

  async #tellAll(): Promise<void> {
    const { perSecond } = this.#order;
    const { signal } = this.#task;
    let next = performance.now();
    for (const id of this.#ids) {
      const wait = next - performance.now();
      if (wait > 0) await pause(wait, signal);
      // The clocks of the host may be set meanwhile.
      while (this.#closedMs() > 0) await pause(Math.min(this.#closedMs(), 30_000), signal);
      signal.throwIfAborted();
      if (this.isTooMany) return;
      next = Math.max(next, performance.now() - 1_000 / perSecond) + 1_000 / perSecond;
      this.begun += 1;
      const one: Promise<void> = this.#tell(id)
        .catch((cause) => {
          this.#fault ??= { cause };
        })
        .finally(() => this.#telling.delete(one));
      this.#telling.add(one);
    }
  }

  /** Rejects for what is not the device's: that ends the wave. */
  async #tell(id: string): Promise<void> {
    const { devices } = this.#parts;
    const device = await devices.get(id);
    if (!device) return this.#end('impossible', { id }, 'The device was removed');
    const since = this.#now();
    try {
      await tellDevice(device, this.#wish, { restart: this.#order.restart }, this.#parts, this.#task.signal);
      this.#waiting.set(id, { device, since, until: this.#now() + this.#order.patienceMs });
    } catch (cause) {
      this.#task.signal.throwIfAborted();
      if (!(cause instanceof ProvisioningError)) throw cause;
      this.#end(cause.code === 'resync-impossible' ? 'impossible' : 'not_told', device, cause.message);
    }
  }

  async #look(): Promise<void> {
    const ids = [...this.#waiting.keys()];
    for (let start = 0; start < ids.length; start += lookSlice) {
      const now = this.#now();
      const fetches = await this.#parts.devices.fetches(ids.slice(start, start + lookSlice));
      for (const id of ids.slice(start, start + lookSlice)) {
        const waiting = this.#waiting.get(id);
        if (!waiting) continue;
        const { at = 0, inSync } = fetches.get(id) ?? {};
        const isBack = at >= waiting.since;
        if (!(isBack && inSync === true) && now < waiting.until) continue;
        this.#waiting.delete(id);
        if (!isBack) this.#end('not_back', waiting.device, 'It was told, and has fetched nothing since');
        else if (inSync === true) this.#end('in_sync', waiting.device, '');
        else this.#end('fetched_old', waiting.device, 'It was told, and fetched other files than it would get now');
      }
    }
  }

  #end(end: End, device: Pick<StoredDevice, 'id'> & Partial<StoredDevice>, why: string): void {
    this.#report.add(end, device, why);
    if (isLost(end)) this.lost += 1;
    this.#ended += 1;
    this.#task.progress(this.#ended, this.#ids.length);
  }

  /** Until phones may be told. */
  #closedMs(): number {
    const { hours } = this.#order;
    return hours ? untilOpen(hours, new Date(this.#now())) : 0;
  }

  #now(): number {
    return (this.#parts.now ?? Date.now)();
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', giveUp);
      resolve();
    }, milliseconds);
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
}
