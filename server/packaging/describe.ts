import { ProvisioningError } from '../lib/errors.ts';
import { capabilitiesOf } from '../plugins/capabilities.ts';
import type { VendorPackage } from '../plugins/model.ts';
import type { PackageInfo } from '../repositories/model.ts';
import { supportedInterfaces } from '../sdk/interface.ts';
import type { Vendor } from '../sdk.ts';
import type { Release } from './changelog.ts';

/** What a package says of itself to those who look for one. @throws ProvisioningError plugin-invalid */
export function describe({ id, definition, plugins }: VendorPackage, release: Release): PackageInfo {
  const { vendor, version, interface: oldest = supportedInterfaces.newest } = definition;
  return {
    id,
    version,
    vendor,
    descriptions: descriptionsOf(definition),
    ...release,
    interface: { min: oldest, max: supportedInterfaces.newest },
    plugins: Object.fromEntries(
      plugins.map(({ id: line, version: newest, models }) => [line, { version: newest, models: [...models.keys()] }]),
    ),
    capabilities: capabilitiesOf(definition),
  };
}

function descriptionsOf({ description = {} }: Vendor): Map<string, string> {
  const { en, ...others } = description;
  if (en === undefined) {
    throw new ProvisioningError(
      'plugin-invalid',
      "description: say in English, and in other languages, which phones the package is for: description: { en: 'Acme desk phones', fr: '…' }",
    );
  }
  return new Map([['', en], ...Object.entries(others)]);
}
