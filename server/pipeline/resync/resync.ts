import type { DeviceService } from '../../devices/service.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import type { Operation } from '../../operations/model.ts';
import type { OperationService } from '../../operations/service.ts';
import { type Restart, type TellParts, tellDevice } from './tell.ts';

export interface ResyncParts extends TellParts {
  readonly devices: Pick<DeviceService, 'get'> & TellParts['devices'];
  readonly operations: Pick<OperationService, 'start'>;
}

/**
 * Starts to tell a phone to read its configuration anew. The operation succeeds when the phone says that it will, or somebody who tells it
 * does; whether it does, its deliveries tell.
 *
 * @throws ProvisioningError device-unknown. The operation fails as `tellDevice` does
 */
export async function startResync(id: string, restart: Restart, parts: ResyncParts): Promise<Operation> {
  const device = await parts.devices.get(id);
  if (!device) throw new ProvisioningError('device-unknown', `No device has the id ${id}`);
  const title = `tell ${device.mac ?? id} to read its configuration anew`;
  const requested = (parts.now ?? Date.now)();
  const order = { label: 'resync', title, subject: { device: id }, tenant: device.tenant };
  const begun = parts.operations.start(order, async ({ signal }) => {
    const { id: operation } = await begun;
    const { way, words } = await tellDevice(device, { operation, requested }, restart, parts, signal);
    return { device: id, way, words };
  });
  return begun;
}
