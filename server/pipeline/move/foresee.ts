import { nameFor, type Resolved, resolveName } from '../../artefacts/names.ts';
import { score } from '../../associate/associate.ts';
import type { StoredDevice } from '../../devices/dao.ts';
import type { DeviceService } from '../../devices/service.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import type { Task } from '../../operations/run.ts';
import type { Plugin } from '../../plugins/model.ts';
import type { Catalogue } from '../../plugins/service.ts';
import { type Desired, lackingNames } from '../desired.ts';
import { Counted, type Few, type Told, told } from '../few.ts';
import { type Busy, inSlices } from '../make-room.ts';
import { installed, judge, type MoveOrder } from './order.ts';

export interface ForeseeParts {
  readonly devices: Pick<DeviceService, 'get'>;
  readonly plugins: { readonly catalogue: Catalogue };
  /** Of a renderer that keeps nothing. */
  readonly desired: Pick<Desired, 'file' | 'filesOf'>;
  /** The URL under which a device last reached us, or the one to expect. */
  readonly baseUrl: (device: string) => string;
  /** Phones come in numbers, or wait for an answer: a slice would take its time from them. */
  readonly busy?: () => Busy | undefined;
}

/** What becomes of files, by what a phone gets under their names. */
export type Differences = { same: number; changed: number; appearing: number; disappearing: number };

/** What a move would do. */
export type Foreseen = {
  readonly dry_run: true;
  /** All that are meant: those that move and those that stay. */
  readonly devices: number;
  readonly moving: number;
  /** Of those that move, how many would get what they get now. */
  readonly unchanged: number;
  readonly left: Few<Told>;
  /** Of those that move: their own files. */
  readonly files: Differences;
  /** Files that they share with others, each counted once for a model and tenant. */
  readonly common_files: Differences;
  /** Of those that move: whose files could not all be made, and how many of them have that today. */
  readonly failing: Few<Told> & { readonly already: number };
  /** Models that the plugin does not know, with the score of its support; those of which nothing is told are not among them. */
  readonly unknown_models: Few<UnknownModel>;
};

type UnknownModel = { readonly model: string; readonly devices: number; readonly score: number };

/** By name; a file that cannot be made is none. */
interface Files {
  readonly digests: ReadonlyMap<string, string>;
  /** Why not all of them can be made. */
  readonly problem?: string;
}

type Make = (plugin: Plugin, named: readonly Resolved[], device: StoredDevice) => Promise<Files>;

/** Says what a move would change, and changes nothing: each device's files are made with both plugins, compared and forgotten. */
export async function foresee(
  ids: readonly string[],
  order: MoveOrder,
  parts: ForeseeParts,
  { signal, progress }: Pick<Task, 'signal' | 'progress'>,
): Promise<Foreseen> {
  const room = inSlices(parts.busy);
  const pause = async () => {
    await room();
    signal.throwIfAborted();
  };
  const make = maker(parts, pause);
  const { catalogue } = parts.plugins;
  const [from, to] = [catalogue.plugin(order.from), installed(order.to, catalogue)];
  const [left, failing] = [new Counted<Told>(), new Counted<Told>()];
  const [files, shared] = [none(), new Map<string, Differences>()];
  const unknown = new Map<string, UnknownModel>();
  let [moving, unchanged, already] = [0, 0, 0];

  /** What a device shares with others of its model and tenant is made once. */
  const sharedOf = async (device: StoredDevice): Promise<Differences> => {
    const [before, after] = [from ? commonFiles(from, device) : [], commonFiles(to, device)];
    const names = [before, after].map((each) => each.map(({ name }) => name));
    const key = JSON.stringify([device.tenant, device.model, names]);
    const known = shared.get(key);
    if (known) return known;
    const found = differences(from ? await make(from, before, device) : nothing, await make(to, after, device));
    shared.set(key, found);
    return found;
  };

  const look = async (device: StoredDevice): Promise<void> => {
    const [before, after] = [from ? await ownFiles(from, device, parts, make) : nothing, await ownFiles(to, device, parts, make)];
    const [own, common] = [differences(before, after), await sharedOf(device)];
    add(files, own);
    moving += 1;
    if (isNothing(own) && isNothing(common)) unchanged += 1;
    if (after.problem !== undefined) failing.add(told(device, after.problem));
    if (after.problem !== undefined && (!from || before.problem !== undefined)) already += 1;
    const { model } = device;
    if (model === undefined || to.models.has(model)) return;
    unknown.set(model, { model, devices: (unknown.get(model)?.devices ?? 0) + 1, score: score(device, to).score });
  };

  for (const [index, id] of ids.entries()) {
    await pause();
    const device = await parts.devices.get(id);
    const verdict = device && judge(device, order, catalogue);
    if (device && verdict?.kind === 'moves') await look(device);
    else if (device && verdict?.kind === 'stays') left.add(told(device, verdict.why));
    progress(index + 1, ids.length);
  }
  const models = new Counted<UnknownModel>();
  for (const each of [...unknown.values()].sort((one, other) => other.devices - one.devices)) models.add(each);
  const common = none();
  for (const found of shared.values()) add(common, found);
  return {
    dry_run: true,
    devices: moving + left.total,
    moving,
    unchanged,
    left: left.read(),
    files,
    common_files: common,
    failing: { ...failing.read(), already },
    unknown_models: models.read(),
  };
}

function maker({ desired, baseUrl }: ForeseeParts, pause: () => Promise<void>): Make {
  return async (plugin, named, device) => {
    const digests = new Map<string, string>();
    let problem: string | undefined;
    for (const file of named) {
      await pause();
      try {
        const rendered = await desired.file(plugin, file, device, device.tenant, baseUrl(device.id), { keep: 'if-room' });
        digests.set(file.name, rendered.digest);
      } catch (cause) {
        if (!(cause instanceof ProvisioningError) || /^store-/.test(cause.code)) throw cause;
        problem ??= cause.message;
      }
    }
    return { digests, ...(problem !== undefined && { problem }) };
  };
}

async function ownFiles(plugin: Plugin, device: StoredDevice, { desired }: ForeseeParts, make: Make): Promise<Files> {
  const named = desired.filesOf(plugin, device);
  return named.length === 0 ? { ...nothing, problem: lackingNames(plugin) } : make(plugin, named, device);
}

const nothing: Files = { digests: new Map() };
const none = (): Differences => ({ same: 0, changed: 0, appearing: 0, disappearing: 0 });
const isNothing = ({ changed, appearing, disappearing }: Differences) => changed + appearing + disappearing === 0;

function add(sum: Differences, { same, changed, appearing, disappearing }: Differences): void {
  sum.same += same;
  sum.changed += changed;
  sum.appearing += appearing;
  sum.disappearing += disappearing;
}

function differences({ digests: before }: Files, { digests: after }: Files): Differences {
  const kept = [...after].filter(([name]) => before.has(name));
  const same = kept.filter(([name, digest]) => before.get(name) === digest).length;
  return {
    same,
    changed: kept.length - same,
    appearing: after.size - kept.length,
    disappearing: before.size - kept.length,
  };
}

/** The files that a device shares with others, under the names by which it would ask for them. */
function commonFiles(plugin: Plugin, device: StoredDevice): Resolved[] {
  return plugin.artefacts.flatMap((artefact) => {
    const name = artefact.own ? undefined : nameFor(plugin, artefact, device);
    return (name !== undefined && resolveName(`/${name}`, plugin, device)) || [];
  });
}
