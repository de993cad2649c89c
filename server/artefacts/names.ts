import type { Device } from '../devices/model.ts';
import { fill, type Lookup, placeholders } from '../lib/placeholders.ts';
import type { ModelRow, Plugin, PluginArtefact } from '../plugins/model.ts';
import type { Artefact, FirmwareView, Series } from '../sdk.ts';

/** What file names may depend on. */
export type Named = Partial<Pick<Device, 'mac' | 'serial' | 'uuid' | 'model' | 'version'>>;

function written(fact: unknown): string | undefined {
  return typeof fact === 'string' || typeof fact === 'number' ? String(fact) : undefined;
}

/** @param facts others that a text may name, such as those of a model's row; only texts and numbers can be written */
export function valuesOf({ mac, serial, uuid, model, version }: Named, facts?: Readonly<Record<string, unknown>>): Lookup {
  return (name, separator) => {
    switch (name) {
      case 'mac':
        return mac?.replaceAll(':', separator ?? '');
      case 'version':
        return version?.replaceAll(/[._-]/g, separator ?? '.');
      case 'serial':
        return serial;
      case 'uuid':
        return uuid;
      case 'model':
        return model;
      default:
        return facts && Object.hasOwn(facts, name) ? written(facts[name]) : undefined;
    }
  };
}

/** The name under which a device of this plugin asks for a file; undefined when it lacks what the name needs. */
export function nameFor(plugin: Plugin, artefact: Artefact, device: Named): string | undefined {
  return fill(artefact.name, valuesOf(device, rowOf(plugin, device.model)?.model));
}

/** The row of a model that the plugin knows. */
export function rowOf({ models }: Plugin, model: string | undefined): ModelRow | undefined {
  return model === undefined ? undefined : models.get(model);
}

/** Image paths of a series for one of its models. */
export function imagesOf(series: Series, model: string): string[] {
  const values = valuesOf({ model, version: series.version }, series.models[model]);
  return (series.images ?? []).flatMap((image) => fill(image, values) ?? []);
}

const firmware = new WeakMap<Plugin, readonly FirmwareView[]>();

/** Every model's firmware, in the order of the plugin's table. */
export function firmwareOf(plugin: Plugin): readonly FirmwareView[] {
  const known = firmware.get(plugin);
  if (known) return known;
  const rows = [...plugin.models.values()];
  const made = rows.map(({ name, series }) => ({ model: name, version: series.version, images: imagesOf(series, name) }));
  firmware.set(plugin, made);
  return made;
}

/** One file that a name resolves to. */
export interface Resolved {
  readonly artefact: PluginArtefact;
  /** The name in full, as this device or model asks for it: what deliveries are noted under. */
  readonly name: string;
  /** A common file that there is for each model. */
  readonly model?: string;
}

/**
 * What a phone means by a path. Phones differ in how they write hexadecimal digits, so upper and lower case are alike.
 * @param device whose own files are among the answers; undefined leaves the common ones
 */
export function resolveName(path: string, plugin: Plugin, device: Device | undefined): Resolved | undefined {
  const asked = (path.startsWith('/') ? path.slice(1) : path).toLowerCase();
  for (const artefact of plugin.artefacts) {
    if (artefact.own && !device) continue;
    const ofModels = modelFiles(plugin).get(artefact);
    const found = ofModels
      ? (ofDevicesModel(asked, artefact, plugin, device) ?? ofModels.get(asked))
      : ofOne(asked, artefact, plugin, device);
    if (found) return found;
  }
  return undefined;
}

function ofOne(asked: string, artefact: PluginArtefact, plugin: Plugin, subject: Named = {}): Resolved | undefined {
  const name = nameFor(plugin, artefact, subject);
  return name?.toLowerCase() === asked ? { artefact, name } : undefined;
}

/** The file of the device's own model, which need not be in the table. */
function ofDevicesModel(
  asked: string,
  artefact: PluginArtefact,
  plugin: Plugin,
  { model, version = plugin.version }: Named = {},
): Resolved | undefined {
  const found = model === undefined ? undefined : ofOne(asked, artefact, plugin, { model, version });
  return found && model ? { ...found, model } : found;
}

/** Common files that there is one of for each model in the table, by their names in lower case: made once for a plugin. */
type ModelFiles = ReadonlyMap<PluginArtefact, ReadonlyMap<string, Resolved>>;
const modelFilesOf = new WeakMap<Plugin, ModelFiles>();

function modelFiles(plugin: Plugin): ModelFiles {
  const known = modelFilesOf.get(plugin);
  if (known) return known;
  // Whatever is neither one device's nor its version is a fact of a model.
  const perModel = plugin.artefacts.filter(({ own, name }) => !own && [...placeholders(name)].some((fact) => fact !== 'version'));
  const made = new Map(perModel.map((artefact) => [artefact, filesOfTable(plugin, artefact)]));
  modelFilesOf.set(plugin, made);
  return made;
}

function filesOfTable(plugin: Plugin, artefact: PluginArtefact): Map<string, Resolved> {
  const files = new Map<string, Resolved>();
  for (const { name: model, series } of plugin.models.values()) {
    const name = nameFor(plugin, artefact, { model, version: series.version });
    // Of two models with one name, the first of the table.
    if (name !== undefined && !files.has(name.toLowerCase())) files.set(name.toLowerCase(), { artefact, name, model });
  }
  return files;
}
