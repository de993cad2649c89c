import type { DeviceDao, StoredDevice } from './dao.ts';
import type { DeviceNotifier } from './notifier.ts';

/** What the finding of a device needs of the store. */
export type Finder = Pick<DeviceDao, 'findBy'>;

/** Some 800 bytes each: 10,000 phones that boot together fit in. */
const MOST_KNOWN = 16_384;

/**
 * Keeps in memory who was found by mac, serial or uuid, which nearly every request asks for, until a device changes. All answers are
 * forgotten then, not only those with that device: what it has become may be the answer to any question. Phones that come back cost
 * one look into the store each.
 *
 * Addresses are looked up in the store always: whose an address is depends on when a device was seen, of which the notifier says
 * nothing.
 */
export function knownDevices(dao: Finder, notifier: DeviceNotifier): Finder {
  let known = new Map<string, StoredDevice[]>();
  /** Of whom there is no device: computers that ask for an address, say. Apart, because they take no room from those that exist. */
  let unknown = new Set<string>();
  notifier.subscribe(() => {
    // Also empty ones: the store may be asked this moment.
    known = new Map();
    unknown = new Set();
  });
  return {
    async findBy(identity, value) {
      if (identity === 'ip') return dao.findBy(identity, value);
      const key = `${identity} ${value}`;
      const found = known.get(key);
      if (found) return found;
      if (unknown.has(key)) return [];
      if (known.size >= MOST_KNOWN) known = new Map();
      if (unknown.size >= MOST_KNOWN) unknown = new Set();
      // What changes while the store is asked ends up where nobody reads any more.
      const [current, missing] = [known, unknown];
      const devices = await dao.findBy(identity, value);
      if (devices.length > 0) current.set(key, devices);
      else missing.add(key);
      return devices;
    },
  };
}
