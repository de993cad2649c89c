import { type Announcer, announcer } from '../lib/announcer.ts';

/** Tells that firmware was installed or removed. */
export type FirmwareNotifier = Announcer<void>;

export const firmwareNotifier = (): FirmwareNotifier => announcer();
