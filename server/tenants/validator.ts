import { type Complaint, ProvisioningError } from '../lib/errors.ts';

/** What a provisioning key is made of (contract of provd, 2.3): it is a path segment that needs no escape. */
const KEY = /^[A-Za-z0-9\-$~.]{8,256}$/;

export interface TenantChange {
  readonly name?: string;
  /** null takes the key away: the tenant's phones are told URLs without one. */
  readonly provisioningKey?: string | null;
}

/** Whether a path segment could be a key at all. */
export function looksLikeKey(segment: string): boolean {
  return KEY.test(segment);
}

/** @throws ProvisioningError tenant-invalid with every complaint; the key is not repeated */
export function checkTenant({ name, provisioningKey }: TenantChange): void {
  const complaints: Complaint[] = [];
  if (name !== undefined && !/^\S(?:.{0,126}\S)?$/.test(name)) {
    complaints.push({ path: 'name', message: 'must be 1 to 128 characters without spaces at its ends' });
  }
  if (typeof provisioningKey === 'string' && !looksLikeKey(provisioningKey)) {
    complaints.push({ path: 'provisioning_key', message: 'must be 8 to 256 of the characters A-Z a-z 0-9 - $ ~ .' });
  }
  if (complaints.length === 0) return;
  const told = complaints.map(({ path, message }) => `${path} ${message}`).join('; ');
  throw new ProvisioningError('tenant-invalid', `The tenant cannot be stored: ${told}`, { complaints });
}
