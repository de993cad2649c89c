import { type Announcer, announcer } from '../lib/announcer.ts';

/** Tells the id of a tenant that was changed or removed: rendered URLs hold its key. */
export type TenantNotifier = Announcer<string>;

export const tenantNotifier = (): TenantNotifier => announcer();
