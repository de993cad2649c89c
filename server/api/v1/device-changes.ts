import type { Caller } from '../../access/model.ts';
import type { StoredDevice } from '../../devices/dao.ts';
import { readChange } from '../../devices/validator.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import type { OrderedJson } from '../../lib/ordered-json.ts';
import type { ApiParts, Changes } from '../parts.ts';
import { withSecretsOf } from '../secrets.ts';
import { tenantOf } from '../tenancy.ts';

/** Who changes devices, by themselves or many at once. */
export interface DeviceParts extends Pick<ApiParts, 'tenants'> {
  readonly devices: Pick<Changes['devices'], 'create' | 'change' | 'remove'>;
  readonly caller: Caller;
}

type Document = ReadonlyMap<string, OrderedJson>;

/** Refuses by throwing, of the device as it is by then. */
type Check = (current: StoredDevice) => void;

/** @throws whatever the API answers */
export function createDevice({ devices, tenants, caller }: DeviceParts, document: Document): Promise<StoredDevice> {
  const { id, tenant, ...rest } = split(document);
  if (id !== undefined && typeof id !== 'string') throw invalid('id', 'must be a text');
  const change = readChange(withSecrets(undefined, patched(new Map(), new Map(), rest)));
  const { id: owner } = tenantOf(tenant, tenants, caller);
  return devices.create(owner, change, id, (other) => caller.sees(other.tenant));
}

/** @param document a merge patch (RFC 7396) @throws whatever the API answers */
export function changeDevice(parts: DeviceParts, id: string, document: Document, check: Check): Promise<StoredDevice> {
  const patch = split(document);
  for (const key of ['id', 'tenant']) if (patch.fields.has(key)) throw invalid(key, 'cannot be changed');
  return rewriteDevice(parts, id, (current) => patched(current.options, current.extra, patch), check);
}

/** @param wanted what `readChange` reads, of the device as it is by then; masks stand for its secrets @throws whatever the API answers */
export function rewriteDevice(
  { devices, caller }: DeviceParts,
  id: string,
  wanted: (current: StoredDevice) => Map<string, OrderedJson>,
  check: Check,
): Promise<StoredDevice> {
  return devices.change(
    id,
    (current) => {
      mustSee(caller, id, current);
      check(current);
      return readChange(withSecrets(current, wanted(current)));
    },
    (other) => caller.sees(other.tenant),
  );
}

/** @throws whatever the API answers */
export function removeDevice({ devices, caller }: DeviceParts, id: string, check: Check): Promise<void> {
  return devices.remove(id, (current) => {
    mustSee(caller, id, current);
    check(current);
  });
}

/** What belongs to a tenant that the caller does not see is not there for it. */
export function mustSee(caller: Caller, id: string, device: StoredDevice | undefined): asserts device is StoredDevice {
  if (!device || !caller.sees(device.tenant)) throw new ProvisioningError('device-unknown', `No device has the id ${id}`);
}

/** Keys of one's own (`X_…`) stand beside the fields in a document, and by themselves in a device. */
function split(document: ReadonlyMap<string, OrderedJson>) {
  const isExtra = ([key]: [string, OrderedJson]) => key.startsWith('X_');
  const fields = new Map([...document].filter((entry) => !isExtra(entry)));
  return { fields, extra: new Map([...document].filter(isExtra)), id: fields.get('id'), tenant: fields.get('tenant') };
}

/** What `readChange` reads, from a merge patch (RFC 7396) of a device that has these options and keys of its own. */
function patched(
  options: ReadonlyMap<string, OrderedJson>,
  extra: ReadonlyMap<string, OrderedJson>,
  patch: { readonly fields: ReadonlyMap<string, OrderedJson>; readonly extra: ReadonlyMap<string, OrderedJson> },
): Map<string, OrderedJson> {
  const change = new Map(patch.fields);
  change.delete('id');
  change.delete('tenant');
  if (change.has('extra')) throw invalid('extra', 'is not a field of a device; keys of your own begin with X_');
  const asked = change.get('options');
  if (asked instanceof Map) change.set('options', merged(options, asked));
  if (patch.extra.size > 0) change.set('extra', merged(extra, patch.extra));
  return change;
}

/** Masks in what was shown stand for what is stored. */
function withSecrets(stored: StoredDevice | undefined, change: Map<string, OrderedJson>): Map<string, OrderedJson> {
  for (const key of ['options', 'extra'] as const) {
    const given = change.get(key);
    if (given instanceof Map) change.set(key, withSecretsOf(stored?.[key], given, key));
  }
  return change;
}

/** The target with a merge patch (RFC 7396). */
export function merged(
  target: ReadonlyMap<string, OrderedJson>,
  patch: ReadonlyMap<string, OrderedJson>,
): Map<string, OrderedJson> {
  const result = new Map(target);
  for (const [key, value] of patch) {
    if (value === null) result.delete(key);
    else if (value instanceof Map) result.set(key, merged(asObject(result.get(key)), value));
    else result.set(key, value);
  }
  return result;
}

function asObject(value: OrderedJson | undefined): ReadonlyMap<string, OrderedJson> {
  return value instanceof Map ? value : new Map();
}

export function invalid(path: string, message: string): ProvisioningError {
  return new ProvisioningError('device-invalid', `The device cannot be stored: ${path} ${message}`, {
    complaints: [{ path, message }],
  });
}
