import type { RawConfig, ResolvedConfig } from '../configs/model.ts';
import type { StoredDevice } from '../devices/dao.ts';
import type { DeviceService } from '../devices/service.ts';
import { ProvisioningError } from '../lib/errors.ts';
import type { Credentials } from '../lib/login.ts';
import { Secret } from '../lib/secret.ts';
import type { Operation } from '../operations/model.ts';
import type { Task } from '../operations/run.ts';
import type { OperationService } from '../operations/service.ts';
import type { Catalogue } from '../plugins/service.ts';
import { type Destination, uriOf } from '../sync/notify.ts';
import type { Order, Outcome, SipSender } from '../sync/sender.ts';

export interface ResyncParts {
  readonly devices: Pick<DeviceService, 'get' | 'ownsAddresses'>;
  readonly plugins: { readonly catalogue: Catalogue };
  configOf: ConfigOf;
  readonly operations: Pick<OperationService, 'start'>;
  readonly sender: Pick<SipSender, 'tell'>;
  /** How phones take SIP. */
  readonly sip: Pick<Destination, 'transport' | 'port'>;
  /** Renders ahead for these devices, and resolves when it is known whether they can be configured. */
  render(devices: readonly string[], task: Pick<Task, 'signal' | 'progress'>): Promise<void>;
}

/** The complete config of a device, if it has one that is there for its tenant: no phone is shown a login of others. */
export type ConfigOf = (device: StoredDevice) => Promise<ResolvedConfig | undefined>;

/** As whom a phone knows itself; undefined: as nobody. What asks a phone for a login asks for that of a line. */
export type Had = { readonly user: string; readonly credentials?: Credentials } | undefined;

const impossible = (why: string) => new ProvisioningError('resync-impossible', why);

/**
 * Starts to tell a phone to read its configuration anew. The operation succeeds when the phone says that it will; whether it does, its
 * deliveries tell.
 *
 * @param before of a phone whose device was just given another config: what it had, for that is what it still has. It is told when it is known
 * that there is something to fetch
 * @throws ProvisioningError device-unknown. The operation fails with resync-impossible, where nothing was sent, or with what the phone, or
 * nobody, said: resync-unsupported, resync-login-refused, resync-refused, resync-silent, resync-unreachable.
 */
export async function startResync(id: string, parts: ResyncParts, before?: { readonly had: Had }): Promise<Operation> {
  const device = await parts.devices.get(id);
  if (!device) throw new ProvisioningError('device-unknown', `No device has the id ${id}`);
  const title = `tell ${device.mac ?? id} to read its configuration anew`;
  const order = { label: 'resync', title, subject: { device: id }, tenant: device.tenant, ...(before && { steps: [rendering] }) };
  return parts.operations.start(order, async ({ signal, step }) => {
    if (before) await step(rendering, (task) => parts.render([id], task));
    const current = before ? await parts.devices.get(id) : device;
    if (!current) throw impossible(`The device ${id} was removed meanwhile`);
    const sent = await orderFor(current, before ? before.had : await hadBy(current, parts.configOf), parts);
    const outcome = await parts.sender.tell(sent, signal);
    signal.throwIfAborted();
    if (outcome.kind !== 'accepted') throw new ProvisioningError(`resync-${outcome.kind}`, wordsFor(outcome, sent));
    return { device: id, address: sent.to.host, status: outcome.status };
  });
}

const rendering = { label: 'render', title: 'render its files', unit: 'devices' } as const;

async function orderFor({ id, plugin: line, ip, condition }: StoredDevice, first: Had, parts: ResyncParts): Promise<Order> {
  const plugin = line === undefined ? undefined : parts.plugins.catalogue.plugin(line);
  if (!plugin) throw impossible(`The device ${id} has no plugin that is installed: nobody knows what its phone understands`);
  const { resync, vendor } = plugin.package.definition;
  if (!resync) throw impossible(`Phones of ${vendor} cannot be told to read their configuration anew`);
  if (!condition.configured)
    throw impossible(`The device ${id} would get nothing: ${condition.problem ?? 'it has no configuration yet'}`);
  if (ip === undefined)
    throw impossible(`Nobody knows the address of the device ${id}: its phone has not asked for anything yet`);
  if (!parts.devices.ownsAddresses()) throw impossible('Phones share addresses (phones.nat): no address leads to one of them');
  const to = { ...parts.sip, host: ip };
  const { event, contentType, body } = resync;
  const notification = {
    event,
    ...(contentType !== undefined && { contentType }),
    ...(body !== undefined && { body }),
  };
  return { notification, to, uri: uriOf(to, first?.user), credentials: first?.credentials };
}

/** What a phone has by the config of its device: its first line. */
export async function hadBy(device: StoredDevice, configOf: ConfigOf): Promise<Had> {
  return firstLine((await configOf(device))?.raw);
}

function firstLine(raw: RawConfig | undefined): Had {
  const lines = raw?.get('sip_lines');
  const [line] = lines instanceof Map ? lines.values() : [];
  if (!(line instanceof Map)) return undefined;
  const text = (key: string) => {
    const value = line.get(key);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const [user, username = user, password] = ['username', 'auth_username', 'password'].map(text);
  if (user === undefined) return undefined;
  const credentials = username !== undefined && password !== undefined && { username, password: new Secret(password) };
  return { user, ...(credentials && { credentials }) };
}

function wordsFor(outcome: Exclude<Outcome, { kind: 'accepted' }>, { notification: { event }, to }: Order): string {
  const phone = `The phone at ${to.host}`;
  switch (outcome.kind) {
    case 'unsupported':
      return `${phone} does not know the event ${event} (${outcome.status})`;
    case 'login-refused':
      return `${phone} wants a login, and does not take that of its first line (${outcome.status})`;
    case 'refused':
      return `${phone} answered ${`${outcome.status} ${outcome.reason}`.trim()}`;
    case 'silent':
      return `${phone} did not answer on port ${to.port}: it is off or elsewhere, or takes SIP from its PBX only`;
    case 'unreachable':
      return `${phone} could not be reached: ${outcome.why}`;
  }
}
