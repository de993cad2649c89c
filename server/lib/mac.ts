/** A MAC address in the one spelling the server uses: `00:15:65:5e:16:7c`. */
export type Mac = string & { readonly brand: 'Mac' };

/** All zeros and all ones are what phones send before they know themselves; they name no device. */
const NOBODY = /^(?:0{12}|f{12})$/;

/** Reads any spelling a phone or a person uses (0015655E167C, 00-15-65-5e-16-7c, 0015.655e.167c). */
export function parseMac(text: string): Mac | undefined {
  const digits = text.replaceAll(/[:.\s-]/g, '').toLowerCase();
  if (!/^[\da-f]{12}$/.test(digits) || NOBODY.test(digits)) return undefined;
  const bytes: string[] = [];
  for (let start = 0; start < 12; start += 2) bytes.push(digits.slice(start, start + 2));
  return bytes.join(':') as Mac;
}

const hex: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Reads the six bytes that a packet has; undefined for any other number of them, and for nobody's. */
export function macOfBytes(bytes: Uint8Array): Mac | undefined {
  if (bytes.length !== 6) return undefined;
  const of = (index: number) => hex[bytes[index] ?? 0];
  const mac = `${of(0)}:${of(1)}:${of(2)}:${of(3)}:${of(4)}:${of(5)}`;
  return mac === '00:00:00:00:00:00' || mac === 'ff:ff:ff:ff:ff:ff' ? undefined : (mac as Mac);
}
