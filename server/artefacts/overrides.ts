import type { Plugin } from '../plugins/model.ts';
import type { Artefact } from '../sdk.ts';
import type { TemplateSource } from './template/template.ts';

/** Where templates come from, outermost first: the operator's, the package's, the ones all vendors share. */
export interface TemplateTexts {
  /** `templates/<plugin>/` of the data directory, by plugin id and file name. */
  readonly overrides: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly shared: ReadonlyMap<string, string>;
}

/** Looks a template up by its file name in the search order; errors show the name it is returned with. */
export function findTemplate(name: string, plugin: Plugin, texts: TemplateTexts): TemplateSource | undefined {
  const override = texts.overrides.get(plugin.id)?.get(name);
  if (override !== undefined) return { name: overrideName(plugin, name), text: override };
  const own = plugin.package.templates.get(name);
  if (own !== undefined) return { name: packageName(plugin, name), text: own };
  const shared = texts.shared.get(name);
  return shared === undefined ? undefined : { name: sharedName(name), text: shared };
}

const overrideName = (plugin: Plugin, name: string) => `templates/${plugin.id}/${name}`;
const packageName = (plugin: Plugin, name: string) => `${plugin.package.id}/${name}`;
const sharedName = (name: string) => `shared/${name}`;

/** All templates that there are under a name, the one that is used first. */
export function templateLayers(name: string, plugin: Plugin, { overrides, shared }: TemplateTexts): string[] {
  return [
    ...(overrides.get(plugin.id)?.has(name) ? [overrideName(plugin, name)] : []),
    ...(plugin.package.templates.has(name) ? [packageName(plugin, name)] : []),
    ...(shared.has(name) ? [sharedName(name)] : []),
  ];
}

/**
 * The names a file's template may have, the most particular first: one for a single device, one for its model, the artefact's.
 * `<model>.tpl` stands for the main artefact; for the others the model goes before the template's own name.
 */
export function templateNames(artefact: Artefact, fileName: string, model: string | undefined, plugin: Plugin): string[] {
  const base = fileName.slice(fileName.lastIndexOf('/') + 1);
  const ofModel = plugin.artefacts[0] === artefact ? `${model}.tpl` : `${model}-${artefact.template}`;
  return [`${base}.tpl`, ...(model === undefined ? [] : [ofModel]), artefact.template];
}
