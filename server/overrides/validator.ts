import { type Complaint, ProvisioningError } from '../lib/errors.ts';

/** As long as a file may be called, and the `.part` that it is called while it is written (NAME_MAX of most file systems). */
const MOST_BYTES = 255 - '.part'.length;

/** Whether a file of this name in the folder of a plugin is a template; no other is read, written or removed. */
export function isTemplateName(name: string): boolean {
  return /^(?!\.)[^/\p{Cc}]+\.tpl$/u.test(name) && Buffer.byteLength(name) <= MOST_BYTES;
}

/** Whether a folder of this name is one folder inside the folder of overrides, and not one of ours. */
export function isPluginName(name: string): boolean {
  return /^(?!\.)[^/\p{Cc}]+$/u.test(name) && Buffer.byteLength(name) <= MOST_BYTES;
}

/** @throws ProvisioningError template-invalid */
export function checkTemplateName(name: string): void {
  if (!isTemplateName(name)) throw templateInvalid({ path: 'name', message: 'must be a file name that ends with .tpl' });
}

/** @throws ProvisioningError template-invalid: what cannot be written as UTF-8 would come back as something else */
export function checkText(text: string): void {
  if (/\p{Cs}/u.test(text)) throw templateInvalid({ path: 'text', message: 'has half of a surrogate pair' });
}

export function templateInvalid(complaint: Complaint, told = `${complaint.path} ${complaint.message}`): ProvisioningError {
  return new ProvisioningError('template-invalid', `The template cannot be stored: ${told}`, { complaints: [complaint] });
}
