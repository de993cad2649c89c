import type { Capabilities } from '../repositories/model.ts';
import type { Model, Vendor } from '../sdk.ts';

/**
 * What phones can, by vendor, model and firmware release, as provd's clients look for it.
 * @param lines ids of firmware lines, as the definition has them; all when absent
 */
export function capabilitiesOf(
  { vendor, plugins, servers = ['backupProxy'] }: Vendor,
  lines = Object.keys(plugins),
): Capabilities {
  const rows = lines.flatMap((id) => plugins[id]?.series ?? []);
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
