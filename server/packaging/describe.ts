import { ProvisioningError } from '../lib/errors.ts';
import type { VendorPackage } from '../plugins/model.ts';
import type { Capabilities, PackageInfo } from '../repositories/model.ts';
import { supportedInterfaces } from '../sdk/interface.ts';
import type { Model, Vendor } from '../sdk.ts';
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

/** By vendor, model and firmware release, as provd's clients look for them. */
function capabilitiesOf({ vendor, plugins, servers = ['backupProxy'] }: Vendor): Capabilities {
  const rows = Object.values(plugins).flatMap(({ series }) => series);
  return Object.fromEntries(
    rows.flatMap(({ version, models }) =>
      Object.entries(models).map(([name, model]) => [
        `${vendor}, ${name}, ${version}`,
        {
          lines: model.lines,
          high_availability: servers.includes('backupProxy'),
          function_keys: keysOf(model),
          expansion_modules: model.modules?.most ?? 0,
          protocol: 'sip',
        },
      ]),
    ),
  );
}

function keysOf({ keys = 0 }: Model): number {
  return typeof keys === 'number' ? keys : Object.values(keys).reduce((sum, count) => sum + count, 0);
}
