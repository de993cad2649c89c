import { LRUCache } from 'lru-cache';
import { type Options, parseOption } from '../lib/dhcp/options.ts';
import { reason } from '../lib/errors.ts';
import type { Ip } from '../lib/ip.ts';
import type { Recognised, Sender } from '../listeners/dhcp/exchange.ts';
import type { Noted } from '../pipeline/note-lease.ts';
import { bootOptions } from '../sdk/boot-options.ts';
import type { Core } from './core.ts';

/** How a phone reached us. */
export interface Reached {
  /** Of the URLs that it is told, without its key. */
  readonly base: string;
  /** The address by which it knows us; absent where the host has none of IPv4. */
  readonly server: Ip | undefined;
  /** It may be told its tenant's key. */
  readonly trusted: boolean;
}

/** Who sent a message, as the exchange wants to know it. */
export interface Senders {
  senderOf(noted: Noted, reached: Reached & { readonly server: Ip }): Promise<Sender>;
  /** What its vendor package has a phone told. */
  bootOf(noted: Noted, reached: Reached): Options;
}

export function recognised({ device, info }: Noted): Recognised {
  const [vendor, model] = [info.vendor ?? device?.vendor, info.model ?? device?.model];
  return { ...(vendor !== undefined && { vendor }), ...(model !== undefined && { model }), ...(device && { device: device.id }) };
}

const nothing: Options = new Map();

export function createSenders({ tenants, devices, log }: Core): Senders {
  const made = new LRUCache<string, Options>({ max: 1_000 });

  function bootOf({ plugin, device }: Noted, { base, server, trusted }: Reached): Options {
    const owner = plugin?.package;
    if (!owner?.definition.dhcp) return nothing;
    const tenant = (device && tenants.get(device.tenant)) ?? tenants.main;
    const key = trusted ? tenant.provisioningKey?.reveal() : undefined;
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
    async senderOf(noted, reached) {
      const { device } = noted;
      const sender = recognised(noted);
      // One that came by itself is known when it has fetched a file: packets with invented MAC addresses are not enough.
      const known = device !== undefined && (device.added !== 'auto' || (await devices.deliveries(device.id)).length > 0);
      return {
        known,
        isPhone: device !== undefined || sender.vendor !== undefined,
        boot: bootOf(noted, reached),
        ...sender,
        ...(noted.heard && { heard: noted.heard }),
      };
    },
  };
}
