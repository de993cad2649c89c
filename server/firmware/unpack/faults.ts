import { ProvisioningError } from '../../lib/errors.ts';

/** What an archive holds and may not. */
export function forbidden(archive: string, entry: string, what: string): ProvisioningError {
  return new ProvisioningError('firmware-archive-forbidden', `${archive} holds ${quoted(entry)}, which ${what}`);
}

/** An archive that cannot be read to its end. */
export function broken(archive: string, what: string, cause?: unknown): ProvisioningError {
  return new ProvisioningError('firmware-archive-broken', `${archive} ${what}`, { cause });
}

/** A name of somebody else's making, for a message. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 120 ? `${name.slice(0, 120)}…` : name);
}
