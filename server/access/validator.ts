import { type Complaint, ProvisioningError } from '../lib/errors.ts';
import { isPattern } from './permissions.ts';

export interface TokenChange {
  readonly name?: string;
  readonly permissions?: readonly string[];
  /** In milliseconds since 1970; null: it does not expire. */
  readonly expires?: number | null;
}

export interface UserChange {
  readonly name?: string;
  readonly permissions?: readonly string[];
  /** As it is typed. */
  readonly password?: string;
  readonly disabled?: boolean;
}

/** @throws ProvisioningError token-invalid with every complaint */
export function checkToken({ name, permissions, expires }: TokenChange, now: number): void {
  const complaints: Complaint[] = [];
  if (name !== undefined && !/^\S(?:.{0,126}\S)?$/.test(name))
    complaints.push({ path: 'name', message: 'must be 1 to 128 characters without spaces at its ends' });
  complaints.push(...complaintsOfPermissions(permissions));
  if (typeof expires === 'number' && !(expires > now)) complaints.push({ path: 'expires', message: 'must be a time to come' });
  refuse('token', complaints);
}

/** Whether a user could have this name. */
export function isUserName(text: string): boolean {
  return /^[a-z\d](?:[a-z\d._@+-]{0,126}[a-z\d])?$/.test(text);
}

/**
 * @param shortest a password, in characters
 * @throws ProvisioningError user-invalid with every complaint; the password is not repeated
 */
export function checkUser({ name, permissions, password }: UserChange, shortest: number): void {
  const complaints: Complaint[] = [];
  if (name !== undefined && !isUserName(name))
    complaints.push({
      path: 'name',
      message: 'must be 1 to 128 of a-z, 0-9 and . _ - @ +, with a letter or a digit at both ends',
    });
  complaints.push(...complaintsOfPermissions(permissions));
  if (password !== undefined && [...password].length < shortest)
    complaints.push({
      path: 'password',
      message: `must be at least ${shortest} characters long; several words are easy to remember`,
    });
  refuse('user', complaints);
}

function complaintsOfPermissions(permissions: readonly string[] | undefined): Complaint[] {
  if (permissions?.length === 0) return [{ path: 'permissions', message: 'must have one at least' }];
  return [...(permissions ?? []).entries()]
    .filter(([, pattern]) => !isPattern(pattern))
    .map(([index]) => ({
      path: `permissions.${index}`,
      message:
        'must be words of a-z, 0-9, - and _ with dots between them, such as devices.read; * is one word, # one or more, ! before it takes away',
    }));
}

function refuse(kind: 'token' | 'user', complaints: readonly Complaint[]): void {
  if (complaints.length === 0) return;
  const told = complaints.map(({ path, message }) => `${path} ${message}`).join('; ');
  throw new ProvisioningError(`${kind}-invalid`, `The ${kind} cannot be stored: ${told}`, { complaints });
}
