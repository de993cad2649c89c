import { type Claim, refusal } from '../artefacts/authorise.ts';
import type { Image, Images } from '../artefacts/images.ts';
import { type Resolved, resolveName } from '../artefacts/names.ts';
import type { Rendered } from '../artefacts/renderer.ts';
import { associate } from '../associate/associate.ts';
import type { StoredDevice } from '../devices/dao.ts';
import type { Finding } from '../devices/find.ts';
import type { DeviceService } from '../devices/service.ts';
import type { Identification, Recogniser } from '../identify/identify.ts';
import { ProvisioningError } from '../lib/errors.ts';
import { contains, type Ip, type Network, UNSPECIFIED } from '../lib/ip.ts';
import type { SecurityLog } from '../lib/security-log.ts';
import type { Plugin } from '../plugins/model.ts';
import type { Catalogue } from '../plugins/service.ts';
import type { Tenant } from '../tenants/model.ts';
import { looksLikeKey } from '../tenants/validator.ts';
import type { Desired } from './desired.ts';
import type { Newcomers } from './newcomers.ts';
import type { PhoneRequest } from './request.ts';

/**
 * The steps of a phone's line, in their order: `hear`, `recall`, `learn`, `pluginOf`, `decide`. Only `learn` writes. `servePhone`
 * takes them and answers; explain takes the same ones, with a `learn` that writes nothing, and tells.
 */

/** What the steps need. */
export interface LineParts {
  readonly plugins: { readonly catalogue: Catalogue };
  /** Made of the plugins; loading them makes another. */
  readonly recogniser: () => Recogniser;
  readonly devices: Pick<
    DeviceService,
    'find' | 'addressOwner' | 'ownsAddresses' | 'isAt' | 'remember' | 'absorb' | 'meet' | 'noteSighting'
  >;
  readonly newcomers: Pick<Newcomers, 'told' | 'forget'>;
  readonly security: Pick<SecurityLog, 'deviceCreated'>;
  readonly tenants: { readonly main: Tenant; byKey(key: string): Tenant | undefined; list(): readonly Tenant[] };
  readonly desired: Desired;
  /** The base of the URLs that a phone is told, from where it reached us. */
  readonly baseUrl: (request: PhoneRequest, device: StoredDevice | undefined) => string;
  readonly images: Images;
  /** Networks into which secrets go without a key. */
  readonly trusted: readonly Network[];
}

/** What a request says by itself. */
export interface Heard {
  /** Without its key. */
  readonly request: PhoneRequest;
  /** The tenant whose key it came with. */
  readonly tenant: Tenant | undefined;
  /** It came with what looks like a key and is none. */
  readonly wrongKey: boolean;
  readonly identification: Identification;
}

/** The phone, as far as it is known by now. */
export interface Caller {
  readonly device: StoredDevice | undefined;
  /** Nothing but its address says that it is this device. */
  readonly addressOnly: boolean;
  /** What speaks against its being this device. */
  readonly contradictions: readonly string[];
  /** Another device to which the address belongs. */
  readonly addressOwner: string | undefined;
  /** What was made of this phone before it told its MAC address. */
  readonly double?: StoredDevice | undefined;
  /** The tenant whose key the request came with. */
  readonly tenant: Tenant | undefined;
  /** It came with a key, or from a network that the settings trust. */
  readonly trusted: boolean;
}

/** The same before anything was written, with how the device was found. */
export interface Recalled extends Caller {
  readonly finding: Finding;
}

/** What becomes of a request, whoever is told of it. */
export type Outcome =
  | { readonly kind: 'file'; readonly file: Resolved; readonly rendered: Rendered }
  | { readonly kind: 'image'; readonly image: Image }
  /** It is there, and does not leave. */
  | { readonly kind: 'refused'; readonly file: Resolved; readonly why: string }
  /** Without a config there is no such file yet. */
  | { readonly kind: 'no-config'; readonly file: Resolved; readonly cause: ProvisioningError }
  /** A file that there should be, and worth asking for again. */
  | { readonly kind: 'failed'; readonly file: Resolved; readonly cause: ProvisioningError }
  | { readonly kind: 'no-file' }
  | { readonly kind: 'no-plugin' };

/** Takes the key off, and recognises what is left. */
export function hear(asked: PhoneRequest, parts: LineParts): Heard {
  const { request, tenant } = unlock(asked, parts.tenants);
  const identification = withTold(parts.recogniser().identify(request), parts);
  const wrongKey = !tenant && hasWrongKey(request, identification, parts);
  return { request, tenant, wrongKey, identification };
}

/** With what DHCP told of a phone that is no device yet, where the request says nothing else. */
function withTold(identification: Identification, { newcomers }: Pick<LineParts, 'newcomers'>): Identification {
  const { info } = identification;
  const told = info.mac && newcomers.told(info.mac);
  const isOfOne = told !== undefined && (info.vendor === undefined || info.vendor === told.vendor);
  return isOfOne ? { ...identification, info: { ...told, ...info } } : identification;
}

/** A first path segment that is a tenant's key is taken off and binds the request to the tenant. */
function unlock(request: PhoneRequest, tenants: LineParts['tenants']): { request: PhoneRequest; tenant: Tenant | undefined } {
  const { key, path } = splitKey(request.path);
  const tenant = tenants.byKey(key);
  return { request: tenant ? { ...request, path } : request, tenant };
}

export function splitKey(path: string): { key: string; path: string } {
  const end = path.indexOf('/', 1);
  return end < 0 ? { key: path.slice(1), path: '/' } : { key: path.slice(1, end), path: path.slice(end) };
}

/** A path as a log may show it: a key further inside is a key, too. */
export function withoutKeys(path: string, { tenants }: { readonly tenants: Pick<LineParts['tenants'], 'byKey'> }): string {
  return path.replaceAll(/[^/]+/g, (segment) => (tenants.byKey(segment) ? '[key]' : segment));
}

/** A path that says nothing, and would without its first segment: somebody tries keys, or has an old one. */
function hasWrongKey(request: PhoneRequest, { evidence }: Identification, parts: LineParts): boolean {
  const { key, path } = splitKey(request.path);
  if (!looksLikeKey(key) || evidence.some(({ place }) => place === 'path')) return false;
  return parts
    .recogniser()
    .identify({ ...request, path })
    .evidence.some(({ place }) => place === 'path');
}

/** Finds the device, and what speaks against its being the one that asks. Nothing is written. */
export async function recall(
  { request: { ip }, tenant, identification }: Heard,
  { devices, trusted }: LineParts,
): Promise<Recalled> {
  const finding = await devices.find(identification.info, ip, tenant?.id);
  const { device, double } = finding;
  const owner = await devices.addressOwner(ip, device);
  return {
    device,
    double,
    addressOnly: finding.by === 'ip' && !(device && devices.isAt(device, ip)),
    contradictions: [...identification.contradictions, ...finding.contradictions],
    addressOwner: owner && owner.id === double?.id ? undefined : owner?.id,
    tenant,
    trusted: tenant !== undefined || contains(trusted, ip),
    finding,
  };
}

/** Whether what the request told is written down: who is refused must not be able to move a phone to another address. */
function isBelieved({ device, addressOwner, contradictions, trusted }: Caller): boolean {
  return contradictions.length === 0 && (!device || (addressOwner === undefined && trusted));
}

/**
 * Writes down what the request adds to what is known. Nothing is written when something speaks against its being this device, or
 * when it comes from anywhere without a key.
 */
export async function learn(
  caller: Caller,
  { request: { ip, transport }, tenant, identification: { info } }: Heard,
  { devices, newcomers, security, tenants }: LineParts,
): Promise<Caller> {
  if (!isBelieved(caller)) return caller;
  if (caller.device) {
    if (caller.double) await devices.absorb(caller.double, ip);
    const device = await devices.remember(caller.device, info, ip);
    devices.noteSighting(device.id, ip);
    if (info.mac) newcomers.forget(info.mac);
    return device === caller.device ? caller : become(caller, device, ip, devices, true);
  }
  // Computers and printers ask for addresses, too, and whatever speaks SIP may ask for a profile.
  if ((transport === 'dhcp' || transport === 'pnp') && info.vendor === undefined) return caller;
  const address = caller.addressOwner !== undefined || !caller.trusted ? undefined : ip;
  const device = await devices.meet(info, ip, tenant?.id ?? tenants.main.id, address);
  if (!device) return caller;
  security.deviceCreated(ip, device.id);
  if (info.mac) newcomers.forget(info.mac);
  devices.noteSighting(device.id, ip);
  return become(caller, device, ip, devices, address !== undefined);
}

/**
 * Whose the address is shows only now: another phone may have come to it since, or another request of this one.
 * @param wanted the address was to become this device's
 */
async function become(
  caller: Caller,
  device: StoredDevice,
  ip: Ip,
  devices: LineParts['devices'],
  wanted: boolean,
): Promise<Caller> {
  const isItsOwn = device.ip === ip || ip === UNSPECIFIED || !devices.ownsAddresses();
  const owner = isItsOwn ? undefined : await devices.addressOwner(ip, device);
  // Two processes that met a phone each at this address took it back from both.
  const addressOwner = owner?.id ?? (wanted && !isItsOwn ? 'of another phone that asks right now' : undefined);
  return { ...caller, device, addressOwner };
}

/** The device's plugin; for a phone that is no device, the one that supports best what it told. */
export function pluginOf({ device }: Caller, { info }: Identification, catalogue: Catalogue): Plugin | undefined {
  if (device?.plugin !== undefined) return catalogue.plugin(device.plugin);
  return associate(info, catalogue.ofVendor(info.vendor))?.plugin;
}

/** Which of the plugin's files it is, whether it may leave, and what is in it. Nothing is written. */
export async function decide(
  request: PhoneRequest,
  plugin: Plugin | undefined,
  caller: Caller,
  parts: LineParts,
): Promise<Outcome> {
  if (!plugin) return { kind: 'no-plugin' };
  const { device } = caller;
  const file = resolveName(request.path, plugin, device);
  if (!file) {
    const image = await parts.images.open(request.path, plugin);
    return image ? { kind: 'image', image } : { kind: 'no-file' };
  }
  const why = refusal(claimOf(file, caller));
  if (why !== undefined) return { kind: 'refused', file, why };
  const tenant = device?.tenant ?? caller.tenant?.id ?? parts.tenants.main.id;
  try {
    // Common files go to anybody, and so may others without secrets: the tenant's key must not go with them.
    const keyless = file.artefact.own ? !caller.trusted : caller.tenant === undefined;
    const rendered = await parts.desired.file(plugin, file, device, tenant, parts.baseUrl(request, device), { keyless });
    return { kind: 'file', file, rendered };
  } catch (cause) {
    if (!(cause instanceof ProvisioningError)) throw cause;
    return { kind: cause.code === 'config-missing' ? 'no-config' : 'failed', file, cause };
  }
}

/** What is known of a caller when it asks for this file. */
export function claimOf({ artefact }: Resolved, caller: Caller): Claim {
  // One by one: of a rest pattern V8 makes an object in its slow form (docs/decisions/0008).
  return {
    own: artefact.own,
    secret: artefact.secret === true,
    held: caller.device?.approved === false,
    contradictions: caller.contradictions,
    addressOwner: caller.addressOwner,
    // Who asks for the file of a device by a name that holds its MAC address says who it is.
    addressOnly: caller.addressOnly && !artefact.named,
    trusted: caller.trusted,
  };
}
