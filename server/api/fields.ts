import * as z from 'zod';
import { parseIp } from '../lib/ip.ts';
import { parseMac } from '../lib/mac.ts';

/** Fields of bodies that several resources have. */

/** Option codes that say something (RFC 2132); 0 and 255 are padding and end. */
const optionCode = /^(?:[1-9]\d?|1\d\d|2[0-4]\d|25[0-4])$/;

export const ip = z
  .string({ error: 'must be an IPv4 or IPv6 address' })
  .transform((text, context) => parseIp(text) ?? refuse(context, 'must be an IPv4 or IPv6 address'));

export const ipv4 = z.string({ error: 'must be an IPv4 address' }).transform((text, context) => {
  const address = parseIp(text);
  return address?.includes(':') === false ? address : refuse(context, 'must be an IPv4 address');
});

export const mac = z
  .string({ error: 'must be a MAC address' })
  .transform((text, context) => parseMac(text) ?? refuse(context, 'must be a MAC address'));

/** What a client sends over DHCP, by code, in hexadecimal; one without a content is one that it does not send. */
export const dhcpOptions = z
  .map(
    z.string().regex(optionCode, { error: 'must be the code of a DHCP option' }),
    z.string().regex(/^(?:[\da-f]{2})*$/i, { error: 'must be in hexadecimal' }),
    { error: 'must be an object of texts' },
  )
  .transform(
    (options) => new Map([...options].filter(([, hex]) => hex).map(([code, hex]) => [Number(code), Buffer.from(hex, 'hex')])),
  );

function refuse(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}

/** A time in a query, in milliseconds since 1970. */
export const moment = z.iso
  .datetime({ offset: true, error: 'must be a time of RFC 3339, such as 2030-01-01T00:00:00Z' })
  .transform((value) => Date.parse(value));

/** Parts of answers, for the description of the API; tests hold answers to them. */

export const time = z.iso.datetime().meta({ description: 'A time of RFC 3339, in UTC' });
export const count = z.int().min(0);
export const text = z.string();
/** An object whose keys are not known beforehand. */
export const anything = z.record(z.string(), z.unknown());
