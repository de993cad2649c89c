import { type Announcer, announcer } from '../lib/announcer.ts';
import type { Lease } from './model.ts';

/**
 * Tells a lease when its address became a client's, again at each renewal (`since` is the same then), and when it no longer is: by
 * release, by expiry, because it was declined, or because an operator made the server forget it, which is told as a release.
 */
export type LeaseNotifier = Announcer<Lease>;

export const leaseNotifier = (): LeaseNotifier => announcer();
