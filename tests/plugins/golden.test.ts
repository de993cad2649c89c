import { readdirSync } from 'node:fs';
import { describe, test } from '@jest/globals';
import { nameFor } from '../../server/artefacts/names.ts';
import type { Plugin, PluginArtefact } from '../../server/plugins/model.ts';
import { expectGolden } from '../support/golden.ts';
import { pluginsFolder, repositoryPackage } from '../support/packages.ts';
import { type CaseName, rawConfigs } from '../support/raw-configs.ts';
import { device, render } from '../support/render.ts';

const vendors = readdirSync(pluginsFolder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
const packages = await Promise.all(vendors.map(repositoryPackage));

/** Every model with the rich configuration, and the first model of each line with all of them. */
function cases(plugin: Plugin): [model: string, name: CaseName][] {
  const [first = '', ...others] = plugin.models.keys();
  return [
    ...(Object.keys(rawConfigs) as CaseName[]).map((name): [string, CaseName] => [first, name]),
    ...others.map((model): [string, CaseName] => [model, 'rich']),
  ];
}

function textOf(plugin: Plugin, artefact: PluginArtefact, model: string, name: CaseName): string {
  return render(plugin, artefact, rawConfigs[name], device(plugin, { model }));
}

describe.each(packages.flatMap(({ id, plugins }) => plugins.map((plugin) => [plugin.id, id, plugin] as const)))(
  '%s',
  (_, vendor, plugin) => {
    const [first = ''] = plugin.models.keys();

    test.each(cases(plugin))('%s gets the files of the case %s as they were reviewed', (model, name) => {
      for (const artefact of plugin.artefacts) {
        const text = textOf(plugin, artefact, model, name);
        // The main file is there for each model; of the others, what does not depend on the model is looked at once.
        const main = artefact === plugin.artefacts[0];
        if (!main && model !== first && text === textOf(plugin, artefact, first, name)) continue;
        const file = nameFor(plugin, artefact, device(plugin, { model }))?.replaceAll('/', '__') ?? artefact.template;
        expectGolden(`${vendor}/golden/${plugin.id}/${model}-${name}/${file}`, text);
      }
    });
  },
);
