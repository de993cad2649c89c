import { type Announcer, announcer } from '../lib/announcer.ts';

/** Tells the ids of devices that were made, changed or removed: to the sweep, which renders their files ahead. */
export type DeviceNotifier = Announcer<readonly string[]>;

export const deviceNotifier = (): DeviceNotifier => announcer();
