import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from '@jest/globals';
import { nameFor } from '../../server/artefacts/names.ts';
import type { Plugin, PluginArtefact } from '../../server/plugins/model.ts';
import { expectGolden } from '../support/golden.ts';
import { pluginsFolder, repositoryPackage } from '../support/packages.ts';
import { type CaseName, rawConfigs } from '../support/raw-configs.ts';
import { device, render } from '../support/render.ts';

const vendors = readdirSync(pluginsFolder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
const packages = await Promise.all(vendors.map(repositoryPackage));

/** Models with which a vendor's cases are looked at, in the lines that have them: `everyCase` of its samples.ts, else a line's first. */
const everyCase = new Map(
  await Promise.all(
    vendors.map(async (id): Promise<[string, readonly string[]]> => {
      const told = (await import(join(import.meta.dirname, id, 'samples.ts'))) as { everyCase?: readonly string[] };
      return [id, told.everyCase ?? []];
    }),
  ),
);

/** Every model with the rich configuration, and some with all of them. */
function cases(plugin: Plugin, vendor: string): [model: string, name: CaseName][] {
  const models = [...plugin.models.keys()];
  const shown = everyCase.get(vendor)?.filter((model) => models.includes(model)) ?? [];
  const whole = shown.length > 0 ? shown : models.slice(0, 1);
  const names = Object.keys(rawConfigs) as CaseName[];
  return models.flatMap((model) =>
    (whole.includes(model) ? names : (['rich'] as const)).map((name): [string, CaseName] => [model, name]),
  );
}

function textOf(plugin: Plugin, artefact: PluginArtefact, model: string, name: CaseName): string {
  return render(plugin, artefact, rawConfigs[name], device(plugin, { model }));
}

describe.each(packages.flatMap(({ id, plugins }) => plugins.map((plugin) => [plugin.id, id, plugin] as const)))(
  '%s',
  (_, vendor, plugin) => {
    const [first = ''] = plugin.models.keys();

    test.each(cases(plugin, vendor))('%s gets the files of the case %s as they were reviewed', (model, name) => {
      for (const artefact of plugin.artefacts) {
        const text = textOf(plugin, artefact, model, name);
        // The main file is there for each model; of the others, what does not depend on the model is looked at once.
        const main = artefact === plugin.artefacts[0];
        if (!main && model !== first && name === 'rich' && text === textOf(plugin, artefact, first, name)) continue;
        const file = nameFor(plugin, artefact, device(plugin, { model }))?.replaceAll('/', '__') ?? artefact.template;
        expectGolden(`${vendor}/golden/${plugin.id}/${model}-${name}/${file}`, text);
      }
    });
  },
);
