/** Messages as bytes. */

import { captured } from './captured.ts';

export const COOKIE = '63825363';

/** The fields up to `sname` of a DISCOVER from this hardware address. */
export function head(mac: string): string {
  return `01010600d1ce0001${'00'.repeat(20)}${mac.replaceAll(':', '')}${'00'.repeat(10)}`;
}

/** A whole message, with zeros to the least length. */
export function message(fields: string, options: string, { sname = '', file = '' } = {}): Buffer {
  const hex = fields + sname.padEnd(128, '0') + file.padEnd(256, '0') + COOKIE + options;
  return Buffer.from(hex.padEnd(600, '0'), 'hex');
}

/** An option. */
export function hex(code: number, value: string | Buffer): string {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.of(code, bytes.length), bytes]).toString('hex');
}

export const captures = Object.entries(captured).map(([name, [fields, options]]) => [name, message(fields, options)] as const);
export function capture(name: keyof typeof captured): Buffer {
  const [fields, options] = captured[name];
  return message(fields, options);
}

const discover = '350101';

/**
 * DISCOVERs as phones make them. Written down from what vendors and captures of others tell of the options that count here; the rest
 * is what any client sends.
 */
export const phones = {
  yealink: message(
    head('00:15:65:5e:16:7c'),
    `${discover}${hex(61, Buffer.from('010015655e167c', 'hex'))}${hex(12, 'SIP-T46S')}${hex(60, 'yealink SIP-T46S')}${hex(55, Buffer.of(1, 2, 3, 6, 15, 28, 42, 43, 66, 67, 120, 125, 150, 160))}ff`,
  ),
  // A C string, with its end, and so is the host name
  cisco: message(
    head('00:1a:a1:2b:3c:4d'),
    `${discover}390205dc${hex(61, Buffer.from('01001aa12b3c4d', 'hex'))}${hex(12, 'SEP001AA12B3C4D\0')}${hex(60, 'Cisco Systems, Inc. IP Phone CP-7940G\0')}${hex(55, Buffer.of(1, 66, 6, 3, 15, 150, 35, 151))}ff`,
  ),
  // Option 60 is one of RFC 3925, as the vendor's guide for administrators shows; as are 125, and 43 as text
  polycom: message(
    head('00:04:f2:ac:89:bb'),
    `${discover}${hex(60, Buffer.from(`0000363d28${hex(1, 'Polycom')}${hex(2, 'SoundPointIP-SPIP_601')}${hex(5, 'BR/3.1')}ff`, 'hex'))}` +
      `${hex(124, Buffer.from(`0000363d07${Buffer.from('VVX 600').toString('hex')}`, 'hex'))}` +
      `${hex(125, Buffer.from(`0000363d11${hex(1, 'Polycom')}${hex(2, 'VVX600')}`, 'hex'))}${hex(43, 'Polycom')}` +
      `${hex(55, Buffer.of(1, 3, 6, 7, 15, 42, 43, 66, 128, 144, 157, 160, 191))}ff`,
  ),
  grandstream: message(
    head('00:0b:82:12:34:56'),
    `${discover}390205c0${hex(60, 'Grandstream GXP2160 dslforum.org')}${hex(77, '\x07GXP2160')}${hex(55, Buffer.of(1, 3, 6, 12, 15, 28, 42, 43, 66, 120, 132, 133, 160))}ff`,
  ),
  // Pads between the options, and none behind the end
  snom: message(
    head('00:04:13:aa:bb:cc'),
    `${discover}0000${hex(60, 'snom370')}00${hex(77, 'snom')}${hex(55, Buffer.of(1, 2, 3, 6, 12, 15, 42, 66, 67, 100, 101, 114, 132))}ff`,
  ),
} as const;
