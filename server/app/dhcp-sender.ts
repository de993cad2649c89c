import { LRUCache } from 'lru-cache';
import { type Options, parseOption } from '../lib/dhcp/options.ts';
import { reason } from '../lib/errors.ts';
import type { Ip } from '../lib/ip.ts';
import type { Recognised, Sender } from '../listeners/dhcp/exchange.ts';
import type { Noted } from '../pipeline/note-lease.ts';
import { bootOptions } from '../sdk/boot-options.ts';
import type { Core } from './core.ts';

/** Who sent a message, as the exchange wants to know it. */
export interface Senders {
  /** @param base of the URLs that the phone is told, without its key @param server the address by which it knows us */
  senderOf(noted: Noted, base: string, server: Ip): Promise<Sender>;
  /** What its vendor package has a phone told. @param server absent where the host has no address of IPv4 */
  bootOf(noted: Noted, base: string, server: Ip | undefined): Options;
}

export function recognised({ device, info }: Noted): Recognised {
  const [vendor, model] = [info.vendor ?? device?.vendor, info.model ?? device?.model];
  return { ...(vendor !== undefined && { vendor }), ...(model !== undefined && { model }), ...(device && { device: device.id }) };
}

const nothing: Options = new Map();

export function createSenders({ tenants, devices, log }: Core): Senders {
  const made = new LRUCache<string, Options>({ max: 1_000 });

  function bootOf({ plugin, device }: Noted, base: string, server: Ip | undefined): Options {
    const owner = plugin?.package;
    if (!owner?.definition.dhcp) return nothing;
    const tenant = (device && tenants.get(device.tenant)) ?? tenants.main;
    const key = tenant.provisioningKey?.reveal();
    const url = key === undefined ? base : `${base}/${key}`;
    const name = `${owner.id} ${owner.definition.version} ${url} ${server}`;
    const known = made.get(name);
    if (known) return known;
    const options = new Map<number, Buffer>();
    for (const [code, said] of bootOptions(owner.definition, { url, ...(server !== undefined && { address: server }) })) {
      try {
        if (said !== undefined) options.set(code, parseOption(code, said));
      } catch (cause) {
        log.error(
          { event: 'dhcp.option-invalid', package: owner.id, why: reason(cause) },
          'a DHCP option of a vendor package is left out',
        );
      }
    }
    made.set(name, options);
    return options;
  }

  return {
    bootOf,
    async senderOf(noted, base, server) {
      const { device } = noted;
      const sender = recognised(noted);
      // One that came by itself is known when it has fetched a file: packets with invented MAC addresses are not enough.
      const known = device !== undefined && (device.added !== 'auto' || (await devices.deliveries(device.id)).length > 0);
      return {
        ...sender,
        known,
        isPhone: device !== undefined || sender.vendor !== undefined,
        boot: bootOf(noted, base, server),
        ...(noted.heard && { heard: noted.heard }),
      };
    },
  };
}
