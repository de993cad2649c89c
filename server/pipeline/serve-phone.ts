import { refusal } from '../artefacts/authorise.ts';
import { openImage } from '../artefacts/images.ts';
import { type Resolved, resolveName } from '../artefacts/names.ts';
import { associate } from '../associate/associate.ts';
import type { StoredDevice } from '../devices/dao.ts';
import type { DeviceService } from '../devices/service.ts';
import type { Identification, Recogniser } from '../identify/identify.ts';
import { bytesContent } from '../lib/content.ts';
import { ProvisioningError } from '../lib/errors.ts';
import { contains, type Network } from '../lib/ip.ts';
import type { Log } from '../lib/log.ts';
import type { SecurityLog } from '../lib/security-log.ts';
import type { Plugin } from '../plugins/model.ts';
import type { Catalogue } from '../plugins/service.ts';
import type { Tenant } from '../tenants/model.ts';
import { looksLikeKey } from '../tenants/validator.ts';
import type { Desired } from './desired.ts';
import type { PhoneRequest, Reply } from './request.ts';

/** The parts that meet here, and nowhere else. */
export interface Parts {
  readonly plugins: { readonly catalogue: Catalogue };
  /** Made of the plugins; loading them makes another. */
  readonly recogniser: () => Recogniser;
  readonly devices: DeviceService;
  readonly tenants: { readonly main: Tenant; byKey(key: string): Tenant | undefined };
  readonly desired: Desired;
  /** The base of the URLs that a phone is told, from where it reached us. */
  readonly baseUrl: (request: PhoneRequest, device: StoredDevice | undefined) => string;
  /** Folder of firmware images, one folder a plugin. */
  readonly images: string;
  /** Networks into which secrets go without a key. */
  readonly trusted: readonly Network[];
  readonly log: () => Log;
  readonly security: SecurityLog;
}

/** The phone, as far as it is known by now. */
interface Caller {
  readonly device?: StoredDevice;
  /** Nothing but its address says that it is this device. */
  readonly addressOnly: boolean;
  /** What speaks against its being this device. */
  readonly contradictions: readonly string[];
  /** Another device to which the address belongs. */
  readonly addressOwner?: string;
  /** The tenant whose key the request came with. */
  readonly tenant?: Tenant;
  /** It came with a key, or from a network that the settings trust. */
  readonly trusted: boolean;
}

const notFound: Reply = { kind: 'not-found' };

/** One request of a phone, whatever the transport: who is it, which plugin serves it, what does it get. */
export async function servePhone(asked: PhoneRequest, parts: Parts): Promise<Reply> {
  const log = parts.log();
  const { request, tenant } = unlock(asked, parts.tenants);
  const identification = parts.recogniser().identify(request);
  if (!tenant && hasWrongKey(request, identification, parts)) {
    log.info({ event: 'request.wrong-key', transport: request.transport, ip: request.ip }, 'wrong key');
    parts.security.wrongKey(request.ip);
    return notFound;
  }
  const { transport, ip } = request;
  log.info({ event: 'request.processing', transport, ip, path: withoutKeys(request.path, parts) }, 'processing request');
  log.info({ event: 'request.extracted', ...identification.info }, 'extracted device info');

  const caller = await recall(identification, request, tenant, parts);
  log.info({ event: 'request.device', device: caller.device?.id, contradictions: caller.contradictions }, 'retrieved device');

  const plugin = pluginOf(caller, identification, parts.plugins.catalogue);
  log.info({ event: 'request.routed', plugin: plugin?.id ?? null }, 'routed request');
  return plugin ? answer(request, plugin, caller, parts, log) : notFound;
}

/** A first path segment that is a tenant's key is taken off and binds the request to the tenant. */
function unlock(request: PhoneRequest, tenants: Parts['tenants']): { request: PhoneRequest; tenant?: Tenant } {
  const { key, path } = splitKey(request.path);
  const tenant = tenants.byKey(key);
  return tenant ? { request: { ...request, path }, tenant } : { request };
}

function splitKey(path: string): { key: string; path: string } {
  const end = path.indexOf('/', 1);
  return end < 0 ? { key: path.slice(1), path: '/' } : { key: path.slice(1, end), path: path.slice(end) };
}

/** A path as a log may show it: a key further inside is a key, too. */
function withoutKeys(path: string, { tenants }: Pick<Parts, 'tenants'>): string {
  return path.replaceAll(/[^/]+/g, (segment) => (tenants.byKey(segment) ? '[key]' : segment));
}

/** A path that says nothing, and would without its first segment: somebody tries keys, or has an old one. */
function hasWrongKey(request: PhoneRequest, { evidence }: Identification, parts: Parts): boolean {
  const { key, path } = splitKey(request.path);
  if (!looksLikeKey(key) || evidence.some(({ place }) => place === 'path')) return false;
  return parts
    .recogniser()
    .identify({ ...request, path })
    .evidence.some(({ place }) => place === 'path');
}

/**
 * Finds the device, and writes down what the request adds to it. Nothing is written when something speaks against its being this
 * device, or when it comes from anywhere without a key: who is refused must not be able to move a phone to another address.
 */
async function recall(
  { info, ...told }: Identification,
  { ip }: PhoneRequest,
  tenant: Tenant | undefined,
  parts: Parts,
): Promise<Caller> {
  const { devices } = parts;
  const found = await devices.find(info, ip, tenant?.id);
  const owner = await devices.addressOwner(ip, found.device);
  const caller = {
    contradictions: [...told.contradictions, ...found.contradictions],
    addressOnly: found.by === 'ip' && !(found.device && devices.isAt(found.device, ip)),
    trusted: tenant !== undefined || contains(parts.trusted, ip),
    ...(owner && { addressOwner: owner.id }),
    ...(tenant && { tenant }),
    ...(found.device && { device: found.device }),
  };
  if (caller.contradictions.length > 0) return caller;
  if (!found.device) {
    const address = owner || !caller.trusted ? undefined : ip;
    const device = await devices.meet(info, ip, tenant?.id ?? parts.tenants.main.id, address);
    if (!device) return caller;
    parts.security.deviceCreated(ip, device.id);
    devices.noteSighting(device.id, ip);
    return { ...caller, device };
  }
  if (owner || !caller.trusted) return caller;
  const device = await devices.remember(found.device, info, ip);
  devices.noteSighting(device.id, ip);
  return { ...caller, device };
}

/** The device's plugin; for a phone that is no device, the one that supports best what it told. */
function pluginOf({ device }: Caller, { info }: Identification, catalogue: Catalogue): Plugin | undefined {
  if (device?.plugin !== undefined) return catalogue.plugin(device.plugin);
  return associate(info, catalogue.ofVendor(info.vendor))?.plugin;
}

async function answer(request: PhoneRequest, plugin: Plugin, caller: Caller, parts: Parts, log: Log): Promise<Reply> {
  const file = resolveName(request.path, plugin, caller.device);
  if (!file) return answerImage(request, plugin, parts, log);
  const refused = refuse(file, caller);
  if (file.artefact.secret) parts.security.sensitiveFile(request.ip, file.name, refused);
  if (refused !== undefined) {
    log.warn({ event: 'request.refused', file: file.name, why: refused }, 'refused');
    return notFound;
  }
  const tenant = caller.device?.tenant ?? caller.tenant?.id ?? parts.tenants.main.id;
  try {
    const { bytes, contentType, digest, modified } = await parts.desired.file(
      plugin,
      file,
      caller.device,
      tenant,
      parts.baseUrl(request, caller.device),
    );
    const { device } = caller;
    const note = device && { device: device.id, artefact: file.name, digest, ip: request.ip, transport: request.transport };
    log.info({ event: 'request.answered', file: file.name, bytes: bytes.length }, 'answered');
    return {
      kind: 'file',
      content: bytesContent(bytes),
      contentType,
      tag: digest,
      modified,
      ...(note && { delivered: () => parts.devices.noteDelivery(note) }),
    };
  } catch (cause) {
    if (!(cause instanceof ProvisioningError)) throw cause;
    log.error({ event: 'request.failed', file: file.name, code: cause.code, why: cause.message }, 'cannot make the file');
    // Without a config there is no such file yet; a file that there should be is worth asking for again.
    return cause.code === 'config-missing' ? notFound : { kind: 'failed' };
  }
}

function refuse({ artefact }: Resolved, { device, ...caller }: Caller): string | undefined {
  return refusal({ ...caller, own: artefact.own, secret: artefact.secret === true, held: device?.approved === false });
}

async function answerImage(request: PhoneRequest, plugin: Plugin, parts: Parts, log: Log): Promise<Reply> {
  const image = await openImage(parts.images, request.path, plugin);
  if (!image) {
    log.info({ event: 'request.unknown-file', path: withoutKeys(request.path, parts) }, 'no such file');
    return notFound;
  }
  log.info({ event: 'request.answered', file: request.path, bytes: image.size }, 'answered with an image');
  return {
    kind: 'file',
    content: image,
    contentType: 'application/octet-stream',
    tag: `${image.size}-${image.modified.getTime()}`,
    modified: image.modified,
  };
}
