import { fill, placeholders } from '../lib/placeholders.ts';
import type { Plugin, PluginArtefact } from '../plugins/model.ts';
import type { Artefact } from '../sdk.ts';
import { nameFor } from './names.ts';
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
  const ofModel = plugin.artefacts[0] === artefact ? `${model}.tpl` : `${model}-${artefact.template}`;
  return [`${lastPart(fileName)}.tpl`, ...(model === undefined ? [] : [ofModel]), artefact.template];
}

/**
 * The template of the package, or of those that all share, that is used when there is no override of this name: the one of the same name;
 * for `<model>.tpl` and `<model>-<template>` the template of the artefact, for `<file>.tpl` that of the artefact whose file is called so.
 * Undefined when the name means none of them. Which model a single device is, its file name does not tell: of a package that has a
 * template for that model alone, it is the artefact's all the same.
 */
export function originOf(name: string, plugin: Plugin, shared: ReadonlyMap<string, string>): TemplateSource | undefined {
  const texts = { overrides: new Map(), shared };
  const names = [name, ...namesBehind(name, plugin)];
  return names.map((each) => findTemplate(each, plugin, texts)).find((found) => found !== undefined);
}

/** The names that `templateNames` has after this one. */
function namesBehind(name: string, plugin: Plugin): readonly string[] {
  const file = name.replace(/\.tpl$/, '');
  for (const artefact of plugin.artefacts) {
    for (const [model, { series }] of plugin.models) {
      const [, ofModel = ''] = templateNames(artefact, '', model, plugin);
      if (name === ofModel) return [artefact.template];
      const isOfModel = !artefact.own && placeholders(artefact.name).size > 0;
      if (isOfModel && lastPart(nameFor(plugin, artefact, { model, version: series.version }) ?? '') === file) {
        return [ofModel, artefact.template];
      }
    }
  }
  const [found] = plugin.artefacts.filter((artefact) => isNameOf(artefact, file)).sort((a, b) => b.name.length - a.name.length);
  return found ? [found.template] : [];
}

/** Whether some device's file of this artefact could be called so. */
function isNameOf({ name }: PluginArtefact, file: string): boolean {
  const marked = fill(lastPart(name), (key, separator) => {
    if (key !== key.toLowerCase()) return undefined;
    return key === 'mac'
      ? Array(6)
          .fill(MAC_BYTE)
          .join(separator ?? '')
      : ANYTHING;
  });
  if (marked === undefined) return false;
  const escaped = marked.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll(MAC_BYTE, '[\\dA-Fa-f]{2}').replaceAll(ANYTHING, '.+')}$`, 's').test(file);
}

/** Signs that no file name has, in the place of what it does not tell. */
const MAC_BYTE = '\u0001';
const ANYTHING = '\u0002';

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
