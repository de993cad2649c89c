import type { StoredDevice } from '../devices/dao.ts';
import type { DeviceService } from '../devices/service.ts';
import { type Ip, UNSPECIFIED } from '../lib/ip.ts';
import type { Log } from '../lib/log.ts';
import type { Mac } from '../lib/mac.ts';
import type { Plugin } from '../plugins/model.ts';
import type { DeviceInfo } from '../sdk.ts';
import { type Heard, hear, type LineParts, learn, pluginOf, recall } from './line.ts';
import type { Newcomers } from './newcomers.ts';

/** What DHCP told of a client, whether we listened, gave the address ourselves, or were told by the server that did. */
export interface LeaseNews {
  /**
   * sought: it looks for an address here, and when it gets one that is told as bound: until then it makes no device. asked: it asks, and
   * whether it gets the address is not known. bound: the address is its own, as says who gave it. ended: the address
   * is its own no longer.
   */
  readonly kind: 'sought' | 'asked' | 'bound' | 'ended';
  /** A server that does not know it any more may leave it out of what ended. */
  readonly mac?: Mac;
  /** What it asks for or has; absent while it has none. */
  readonly ip?: Ip;
  /** What the client sent, by code; nothing when the address ended. */
  readonly options: ReadonlyMap<number, Buffer>;
  /** The address by which the client reached us. */
  readonly reached?: Ip;
  /** It came over our own network, or from somebody who may tell. */
  readonly trusted: boolean;
  /** What its message says of the client, when another news of the same message was noted before. */
  readonly heard?: Heard;
}

/** What came of it. */
export interface Noted {
  readonly info: DeviceInfo;
  readonly device?: StoredDevice;
  /** What serves it, or would. */
  readonly plugin?: Plugin;
  readonly contradictions: readonly string[];
  /** Absent when an address ended. */
  readonly heard?: Heard;
}

export interface LeaseParts extends LineParts {
  readonly devices: LineParts['devices'] & Pick<DeviceService, 'releaseAddress'>;
  readonly newcomers: LineParts['newcomers'] & Pick<Newcomers, 'hasRoom' | 'made' | 'remember'>;
  readonly log: () => Pick<Log, 'debug' | 'info'>;
}

/**
 * The line of a phone that asks for an address: who it is, and where, is known before it asks for a file. Of what is no phone, only that
 * an address is no longer a phone's is noted.
 */
export async function noteLease(news: LeaseNews, parts: LeaseParts): Promise<Noted> {
  const { kind, mac, ip = UNSPECIFIED } = news;
  if (kind === 'ended') {
    await parts.devices.releaseAddress(ip, (device) => mac === undefined || device.mac === mac);
    return { info: mac === undefined ? {} : { mac }, contradictions: [] };
  }
  const log = parts.log();
  const heard = news.heard ?? hear(requestOf(news), parts);
  const { info } = heard.identification;
  const there = { ...heard, request: { ...heard.request, ip } };
  const isThere = kind === 'bound';
  // What stands at an address says nothing of a computer that has it now.
  const found = await recall(isThere && info.vendor !== undefined ? there : heard, parts);
  const known = found.device;
  if (isThere) await parts.devices.releaseAddress(ip, ({ id }) => id !== known?.id);
  // Who only asks for an address that another has does not get it by asking.
  const isFree = kind === 'asked' && (await parts.devices.addressOwner(ip, known)) === undefined;
  const recalled = { ...found, device: known, addressOwner: undefined, trusted: news.trusted };
  const isNew = known === undefined && info.vendor !== undefined;
  const mayCome = !isNew || (kind !== 'sought' && isSurelyOurs(news, parts) && (await parts.newcomers.hasRoom()));
  const caller = mayCome ? await learn(recalled, isThere || isFree ? there : heard, parts) : recalled;
  const { device, contradictions } = caller;
  if (isNew && device) parts.newcomers.made(device.id);
  else if (isNew && info.mac) parts.newcomers.remember(info.mac, info);
  const isPhone = device !== undefined || info.vendor !== undefined;
  const plugin = isPhone ? pluginOf(caller, heard.identification, parts.plugins.catalogue) : undefined;
  const facts = {
    event: 'dhcp.noted',
    kind,
    device: device?.id,
    plugin: plugin?.id,
    ...info,
    ...(ip !== UNSPECIFIED && { ip }),
    ...(contradictions.length > 0 && { contradictions }),
  };
  // Who only looks for an address asks again and again, and a computer is nobody's concern here.
  if (kind === 'sought' || !isPhone) log.debug(facts, 'noted what DHCP told');
  else log.info(facts, 'noted what DHCP told');
  return { info, contradictions, heard, ...(device && { device }), ...(plugin && { plugin }) };
}

/**
 * Whether a new phone is the main tenant's. What we answer it has the key of that; of what another server told it, its first request says
 * whose it is, and a device of the wrong tenant would be given nothing.
 */
function isSurelyOurs({ kind, reached }: LeaseNews, parts: Pick<LineParts, 'tenants'>): boolean {
  return (kind === 'bound' && reached !== undefined) || hasOneKey(parts);
}

/** Whether no tenant but the main one has phones that come with a key. */
export function hasOneKey({ tenants }: Pick<LineParts, 'tenants'>): boolean {
  return !tenants.list().some(({ main, provisioningKey }) => !main && provisioningKey !== undefined);
}

/** Who has an address is recognised by what it says, not by where it is. */
function requestOf({ mac, options, reached = UNSPECIFIED }: LeaseNews) {
  return {
    transport: 'dhcp' as const,
    ip: UNSPECIFIED,
    ...(mac !== undefined && { mac }),
    reached: { ip: reached, port: 0 },
    path: '',
    query: '',
    headers: {},
    options,
  };
}
