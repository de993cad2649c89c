import { randomBytes } from 'node:crypto';
import { type Actor, actingAs } from '../lib/actor.ts';
import { ProvisioningError } from '../lib/errors.ts';
import { type Ip, UNSPECIFIED } from '../lib/ip.ts';
import { KeyedLock } from '../lib/lock.ts';
import { stringifyOrdered } from '../lib/ordered-json.ts';
import type { DeviceInfo } from '../sdk.ts';
import type { DeviceDao, DeviceFilter, DeviceQuery, StoredDevice } from './dao.ts';
import { type Finding, find } from './find.ts';
import { knownDevices } from './known.ts';
import { blankDevice, type Delivery, type Device, type Looked, type Sending } from './model.ts';
import type { DeviceNotifier } from './notifier.ts';
import { checkId, type DeviceChange } from './validator.ts';

export interface DeviceServiceOptions {
  readonly dao: DeviceDao;
  readonly notifier: DeviceNotifier;
  /** Several phones share one address; an address then says nothing of who is asking. */
  nat(): boolean;
  /** What becomes of a phone that nobody made a device for. */
  readonly unknown: 'create' | 'hold' | 'refuse';
  /** How long after a device was last seen at an address the address counts as its own. Milliseconds. */
  readonly addressHold: number;
  /** The plugin for a phone of which this is known, given the one it has. */
  choosePlugin(facts: DeviceInfo, current: string | undefined): string | undefined;
  /** Makes a config for a device that has none, which may be about to be made, and tells its id; undefined when nothing says what should be in it. */
  autocreateConfig(tenant: string): Promise<string | undefined>;
  /** Whether a config is one that `autocreateConfig` made, and as it was made. */
  isAutocreated(id: string): Promise<boolean>;
  /** A device of this tenant stopped using this config. */
  dropConfig(id: string, tenant: string): Promise<void>;
  now?(): number;
}

/** What stays as it was once known. */
const learnable = ['mac', 'serial', 'uuid', 'vendor', 'model'] as const;

/** Notes of this kind are only worth a row when the last one is older. */
const sightingEveryMs = 60_000;

export function deviceService(options: DeviceServiceOptions) {
  const { dao, notifier, nat, now = Date.now } = options;
  const lock = new KeyedLock();
  const known = knownDevices(dao, notifier);
  const sightings = new Map<string, { at: number; ip: Ip; stored: boolean }>();
  const deliveries = new Map<string, Sending>();
  const urls = new Map<string, string | undefined>();
  /** They fetched something of which it is not known whether they would get it now. */
  const unsure = new Set<string>();

  /** When a device was last known to be at its address. */
  function atAddressSince(device: StoredDevice): number {
    const [noted, stored] = [sightings.get(device.id), device.seen];
    // Another process may have seen it later.
    const seen = noted && stored && stored.at > noted.at ? stored : (noted ?? stored);
    return seen && seen.ip === device.ip ? seen.at : device.updated;
  }

  /** Stores what `next` makes of the device as it is by now; nothing is written when that is the same. */
  async function rewrite(id: string, next: (device: StoredDevice) => Device): Promise<StoredDevice | undefined> {
    return lock.run(id, async () => {
      for (;;) {
        const stored = await dao.get(id);
        if (!stored) return undefined;
        const wanted = next(stored);
        if (wanted === stored) return stored;
        // Another node may have written in between: then once more, on what it wrote.
        if (!(await dao.update({ ...wanted, updated: now() }))) continue;
        // Before its config goes: nobody may find the device as it was, with a config that is no more.
        notifier.changed([id]);
        if (stored.config !== undefined && stored.config !== wanted.config)
          await options.dropConfig(stored.config, stored.tenant);
        return dao.get(id);
      }
    });
  }

  /** The device with what this request adds; the same object when it adds nothing. */
  function learned<Known extends Device>(device: Known, info: DeviceInfo, ip: Ip): Known {
    let next: Known = device;
    for (const fact of learnable) {
      if (device[fact] === undefined && info[fact] !== undefined) next = { ...next, [fact]: info[fact] };
    }
    if (info.version !== undefined && info.version !== device.version) next = { ...next, version: info.version };
    if (ip !== UNSPECIFIED && device.ip !== ip) next = { ...next, ip };
    return associated(next);
  }

  /**
   * The device that an unknown phone becomes, without its config; undefined when the settings allow none, or when the phone told
   * nothing that it could be known by again.
   * @param address becomes its own, and nobody else's; undefined while it is another's, or told by somebody who is not trusted, or none
   */
  function newcomer(info: DeviceInfo, tenant: string, address: Ip | undefined): Device | undefined {
    if (options.unknown === 'refuse' || identityOf(info) === undefined) return undefined;
    const approved = options.unknown === 'create';
    return associated({
      ...blankDevice(newId(), tenant, now()),
      ...info,
      ...(address !== undefined && address !== UNSPECIFIED && { ip: address }),
      approved,
      added: 'auto' as const,
    });
  }

  /** The device with the plugin that serves it best; the same object when it has that, or one that an operator chose. */
  function associated<Known extends Device>(device: Known): Known {
    if (device.pinned) return device;
    const plugin = options.choosePlugin(device, device.plugin);
    return plugin === undefined || plugin === device.plugin ? device : { ...device, plugin };
  }

  /** Gives a device a config of its own when it has none. Two requests of one phone at once make one. */
  async function withConfig(device: StoredDevice): Promise<StoredDevice> {
    if (device.config !== undefined || !device.approved) return device;
    return lock.run(`config of ${device.id}`, async () => {
      const current = await dao.get(device.id);
      if (!current || current.config !== undefined) return current ?? device;
      const config = await options.autocreateConfig(device.tenant);
      if (config === undefined) return current;
      const stored = await rewrite(device.id, (latest) => (latest.config === undefined ? { ...latest, config } : latest));
      if (stored?.config !== config) await options.dropConfig(config, device.tenant);
      return stored ?? device;
    });
  }

  async function releaseAddress(ip: Ip, from: (device: Device) => boolean): Promise<void> {
    if (nat()) return;
    for (const { id } of (await dao.findBy('ip', ip)).filter(from)) {
      // It follows from what the phone tells that has the address now.
      await actingAs(phoneAt(ip), () =>
        rewrite(id, (device) => (device.ip === ip && from(device) ? without(device, 'ip') : device)),
      );
    }
  }
  const keptBy = (owner: string) => (device: Device) => device.id !== owner;

  /** @throws ProvisioningError device-ip-taken */
  async function checkAddress(ip: Ip, id: string, mayTake: (from: Device) => boolean): Promise<void> {
    if (nat() || (await dao.findBy('ip', ip)).filter(keptBy(id)).every(mayTake)) return;
    throw new ProvisioningError('device-ip-taken', `Another device has the address ${ip}, which cannot be taken from it here`);
  }

  /** Another device to which this address belongs now; never behind NAT, where an address belongs to nobody. */
  async function holder(ip: Ip, id: string | undefined): Promise<StoredDevice | undefined> {
    if (nat() || ip === UNSPECIFIED) return undefined;
    const held = now() - options.addressHold;
    return (await dao.findBy('ip', ip)).find((other) => other.id !== id && atAddressSince(other) > held);
  }

  /**
   * Writes a device that comes to an address. Of phones that ask from one address at the same time one gets it, here; of those that
   * ask other processes at the same time none, or one.
   * @param write with the address that it may have
   */
  async function settle<Stored extends StoredDevice | undefined>(
    id: string,
    ip: Ip,
    write: (address: Ip) => Promise<Stored>,
  ): Promise<Stored | StoredDevice | undefined> {
    if (ip === UNSPECIFIED || nat()) return write(ip);
    return lock.run(`address ${ip}`, async () => {
      if (await holder(ip, id)) return write(UNSPECIFIED);
      const written = await write(ip);
      // Each writes before it looks: so never do two processes find themselves alone.
      if (await holder(ip, id)) return rewrite(id, (device) => (device.ip === ip ? without(device, 'ip') : device));
      await releaseAddress(ip, keptBy(id));
      return written;
    });
  }

  /** Writes down what a request told of a known device. One read-modify-write a device at a time; most requests write nothing. */
  async function remember(device: StoredDevice, info: DeviceInfo, ip: Ip): Promise<StoredDevice> {
    const isKnown = learned(device, info, ip) === device;
    if (isKnown && (device.config !== undefined || !device.approved)) return device;
    return actingAs(phoneAt(ip), async () => {
      const write = (address: Ip) => rewrite(device.id, (current) => learned(current, info, address));
      const stored = isKnown ? device : await (device.ip === ip ? write(ip) : settle(device.id, ip, write));
      return withConfig(stored ?? device);
    });
  }

  /** @param check may refuse by throwing, of the device as it is by then. @throws ProvisioningError device-unknown */
  async function remove(id: string, check?: (current: StoredDevice) => void): Promise<void> {
    await lock.run(id, async () => {
      const stored = await dao.get(id);
      if (stored) check?.(stored);
      if (!stored || !(await dao.delete(id))) throw unknownDevice(id);
      sightings.delete(id);
      for (const [key, { device }] of deliveries) if (device === id) deliveries.delete(key);
      notifier.changed([id]);
      if (stored.config !== undefined) await options.dropConfig(stored.config, stored.tenant);
    });
  }

  const isUntouched = async ({ config }: Device): Promise<boolean> => config === undefined || options.isAutocreated(config);

  /** A device that another request of the same phone has just made, which need not have told the same. */
  async function madeMeanwhile({ device, by, contradictions }: Finding, info: DeviceInfo, address: Ip | undefined) {
    const isSame = by !== 'ip' && contradictions.length === 0;
    return device && isSame && address !== undefined ? remember(device, info, address) : device;
  }

  return {
    /** With what is not written yet of when it was seen. */
    async get(id: string): Promise<StoredDevice | undefined> {
      const stored = await dao.get(id);
      const seen = sightings.get(id);
      return stored && seen && !seen.stored ? { ...stored, seen: { device: id, at: seen.at, ip: seen.ip } } : stored;
    },
    list: (query: DeviceQuery) => dao.list(query),
    count: (filter: DeviceFilter) => dao.count(filter),
    ids: (filter: DeviceFilter): Promise<string[]> => dao.ids(filter),
    idsUsing: dao.idsUsing.bind(dao),
    idsOfAccount: dao.idsOfAccount.bind(dao),

    /** Whether an address belongs to one device at a time: not behind NAT. */
    ownsAddresses: () => !nat(),

    find: (info: DeviceInfo, ip: Ip, tenant: string | undefined): Promise<Finding> => find(known, info, ip, tenant, isUntouched),

    /** As `holder`. */
    async addressOwner(ip: Ip, device: StoredDevice | undefined): Promise<StoredDevice | undefined> {
      // No two devices have one address outside NAT mode: when it is this device's, nobody else need be looked for.
      return device?.ip === ip ? undefined : holder(ip, device?.id);
    },

    /** Whether an address alone says that it is this device that asks. */
    isAt(device: StoredDevice, ip: Ip): boolean {
      return !nat() && device.ip === ip && atAddressSince(device) > now() - options.addressHold;
    },

    learned,
    newcomer,

    /** Takes an address from the devices at it of which `from` says so: whoever gives addresses away told that it is not theirs. */
    releaseAddress,

    remember,

    /** Makes a device for a phone that is not known: see `newcomer`. */
    async meet(info: DeviceInfo, ip: Ip, tenant: string, address: Ip | undefined): Promise<StoredDevice | undefined> {
      const fresh = newcomer(info, tenant, address);
      if (!fresh) return undefined;
      return actingAs(phoneAt(ip), async () => {
        const met = await lock.run(`new ${identityOf(info)}`, async () => {
          const meanwhile = await madeMeanwhile(await find(dao, info, ip, tenant, isUntouched), info, address);
          if (meanwhile) return meanwhile;
          // Before the device: nobody may find it with a config that is not there yet.
          const config = fresh.approved ? await options.autocreateConfig(tenant) : undefined;
          try {
            return await settle(fresh.id, address ?? UNSPECIFIED, async (own) => {
              const device = own === fresh.ip ? fresh : without(fresh, 'ip');
              // What has a MAC address is told by it: the store lets no tenant have two.
              const told = info.mac ? undefined : info.serial ? 'serial' : 'uuid';
              await dao.insert({ ...device, ...(config !== undefined && { config }) }, told);
              notifier.changed([fresh.id]);
              return dao.get(fresh.id);
            });
          } catch (cause) {
            // Another process was faster with another request of the same phone.
            if (!(cause instanceof ProvisioningError) || !['device-mac-taken', 'device-known'].includes(cause.code)) throw cause;
            if (config !== undefined) await options.dropConfig(config, tenant);
            return madeMeanwhile(await find(dao, info, ip, tenant, isUntouched), info, address);
          }
        });
        return met && withConfig(met);
      });
    },

    /**
     * @param mayTake whether an address may be taken from another device for this one
     * @throws ProvisioningError device-invalid, device-id-taken, device-mac-taken, device-ip-taken
     */
    async create(
      tenant: string,
      change: DeviceChange,
      id = newId(),
      mayTake: (from: Device) => boolean = () => true,
    ): Promise<StoredDevice> {
      checkId(id);
      const device = associated(apply(blankDevice(id, tenant, now()), change));
      if (device.ip !== undefined) await checkAddress(device.ip, id, mayTake);
      await dao.insert(device);
      if (device.ip !== undefined) await releaseAddress(device.ip, (other) => other.id !== id && mayTake(other));
      notifier.changed([id]);
      const stored = await dao.get(id);
      if (!stored) throw unknownDevice(id);
      return withConfig(stored);
    },

    /** Gives a device the plugin that serves it best now: others are installed than when it had its own. undefined: there is none. */
    reconsider: (id: string): Promise<StoredDevice | undefined> => rewrite(id, associated),

    /**
     * @param change what shall be otherwise, or a function that says so of the device as it is by then, and may refuse by throwing
     * @param mayTake as for `create`
     * @param tenant gives it to this tenant in the same step. What it had that is not there for that one, a config, say, it has no longer
     * @throws ProvisioningError device-unknown, device-mac-taken, device-ip-taken, tenant-unknown
     */
    async change(
      id: string,
      change: DeviceChange | ((current: StoredDevice) => DeviceChange),
      mayTake: (from: Device) => boolean = () => true,
      tenant?: string,
    ): Promise<StoredDevice> {
      const wanted = typeof change === 'function' ? change : () => change;
      const before = await dao.get(id);
      if (!before) throw unknownDevice(id);
      const { ip } = wanted(before);
      if (ip && ip !== before.ip) await checkAddress(ip, id, mayTake);
      const stored = await rewrite(id, (device) => {
        const changed = apply(device, wanted(device));
        return associated(tenant === undefined || tenant === changed.tenant ? changed : { ...changed, tenant });
      });
      if (!stored) throw unknownDevice(id);
      if (stored.ip !== undefined) await releaseAddress(stored.ip, (other) => other.id !== id && mayTake(other));
      return withConfig(stored);
    },

    /**
     * Gives a device the plugin that `choice` says of it as it is by then, as an operator's choice or not; undefined leaves it as it is.
     * The server's own choice is not asked.
     * @returns the device as it is then; undefined when there is none
     */
    assign(
      id: string,
      choice: (current: StoredDevice) => { readonly plugin: string; readonly pinned: boolean } | undefined,
    ): Promise<StoredDevice | undefined> {
      return rewrite(id, (device) => {
        const chosen = choice(device);
        return chosen ? { ...device, ...chosen } : device;
      });
    },

    remove,

    /** Takes away what was made of a phone before it told its MAC address: it is another device, which a request from `ip` has shown. */
    async absorb({ id }: StoredDevice, ip: Ip): Promise<void> {
      try {
        await actingAs(phoneAt(ip), () => remove(id));
      } catch (cause) {
        // Another request of the same phone was faster.
        if (!(cause instanceof ProvisioningError) || cause.code !== 'device-unknown') throw cause;
      }
    },

    setConditions: (conditions: ReadonlyMap<string, Looked>): Promise<void> => dao.setConditions(conditions),

    /** Notes that a device asked from here; it is written with the next batch. */
    noteSighting(id: string, ip: Ip): void {
      const at = now();
      if (ip === UNSPECIFIED) return;
      const known = sightings.get(id);
      if (known && known.ip === ip && at - known.at < sightingEveryMs) return;
      sightings.set(id, { at, ip, stored: false });
    },

    /** Notes what was sent to a device; it is written with the next batch. */
    noteDelivery({ device, artefact, digest, ip, transport, own, accounts }: Omit<Sending, 'at'>): void {
      // One by one: what is spread V8 makes in its slow form (docs/decisions/0008).
      deliveries.set(`${device}/${artefact}`, { device, artefact, digest, at: now(), ip, transport, own, accounts });
    },

    /** Notes under which URL a device reaches the server; it is written with the next batch. @param url undefined: the usual one */
    noteUrl: (id: string, url: string | undefined): void => void urls.set(id, url),
    /** What was noted, and is not the usual one. */
    urls: dao.urls.bind(dao),

    /** What a device last fetched, file by file, with what is not written yet. */
    async deliveries(id: string): Promise<Delivery[]> {
      const all = new Map((await dao.deliveries(id)).map((delivery) => [delivery.artefact, delivery]));
      for (const { own, accounts, ...delivery } of deliveries.values())
        if (delivery.device === id) all.set(delivery.artefact, delivery);
      return [...all.values()];
    },

    /** The last time that somebody wanted it to read its configuration anew. */
    noteResync: dao.noteResync.bind(dao),
    resync: dao.resync.bind(dao),
    /** As it is written: what is noted is not in it yet. */
    fetches: dao.fetches.bind(dao),

    /**
     * Writes the notes. What could not be written is written with the next batch.
     * @returns ids of the devices that fetched something of which it is not known whether they would get it now: they are to be looked at
     */
    async flush(): Promise<string[]> {
      for (const told of slices([...urls])) {
        await dao.noteUrls(new Map(told));
        for (const [id, url] of told) if (urls.get(id) === url) urls.delete(id);
      }
      for (const seen of slices([...sightings].filter(([, { stored }]) => !stored))) {
        await dao.noteSightings(seen.map(([device, { at, ip }]) => ({ device, at, ip })));
        for (const [, note] of seen) note.stored = true;
      }
      for (const sent of slices([...deliveries])) {
        for (const id of await dao.noteDeliveries(sent.map(([, delivery]) => delivery))) unsure.add(id);
        // One that was replaced while the batch was written stays for the next.
        for (const [key, delivery] of sent) if (deliveries.get(key) === delivery) deliveries.delete(key);
      }
      const ids = [...unsure];
      unsure.clear();
      return ids;
    },
  };
}

/** A store writes one batch without a pause, 20 microseconds a row and 2 ms for the disk: phones wait for some 4 ms. With 500 it is 12. */
const batchRows = 100;

function* slices<Row>(rows: readonly Row[]): Generator<Row[]> {
  for (let start = 0; start < rows.length; start += batchRows) yield rows.slice(start, start + batchRows);
}

export type DeviceService = ReturnType<typeof deviceService>;

/** Whoever asks from there. Its requests by DHCP have no address yet. */
function phoneAt(ip: Ip): Actor {
  return ip === UNSPECIFIED ? { kind: 'phone' } : { kind: 'phone', from: ip };
}

/** By what a phone can be known again. */
function identityOf({ mac, serial, uuid }: DeviceInfo): string | undefined {
  return mac ?? serial ?? uuid;
}

function newId(): string {
  return randomBytes(16).toString('hex');
}

function unknownDevice(id: string): ProvisioningError {
  return new ProvisioningError('device-unknown', `No device has the id ${id}`);
}

/** The device with somebody's change; the same object when nothing changes. */
function apply<Stored extends Device>(device: Stored, change: DeviceChange): Stored {
  let next = device;
  for (const [key, value] of Object.entries(change) as [keyof DeviceChange, unknown][]) {
    if (value === undefined || isSame(value, device[key])) continue;
    if (value !== null) next = { ...next, [key]: value };
    else if (key === 'options' || key === 'extra') next = { ...next, [key]: new Map() };
    else next = without(next, key);
  }
  // Whoever names a plugin means it; whoever takes it away leaves the choice to us.
  const pinned = change.plugin === undefined ? next.pinned : change.plugin !== null;
  return pinned === next.pinned ? next : { ...next, pinned };
}

/** Null takes away what may not be there. */
function isSame(wanted: unknown, stored: unknown): boolean {
  if (wanted === null) return stored === undefined || (stored instanceof Map && stored.size === 0);
  if (!(wanted instanceof Map && stored instanceof Map)) return wanted === stored;
  return stringifyOrdered(wanted) === stringifyOrdered(stored);
}

function without<Stored extends Device>(device: Stored, key: keyof Stored): Stored {
  const { [key]: _, ...rest } = device;
  return rest as Stored;
}
