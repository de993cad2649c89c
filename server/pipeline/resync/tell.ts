import type { PhoneSettings } from '../../configs/raw-config.ts';
import type { StoredDevice } from '../../devices/dao.ts';
import type { Resync } from '../../devices/model.ts';
import type { DeviceService } from '../../devices/service.ts';
import { ProvisioningError, reason } from '../../lib/errors.ts';
import type { Catalogue } from '../../plugins/service.ts';
import type { SipNotification } from '../../sdk.ts';
import type { Notification } from '../../sync/notify.ts';
import { type Phone, tellBy, type Way } from '../../sync/way.ts';
import type { Desired } from '../desired.ts';
import type { Had } from './had.ts';

export interface TellParts {
  readonly devices: Pick<DeviceService, 'ownsAddresses' | 'noteResync'>;
  readonly plugins: { readonly catalogue: Catalogue };
  readonly desired: Pick<Desired, 'settings'>;
  /** By which phones of a tenant's devices are told, in their order. */
  readonly ways: (tenant: string) => readonly Way[];
  readonly now?: () => number;
}

/**
 * Whether phones are to be restarted. true: whatever has changed. false: those that cannot do without are not told. undefined: as gently as
 * the vendor's phones can.
 */
export type Restart = boolean | undefined;

const impossible = (why: string) => new ProvisioningError('resync-impossible', why);

/** How a phone is told. */
export interface How {
  readonly restart?: Restart;
  /** Of one whose device was just given another config: what it had, for that is what it still has. */
  readonly before?: { readonly had: Had };
}

/**
 * Tells a phone to read its configuration anew, and notes of its device what came of it.
 *
 * @param wish by which operation, and since when
 * @throws ProvisioningError resync-impossible, where nothing was sent, or with what the phone, or nobody, said: resync-unsupported,
 * resync-login-refused, resync-refused, resync-silent, resync-unreachable; the signal's reason
 */
export async function tellDevice(
  device: StoredDevice,
  wish: Pick<Resync, 'operation' | 'requested'>,
  { restart, before }: How,
  parts: TellParts,
  signal: AbortSignal,
): Promise<{ readonly way: string; readonly words: string }> {
  const { devices, ways, now = Date.now } = parts;
  const noted = { device: device.id, ...wish };
  await devices.noteResync(noted);
  try {
    const notification = notificationFor(device, restart, parts);
    const phone = phoneOf(device, await parts.desired.settings(device), before, devices.ownsAddresses());
    const told = await tellBy(ways(device.tenant), notification, phone, signal);
    await devices.noteResync({ ...noted, told: now(), way: told.way });
    return told;
  } catch (cause) {
    await devices.noteResync({ ...noted, problem: reason(cause) });
    throw cause;
  }
}

function notificationFor({ id, plugin: line, condition }: StoredDevice, restart: Restart, { plugins }: TellParts): Notification {
  const plugin = line === undefined ? undefined : plugins.catalogue.plugin(line);
  if (!plugin) throw impossible(`The device ${id} has no plugin that is installed: nobody knows what its phone understands`);
  const { vendor, resync: ofVendor } = plugin.package.definition;
  const resync = plugin.line.resync ?? ofVendor;
  if (!resync) throw impossible(`Phones of ${vendor} cannot be told to read their configuration anew`);
  if (!condition.configured)
    throw impossible(`The device ${id} would get nothing: ${condition.problem ?? 'it has no configuration yet'}`);
  const { restarts = false, restart: forced, ...gentle } = resync;
  if (restart === false && restarts) throw impossible(`Phones of ${vendor} restart when they read their configuration anew`);
  if (restart !== true || restarts) return readNotification(gentle);
  if (!forced) throw impossible(`Nobody knows how phones of ${vendor} are told to restart`);
  return readNotification(forced);
}

function readNotification({ event, headers, contentType, body }: SipNotification): Notification {
  return {
    event,
    ...(headers && { headers: Object.entries(headers) }),
    ...(contentType !== undefined && { contentType }),
    ...(body !== undefined && { body }),
  };
}

/** Who is at the phone: its first line. What asks a phone for a login asks for that of a line. */
function phoneOf(
  device: StoredDevice,
  { lines: [line], sip }: PhoneSettings,
  before: How['before'],
  hasOwnAddress: boolean,
): Phone {
  const { id, mac, vendor, model, plugin, ip, account, seen } = device;
  const own = line && { user: line.username, credentials: { username: line.authUsername, password: line.password } };
  const { user, credentials } = (before ? before.had : own) ?? {};
  const registrar = line?.registrar ?? line?.proxy;
  return {
    device: id,
    ...(mac !== undefined && { mac }),
    ...(vendor !== undefined && { vendor }),
    ...(model !== undefined && { model }),
    ...(plugin !== undefined && { plugin }),
    ...(ip !== undefined && { ip }),
    hasOwnAddress,
    ...(account !== undefined && { account }),
    ...(user !== undefined && { user }),
    // Who may enter an address may not have the password asked for there: a login goes to where the phone itself last came from.
    ...(credentials && seen?.ip === ip && { credentials }),
    // The phone itself shows it there, too.
    ...(credentials && { serverCredentials: credentials }),
    ...(registrar && { registrar }),
    ...(line?.outboundProxy && { outboundProxy: line.outboundProxy }),
    transport: sip.transport === 'tcp' || sip.transport === 'tls' ? sip.transport : 'udp',
  };
}
