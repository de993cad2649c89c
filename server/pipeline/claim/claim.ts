import type { ClaimLimiter } from '../../access/claim-limiter.ts';
import type { Caller } from '../../access/model.ts';
import type { Config } from '../../configs/model.ts';
import type { ConfigService } from '../../configs/service.ts';
import type { StoredDevice } from '../../devices/dao.ts';
import type { DeviceService } from '../../devices/service.ts';
import { Limited } from '../../lib/attempts.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import type { Ip } from '../../lib/ip.ts';
import type { Secret } from '../../lib/secret.ts';
import type { SecurityLog } from '../../lib/security-log.ts';
import type { Operation } from '../../operations/model.ts';
import { type ConfigOf, type Had, hadBy } from '../resync/had.ts';
import { deviceOf, type Phone, type PhoneParts } from './phone.ts';

/** Who asks, and from where: the PBX of the phone, mostly. */
export interface Asker {
  readonly caller: Pick<Caller, 'kind' | 'id' | 'sees' | 'tenants'>;
  readonly from: Ip;
}

export interface ReleaseOrder extends Asker {
  readonly phone: Phone;
}

export interface ClaimOrder extends ReleaseOrder {
  /** What was dialled, whether it is a code or not. */
  readonly code: Secret;
  /** Also where other devices have the config: they go back to autoprov. */
  readonly take: boolean;
}

/** What became of one phone. */
export interface Settled {
  readonly device: string;
  readonly config?: string | undefined;
  /** Telling it. */
  readonly operation: Operation;
}

export interface Claimed extends Settled {
  /** Those that had the config, and are back in autoprov. */
  readonly released: readonly Settled[];
}

/** Devices and configs whose changes are stored together, or not at all. */
interface Changes {
  readonly devices: Pick<DeviceService, 'get' | 'change' | 'idsUsing'>;
  readonly configs: Pick<ConfigService, 'get' | 'autocreateSource'>;
}

export interface ClaimParts extends PhoneParts {
  readonly configs: Pick<ConfigService, 'get' | 'byCode'>;
  readonly configOf: ConfigOf;
  /** Of a tenant and those above it. */
  readonly tenants: { line(id: string): readonly string[] };
  together(work: (changes: Changes) => Promise<boolean>): Promise<void>;
  readonly limiter: Pick<ClaimLimiter, 'begin'>;
  readonly security: Pick<SecurityLog, 'wrongCode' | 'codesLimited'>;
  /** Starts to tell a phone, which has to be shown what it had, to read its configuration anew. */
  resync(device: string, had: Had): Promise<Operation>;
}

/** A device that has another config now, and what its phone still has. */
interface Changed {
  readonly device: StoredDevice;
  readonly had: Had;
}

/**
 * Gives a phone in autoprov mode the config that has this code, and starts to tell the phone. What was stored stays when the phone cannot be
 * told: it has its config when it asks by itself.
 *
 * The code is one of the device's own tenant: a phone that was met in another tenant is none of those for which it was made.
 *
 * @throws ProvisioningError phone-unknown, phone-ambiguous, phone-held, phone-prepared, claims-limited, claim-code-unknown; config-in-use
 * unless it is to be taken; autocreate-needed
 */
export async function claim(order: ClaimOrder, parts: ClaimParts): Promise<Claimed> {
  const { caller, phone, take } = order;
  const { id, tenant } = await mustWait(await deviceOf(phone, caller, parts), parts.configs, parts);
  const config = await looked(order, { id, tenant }, parts);
  const { changed, released } = await stored(parts, async (changes) => {
    // All of it again: whoever came first has it.
    const device = await mustWait(await mustBe(id, tenant, changes), changes.configs, parts);
    const now = await changes.configs.get(config.id);
    if (now?.tenant !== tenant || now.code?.reveal() !== order.code.reveal()) throw codeUnknown();
    const others = await usersOf(config, id, changes, parts);
    if (others.length > 0 && !take) throw inUse(others);
    const released: Changed[] = [];
    for (const other of others) released.push(await reset(other, changes, parts));
    const had = await hadBy(device, parts.configOf);
    return { changed: { device: await changes.devices.change(id, { config: config.id }), had }, released };
  });
  const tell = (each: Changed) => settle(each, parts);
  return { ...(await tell(changed)), released: await Promise.all(released.map(tell)) };
}

/**
 * Puts a phone back to autoprov: it has no config any more but a fresh transient one, and is told. One that is in autoprov stays as it is, and is told.
 *
 * @throws ProvisioningError phone-unknown, phone-ambiguous, phone-held; autocreate-needed where no config says what a phone in autoprov has
 */
export async function release({ caller, phone }: ReleaseOrder, parts: ClaimParts): Promise<Settled> {
  const { id, tenant } = await deviceOf(phone, caller, parts);
  const changed = await stored(parts, async (changes) => {
    const device = notHeld(await mustBe(id, tenant, changes));
    const own = await ownConfig(device, changes.configs, parts);
    return own?.transient ? { device, had: await hadBy(device, parts.configOf) } : reset(device, changes, parts);
  });
  return settle(changed, parts);
}

/** What the work says when its changes are stored. */
async function stored<Result>(
  { together }: Pick<ClaimParts, 'together'>,
  work: (changes: Changes) => Promise<Result>,
): Promise<Result> {
  const results: Result[] = [];
  await together(async (changes) => results.push(await work(changes)) > 0);
  return results[0] as Result;
}

async function settle({ device: { id, config }, had }: Changed, parts: ClaimParts): Promise<Settled> {
  return { device: id, ...(config !== undefined && { config }), operation: await parts.resync(id, had) };
}

/** What is dialled at a phone that is prepared is not looked at: nobody learns there which codes there are. */
async function looked(
  { caller, from, code }: ClaimOrder,
  { id, tenant }: Pick<StoredDevice, 'id' | 'tenant'>,
  { limiter, configs, security }: ClaimParts,
): Promise<Config> {
  const attempt = begun(
    () => limiter.begin(caller, id),
    () => security.codesLimited(from, id),
  );
  const config = await configs.byCode(tenant, code);
  if (!config) {
    security.wrongCode(from, id);
    throw codeUnknown();
  }
  attempt.succeeded();
  return config;
}

function begun<Attempt>(begin: () => Attempt, limited: () => void): Attempt {
  try {
    return begin();
  } catch (cause) {
    if (cause instanceof Limited) limited();
    throw cause;
  }
}

/** The device as it is by then: it may have gone, or gone elsewhere. */
async function mustBe(id: string, tenant: string, { devices }: Pick<Changes, 'devices'>): Promise<StoredDevice> {
  const device = await devices.get(id);
  if (device?.tenant === tenant) return device;
  throw new ProvisioningError('phone-unknown', 'The phone was removed or moved to another tenant meanwhile');
}

/** @returns the device when it is in autoprov mode: nobody gave it a config that is there */
async function mustWait(device: StoredDevice, configs: Pick<ConfigService, 'get'>, parts: ClaimParts): Promise<StoredDevice> {
  const own = await ownConfig(notHeld(device), configs, parts);
  if (!own || own.transient) return device;
  const message = `The phone is prepared already: its config is ${own.id}. Release it first (POST /api/v1/claims/release)`;
  throw new ProvisioningError('phone-prepared', message);
}

async function ownConfig(
  { config, tenant }: StoredDevice,
  configs: Pick<ConfigService, 'get'>,
  { tenants }: ClaimParts,
): Promise<Config | undefined> {
  const own = config === undefined ? undefined : await configs.get(config);
  return own && tenants.line(tenant).includes(own.tenant) ? own : undefined;
}

function notHeld(device: StoredDevice): StoredDevice {
  if (device.approved) return device;
  throw new ProvisioningError('phone-held', `The device ${device.id} is held until an operator approves it`);
}

/** Other devices that have it: not those that name it, and are of a tenant for which it is not there. */
async function usersOf(
  { id, tenant }: Config,
  but: string,
  { devices }: Changes,
  { tenants }: ClaimParts,
): Promise<StoredDevice[]> {
  const ids = (await devices.idsUsing({ configs: [id] })).filter((user) => user !== but);
  const users = await Promise.all(ids.map((user) => devices.get(user)));
  return users.filter((user) => user !== undefined).filter((user) => tenants.line(user.tenant).includes(tenant));
}

/** Who sees the phone sees these, too: they are of its tenant, or below. */
function inUse(users: readonly StoredDevice[]): ProvisioningError {
  const names = users.map(({ id, mac }) => (mac === undefined ? id : `${id} (${mac})`)).join(', ');
  return new ProvisioningError('config-in-use', `The config is in use by the device ${names}: release that, or claim with take`);
}

/** Takes a device's config away; the device service gives it a fresh transient one. */
async function reset(device: StoredDevice, { devices, configs }: Changes, { configOf }: ClaimParts): Promise<Changed> {
  if ((await configs.autocreateSource(device.tenant)) === undefined) {
    const message = `No config for the tenant of the device ${device.id} has the role autocreate: its phone would have nothing`;
    throw new ProvisioningError('autocreate-needed', message);
  }
  const had = await hadBy(device, configOf);
  return { device: await devices.change(device.id, { config: null }), had };
}

function codeUnknown(): ProvisioningError {
  return new ProvisioningError('claim-code-unknown', 'No config has this code');
}
