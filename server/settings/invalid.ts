import { type Complaint, ProvisioningError } from '../lib/errors.ts';

/** The one error for settings that cannot be used: a line for each complaint. */
export function settingsInvalid(complaints: readonly Complaint[], cause?: unknown): ProvisioningError {
  const lines = complaints.map(({ message }) => `  ${message}`);
  return new ProvisioningError('settings-invalid', `The settings cannot be used:\n${lines.join('\n')}`, { complaints, cause });
}
