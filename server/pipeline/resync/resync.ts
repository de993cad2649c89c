import type { DeviceService } from '../../devices/service.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import type { Operation } from '../../operations/model.ts';
import type { Task } from '../../operations/run.ts';
import type { OperationService } from '../../operations/service.ts';
import { type How, type TellParts, tellDevice } from './tell.ts';

export interface ResyncParts extends TellParts {
  readonly devices: Pick<DeviceService, 'get'> & TellParts['devices'];
  readonly operations: Pick<OperationService, 'start'>;
  /** Renders ahead for these devices, and resolves when it is known whether they can be configured. */
  render(devices: readonly string[], task: Pick<Task, 'signal' | 'progress'>): Promise<void>;
}

const rendering = { label: 'render', title: 'render its files', unit: 'devices' } as const;

/**
 * Starts to tell a phone to read its configuration anew. The operation succeeds when the phone says that it will, or somebody who tells it
 * does; whether it does, its deliveries tell. A phone whose device was just given another config is told when it is known that there is
 * something to fetch.
 *
 * @throws ProvisioningError device-unknown. The operation fails as `tellDevice` does
 */
export async function startResync(id: string, how: How, parts: ResyncParts): Promise<Operation> {
  const device = await parts.devices.get(id);
  if (!device) throw new ProvisioningError('device-unknown', `No device has the id ${id}`);
  const title = `tell ${device.mac ?? id} to read its configuration anew`;
  const requested = (parts.now ?? Date.now)();
  const steps = how.before ? [rendering] : [];
  const order = { label: 'resync', title, subject: { device: id }, tenant: device.tenant, steps };
  const begun = parts.operations.start(order, async ({ signal, step }) => {
    const { id: operation } = await begun;
    if (how.before) await step(rendering, (task) => parts.render([id], task));
    const current = how.before ? await parts.devices.get(id) : device;
    if (!current) throw new ProvisioningError('resync-impossible', `The device ${id} was removed meanwhile`);
    const { way, words } = await tellDevice(current, { operation, requested }, how, parts, signal);
    return { device: id, way, words };
  });
  return begun;
}
