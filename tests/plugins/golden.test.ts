import { readdirSync } from 'node:fs';
import { describe, test } from '@jest/globals';
import { nameFor } from '../../server/artefacts/names.ts';
import type { Plugin } from '../../server/plugins/model.ts';
import { expectGolden } from '../support/golden.ts';
import { pluginsFolder, repositoryPackage } from '../support/packages.ts';
import { rawConfigs } from '../support/raw-configs.ts';
import { device, render } from '../support/render.ts';

const vendors = readdirSync(pluginsFolder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
const packages = await Promise.all(vendors.map(repositoryPackage));

/** Every model with the rich configuration, and the first model of each line with all of them. */
function cases(plugin: Plugin): { model: string; name: string }[] {
  const [first = '', ...others] = plugin.models.keys();
  return [
    ...Object.keys(rawConfigs).map((name) => ({ model: first, name })),
    ...others.map((model) => ({ model, name: 'rich' })),
  ];
}

describe.each(packages.flatMap(({ id, plugins }) => plugins.map((plugin) => [plugin.id, id, plugin] as const)))(
  '%s',
  (_, vendor, plugin) => {
    test.each(cases(plugin).map(({ model, name }) => [model, name] as const))(
      '%s gets the files of the case %s as they were reviewed',
      (model, name) => {
        const phone = device(plugin, { model });
        for (const artefact of plugin.artefacts) {
          const text = render(plugin, artefact, rawConfigs[name as keyof typeof rawConfigs], phone);
          const file = nameFor(artefact, phone)?.replaceAll('/', '__') ?? artefact.template;
          expectGolden(`${vendor}/golden/${plugin.id}/${model}-${name}/${file}`, text);
        }
      },
    );
  },
);
