import { hear, learn, pluginOf, recall } from './line.ts';
import { hasOneKey, type LeaseParts, type Noted } from './note-lease.ts';
import type { RecentRequests } from './recent-requests.ts';
import type { PhoneRequest } from './request.ts';

export interface ProfileParts extends LeaseParts {
  readonly recent: Pick<RecentRequests, 'note'>;
}

/**
 * The line of a phone that asks over SIP PnP where its configuration is, which it asks whoever is in its network. One datagram is all that
 * there is of it, and anybody may have sent it: it changes no more than a request for a file does, and, as over DHCP, makes no more devices
 * than there is room for, and none that may be another tenant's.
 *
 * @param urlOf where its files are; undefined when nobody here has files for it
 */
export async function noteProfile(
  request: PhoneRequest,
  urlOf: (noted: Noted) => string | undefined,
  parts: ProfileParts,
): Promise<string | undefined> {
  const started = performance.now();
  const log = parts.log();
  const heard = hear(request, parts);
  const { identification } = heard;
  const { info } = identification;
  const recalled = await recall(heard, parts);
  const isNew = recalled.device === undefined && info.vendor !== undefined;
  const mayCome = !isNew || (hasOneKey(parts) && (await parts.newcomers.hasRoom()));
  const caller = mayCome ? await learn(recalled, heard, parts) : recalled;
  const { device, contradictions } = caller;
  if (isNew && device) parts.newcomers.made(device.id);
  else if (isNew && info.mac) parts.newcomers.remember(info.mac, info);
  const isPhone = device !== undefined || info.vendor !== undefined;
  const plugin = isPhone ? pluginOf(caller, identification, parts.plugins.catalogue) : undefined;
  const url = urlOf({ info, contradictions, heard, ...(device && { device }), ...(plugin && { plugin }) });
  const became = url === undefined ? ({ kind: 'no-plugin' } as const) : ({ kind: 'told', url } as const);
  parts.recent.note(device?.id, heard.request, undefined, became, performance.now() - started);
  const facts = {
    event: 'pnp.noted',
    ip: request.ip,
    device: device?.id,
    plugin: plugin?.id,
    ...info,
    url,
    ...(contradictions.length > 0 && { contradictions }),
  };
  // Whatever speaks SIP may ask, and is nobody's concern here.
  if (isPhone) log.info(facts, 'a phone asked over SIP PnP where its configuration is');
  else log.debug(facts, 'somebody asked over SIP PnP');
  return url;
}
