import type { Profile } from '../pipeline/request.ts';
import type { VendorPackage } from '../plugins/model.ts';
import type { Facts } from '../sdk.ts';

/**
 * What a phone says of itself over SIP PnP, as a package of its vendor calls it: vendors write themselves in capitals or not, and some put
 * their name or the protocol before the model (`snom370`, `SIP-T46G`). A model that the package does not have stays as it was told.
 *
 * @returns undefined where the phone is of another vendor, or does not say of which
 */
export function factsOfProfile({ vendor, model, version }: Profile, { definition }: VendorPackage): Facts | undefined {
  if (vendor?.toLowerCase() !== definition.vendor.toLowerCase()) return undefined;
  const known = Object.values(definition.plugins).flatMap(({ series }) => series.flatMap(({ models }) => Object.keys(models)));
  const named = model === undefined ? undefined : (modelIn(model, definition.vendor, known) ?? model);
  return { vendor: definition.vendor, ...(named !== undefined && { model: named }), ...(version !== undefined && { version }) };
}

/** The longest: of a T46 and a T46G the one that is meant. */
function modelIn(told: string, vendor: string, known: readonly string[]): string | undefined {
  const text = told.toLowerCase();
  const ends = known.filter((each) => {
    if (!text.endsWith(each.toLowerCase())) return false;
    const before = text.slice(0, -each.length);
    return before === '' || /[^a-z\d]$/.test(before) || before === vendor.toLowerCase();
  });
  return ends.toSorted((one, other) => other.length - one.length)[0];
}
