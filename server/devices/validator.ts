import { z } from 'zod';
import { type Complaint, ProvisioningError } from '../lib/errors.ts';
import { parseIp } from '../lib/ip.ts';
import { parseMac } from '../lib/mac.ts';
import type { OrderedJson } from '../lib/ordered-json.ts';
import type { Device } from './model.ts';

/** What somebody may say of a device. In a change, null takes a field away. */
export type DeviceChange = {
  [Key in keyof Omit<Device, 'id' | 'tenant' | 'added' | 'created' | 'updated' | 'revision' | 'pinned' | 'approved'>]?:
    | Device[Key]
    | null;
} & { readonly approved?: boolean };

const anyText = z.string({ error: 'must be a text' });
const text = anyText.min(1, 'must not be empty').max(255, 'must be 255 characters at most');
const ordered = z.custom<ReadonlyMap<string, OrderedJson>>((value) => value instanceof Map, { error: 'must be an object' });

const change = z
  .strictObject({
    mac: anyText.transform((value, context) => {
      const mac = parseMac(value);
      if (!mac) context.addIssue({ code: 'custom', message: 'must be a MAC address such as 00:0f:d3:05:48:48' });
      return mac ?? z.NEVER;
    }),
    ip: anyText.transform((value, context) => {
      const ip = parseIp(value);
      if (!ip) context.addIssue({ code: 'custom', message: 'must be an IPv4 or IPv6 address' });
      return ip ?? z.NEVER;
    }),
    serial: text,
    uuid: text.transform((value) => value.toLowerCase()),
    vendor: text,
    model: text,
    version: text,
    plugin: text,
    config: text,
    description: anyText.max(1_000, 'must be 1,000 characters at most'),
    options: ordered,
    extra: ordered.refine((map) => [...map.keys()].every((key) => key.startsWith('X_')), 'keys of your own must begin with X_'),
    approved: z.boolean({ error: 'must be true or false' }),
  })
  .partial();

/** `extra` is how the keys of others are handed over; whoever writes a document sets them side by side. */
const names = Object.keys(change.shape).filter((key) => key !== 'extra');

const nullable = z.strictObject(
  Object.fromEntries(Object.entries(change.shape).map(([key, schema]) => [key, key === 'approved' ? schema : schema.nullable()])),
);

/** What `readChange` reads, of a document: for the description of the API. */
export const deviceSchema = nullable.omit({ extra: true });

/** @throws ProvisioningError device-invalid with every complaint */
export function readChange(input: ReadonlyMap<string, OrderedJson>): DeviceChange {
  const parsed = nullable.safeParse(Object.fromEntries(input));
  if (parsed.success) return parsed.data as DeviceChange;
  const complaints: Complaint[] = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({
          path: key,
          message: `is not a field of a device; fields are ${names.join(', ')}; keys of your own begin with X_`,
        }))
      : [{ path: issue.path.join('.'), message: issue.message }],
  );
  const told = complaints.map(({ path, message }) => `${path} ${message}`).join('; ');
  throw new ProvisioningError('device-invalid', `The device cannot be stored: ${told}`, { complaints });
}

/** Ids come into URLs and logs. */
export function checkId(id: string): void {
  if (/^(?!\.{1,2}$)[\w.-]{1,128}$/.test(id)) return;
  const message = 'A device id is 1 to 128 letters, digits, dots, dashes and underscores';
  throw new ProvisioningError('device-invalid', message, { complaints: [{ path: 'id', message }] });
}
