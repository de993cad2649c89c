import type { Mac } from '../lib/mac.ts';
import type { VendorPackage } from '../plugins/model.ts';

/** Whose MAC address it is, by its first digits: vendors' prefixes of 6 digits and more, the longest that fits wins. */
export class MacPrefixes {
  readonly #vendors = new Map<string, string>();
  /** Lengths that occur, the longest first. */
  readonly #lengths: readonly number[];

  constructor(packages: readonly VendorPackage[]) {
    for (const { definition } of packages) {
      for (const prefix of definition.macPrefixes ?? []) this.#vendors.set(digitsOf(prefix), definition.vendor);
    }
    this.#lengths = [...new Set([...this.#vendors.keys()].map((prefix) => prefix.length))].sort((a, b) => b - a);
  }

  vendorOf(mac: Mac): string | undefined {
    const digits = digitsOf(mac);
    for (const length of this.#lengths) {
      const vendor = this.#vendors.get(digits.slice(0, length));
      if (vendor !== undefined) return vendor;
    }
    return undefined;
  }
}

function digitsOf(text: string): string {
  return text.replaceAll(/[:.-]/g, '').toLowerCase();
}
