import type { Resolved } from '../artefacts/names.ts';
import type { StoredDevice } from '../devices/dao.ts';
import type { Looked } from '../devices/model.ts';
import type { DeviceService } from '../devices/service.ts';
import { ProvisioningError, reason } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { Plugin } from '../plugins/model.ts';
import type { Catalogue } from '../plugins/service.ts';
import { type Desired, lackingNames } from './desired.ts';
import { type Busy, makeRoom, sliceMs, turn } from './make-room.ts';

export interface SweepOptions {
  readonly devices: DeviceService;
  readonly plugins: { readonly catalogue: Catalogue };
  readonly desired: Desired;
  /** The URL under which a device last reached us, or the one to expect. */
  readonly baseUrl: (device: string) => string;
  /** Phones come in numbers, or wait for an answer: a slice would take its time from them. */
  readonly busy?: () => Busy | undefined;
  readonly log: Log;
}

/**
 * What was found out is written when so many devices were looked at, or so much time has passed, or nothing is left: a commit waits
 * for the disk, some milliseconds, as long as rendering a few files.
 */
const batchDevices = 500;
const batchMs = 250;

/** After the store refused to take what was found. */
const retryMs = 1_000;

/** Devices that are looked at for one who waits for it. */
export interface Rendering {
  readonly total: number;
  /** How many are still to be looked at, or were and it is not written yet. */
  readonly left: number;
  /** Those that are left are not looked at, unless something else asks for it. */
  stop(): void;
}

interface Job {
  /** Not looked at yet. */
  readonly ahead: Set<string>;
  /** What was found out of these is not stored yet. */
  readonly open: Set<string>;
}

/**
 * Renders ahead of the phones. After a change it makes all files of the devices concerned, so that a mistake shows at once, in the
 * device's `configured` and `problem`, and a phone finds its files in memory. Phones never wait for it: it works in short slices.
 */
export class Sweep {
  readonly #options: SweepOptions;
  /** Devices still to be looked at. A device that changes twice before its turn has one turn. */
  readonly #waiting = new Set<string>();
  /** Their turn is when none of those waits: a change shows at once, also while the files of all are made anew. */
  readonly #jobs = new Set<Job>();
  /** What was found out and is not written yet. */
  readonly #found = new Map<string, Looked>();
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(options: SweepOptions) {
    this.#options = options;
  }

  /** How many devices are still to be looked at. */
  get waiting(): number {
    return this.#jobs.size === 0
      ? this.#waiting.size
      : new Set([...this.#waiting, ...[...this.#jobs].flatMap(({ ahead }) => [...ahead])]).size;
  }

  touch(devices: Iterable<string>): void {
    for (const device of devices) this.#waiting.add(device);
    this.#start();
  }

  /** Looks at these, too, and tells how far it is with them. */
  render(devices: Iterable<string>): Rendering {
    const ahead = new Set(devices);
    const open = new Set(ahead);
    const total = ahead.size;
    const job = { ahead, open };
    if (total > 0) this.#jobs.add(job);
    this.#start();
    return {
      total,
      get left() {
        return open.size;
      },
      stop: () => void this.#jobs.delete(job),
    };
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.idle();
  }

  #start(): void {
    if (this.#next() !== undefined && !this.#stopped) this.#running ??= this.#run();
  }

  #next(): string | undefined {
    for (const { ahead } of [{ ahead: this.#waiting }, ...this.#jobs]) for (const id of ahead) return id;
    return undefined;
  }

  /** It is known, and stored, what there is to know of these. */
  #settled(ids: Iterable<string>): void {
    for (const id of ids) {
      for (const job of this.#jobs) {
        if (job.ahead.has(id)) continue;
        job.open.delete(id);
        if (job.open.size === 0) this.#jobs.delete(job);
      }
    }
  }

  async #run(): Promise<void> {
    try {
      // The change that brought us here is still being answered.
      await turn();
      let written = performance.now();
      while (this.#next() !== undefined && !this.#stopped) {
        await this.#slice();
        const due = this.#found.size >= batchDevices || performance.now() - written > batchMs || this.#next() === undefined;
        if (due) {
          await this.#write();
          written = performance.now();
        }
        await makeRoom(this.#options.busy, () => this.#stopped);
      }
      if (this.#stopped) await this.#write();
    } finally {
      this.#running = undefined;
    }
  }

  async #slice(): Promise<void> {
    const end = performance.now() + sliceMs;
    for (let id = this.#next(); id !== undefined; id = this.#next()) {
      this.#waiting.delete(id);
      for (const { ahead } of this.#jobs) ahead.delete(id);
      try {
        const condition = await this.#look(id);
        if (condition) this.#found.set(id, condition);
        else this.#settled([id]);
      } catch (cause) {
        this.#options.log.error({ event: 'sweep.failed', device: id, why: reason(cause) }, 'cannot look at a device');
        this.#settled([id]);
      }
      if (performance.now() > end) break;
    }
  }

  async #write(): Promise<void> {
    if (this.#found.size === 0) return;
    const conditions = new Map(this.#found);
    this.#found.clear();
    try {
      await this.#options.devices.setConditions(conditions);
      this.#settled(conditions.keys());
    } catch (cause) {
      this.#options.log.error({ event: 'sweep.failed', why: reason(cause) }, 'cannot store the condition of devices');
      // They have another turn, but not at once: a full disk stays full for a while.
      for (const id of conditions.keys()) this.#waiting.add(id);
      if (!this.#stopped) await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }

  async #look(id: string): Promise<Looked | undefined> {
    const { devices, plugins, desired } = this.#options;
    const device = await devices.get(id);
    if (!device) return undefined;
    if (device.plugin === undefined) return { configured: false, problem: 'No installed plugin supports it' };
    const plugin = plugins.catalogue.plugin(device.plugin);
    if (!plugin) return { configured: false, problem: `Its plugin ${device.plugin} is not installed` };
    const files = desired.filesOf(plugin, device);
    if (files.length === 0) return { configured: false, problem: lackingNames(plugin) };
    try {
      return { configured: true, wanted: await this.#wanted(plugin, files, device) };
    } catch (cause) {
      if (!(cause instanceof ProvisioningError)) throw cause;
      return { configured: false, problem: cause.message };
    }
  }

  async #wanted(plugin: Plugin, files: readonly Resolved[], device: StoredDevice): Promise<ReadonlyMap<string, string>> {
    const { devices, desired, baseUrl } = this.#options;
    const base = baseUrl(device.id);
    const fetched = new Map((await devices.deliveries(device.id)).map(({ artefact, digest }) => [artefact, digest]));
    const wanted = new Map<string, string>();
    for (const file of files) {
      // Of more devices than there is room for it pushes none out: those that phones asked for last stay.
      const { digest } = await desired.current(plugin, file, device, base, fetched.get(file.name), { keep: 'if-room' });
      wanted.set(file.name, digest);
    }
    return wanted;
  }
}
