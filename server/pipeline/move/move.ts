import type { DeviceService } from '../../devices/service.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import type { Operation } from '../../operations/model.ts';
import type { Task } from '../../operations/run.ts';
import type { OperationService } from '../../operations/service.ts';
import type { Tenant } from '../../tenants/model.ts';
import { Counted, type Few, type Told, told } from '../few.ts';
import { inSlices } from '../make-room.ts';
import { type ForeseeParts, foresee } from './foresee.ts';
import { fits, installed, judge, type MoveOrder, unknownPlugin, type Verdict } from './order.ts';

export type { MoveOrder } from './order.ts';

export interface MoveParts extends ForeseeParts {
  readonly devices: Pick<DeviceService, 'get' | 'idsUsing' | 'assign'>;
  readonly tenants: { get(id: string): Tenant | undefined };
  readonly operations: Pick<OperationService, 'start'>;
  /** Renders ahead for these devices, and resolves when it is known whether they can be configured. */
  render(devices: readonly string[], task: Pick<Task, 'signal' | 'progress'>): Promise<void>;
}

/** What a move did. */
export type Moved = {
  readonly dry_run: false;
  /** All that were meant: those that moved, that had the plugin by then, and those that stay. */
  readonly devices: number;
  readonly moved: number;
  readonly already_there: number;
  readonly left: Few<Told>;
  /** Of those that moved. */
  readonly configured: number;
  readonly failing: Few<Told>;
};

/**
 * Writes that share a commit: the rows are written without a pause, 20 microseconds each and 2 ms for the disk, and phones wait no
 * longer than for a batch of deliveries.
 */
const batchDevices = 50;

/**
 * Starts to move devices from one plugin to another, or to say what would change. One that is stopped on the way leaves what was moved
 * where it is; the same order again goes on with the rest.
 * @throws ProvisioningError plugin-unknown, tenant-unknown, move-invalid; OperationRunning when devices of that plugin are moved already
 */
export async function startMove(order: MoveOrder, parts: MoveParts): Promise<Operation> {
  await check(order, parts);
  const { from, to, dryRun } = order;
  return parts.operations.start(
    {
      label: dryRun ? 'rehearse_move' : 'move',
      title: dryRun ? `see what a move from ${from} to ${to} changes` : `move devices from ${from} to ${to}`,
      unit: 'devices',
      subject: { plugin: from, to },
      key: `move devices of ${from}`,
      ...(!dryRun && { steps: [moving(order), rendering] }),
    },
    async (task) => {
      const ids = await meant(order, parts, task.signal);
      return dryRun ? foresee(ids, order, parts, task) : move(ids, order, parts, task);
    },
  );
}

const moving = ({ to }: MoveOrder) => ({ label: 'assign', title: `give them ${to}`, unit: 'devices' }) as const;
const rendering = { label: 'render', title: 'render their files', unit: 'devices' } as const;

async function check(order: MoveOrder, { devices, plugins: { catalogue }, tenants }: MoveParts): Promise<void> {
  const { from, to } = order;
  if (from === to) {
    const message = `must be another plugin than the one that they have, ${from}`;
    throw new ProvisioningError('move-invalid', `The devices cannot be moved: to ${message}`, {
      complaints: [{ path: 'to', message }],
    });
  }
  installed(to, catalogue);
  // Devices of one that was removed are those that need it most.
  if (!catalogue.plugin(from) && (await devices.idsUsing({ plugins: [from] })).length === 0) {
    throw unknownPlugin(from, 'is installed, and no device has it', catalogue);
  }
  for (const tenant of order.tenants ?? []) {
    if (!tenants.get(tenant)) throw new ProvisioningError('tenant-unknown', `No tenant has the id ${tenant}`);
  }
}

async function meant(order: MoveOrder, { devices, busy }: MoveParts, signal: AbortSignal): Promise<string[]> {
  const room = inSlices(busy);
  const found: string[] = [];
  for (const id of await devices.idsUsing({ plugins: [order.from] })) {
    await room();
    signal.throwIfAborted();
    const device = await devices.get(id);
    if (device && fits(device, order)) found.push(id);
  }
  return found;
}

async function move(ids: readonly string[], order: MoveOrder, parts: MoveParts, task: Task): Promise<Moved> {
  const moved: string[] = [];
  const left = new Counted<Told>();
  let there = 0;
  let rest = 'the same again goes on with the rest';

  const one = async (id: string): Promise<void> => {
    let verdict: Verdict | undefined;
    const device = await parts.devices.assign(id, (current) => {
      const { catalogue } = parts.plugins;
      // It may have been removed since the last one.
      installed(order.to, catalogue);
      verdict = judge(current, order, catalogue);
      return verdict.kind === 'moves' ? { plugin: order.to, pinned: verdict.pinned } : undefined;
    });
    if (!device || !verdict) left.add(told({ id }, 'It was removed meanwhile'));
    else if (verdict.kind === 'moves') moved.push(id);
    else if (verdict.kind === 'there') there += 1;
    else left.add(told(device, verdict.why));
  };

  try {
    await task.step(moving(order), async ({ signal, progress }) => {
      const room = inSlices(parts.busy);
      progress(0, ids.length);
      for (let start = 0; start < ids.length; start += batchDevices) {
        signal.throwIfAborted();
        const batch = ids.slice(start, start + batchDevices);
        const outcomes = await Promise.allSettled(batch.map(one));
        // Only when all have ended it is known how many are moved.
        for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
        progress(start + batch.length);
        await room();
      }
    });
    rest = 'their files are rendered in the background';
    await task.step(rendering, (step) => parts.render(moved, step));
    const conditions = await conditionsOf(moved, order, parts, task.signal);
    const counts = { devices: ids.length, moved: moved.length, already_there: there };
    return { dry_run: false, ...counts, left: left.read(), ...conditions };
  } catch (thrown) {
    const cause: unknown = task.signal.aborted ? task.signal.reason : thrown;
    if (!(cause instanceof ProvisioningError)) throw thrown;
    throw new ProvisioningError(cause.code, `${cause.message}. ${soFar(moved.length, ids.length)}; ${rest}`, { cause });
  }
}

function soFar(moved: number, all: number): string {
  const devices = all === 1 ? '1 device' : `${all} devices`;
  return `Of ${devices} ${moved} ${moved === 1 ? 'is' : 'are'} moved and ${moved === 1 ? 'stays' : 'stay'} so`;
}

async function conditionsOf(moved: readonly string[], { to }: MoveOrder, { devices, busy }: MoveParts, signal: AbortSignal) {
  const room = inSlices(busy);
  const failing = new Counted<Told>();
  let configured = 0;
  for (const id of moved) {
    await room();
    signal.throwIfAborted();
    const device = await devices.get(id);
    if (device?.plugin !== to) continue;
    if (device.condition.configured) configured += 1;
    else failing.add(told(device, device.condition.problem ?? ''));
  }
  return { configured, failing: failing.read() };
}
