import type { Device } from '../devices/model.ts';
import { fill, type Parts, placeholders, type Values, whole } from '../lib/placeholders.ts';
import type { Plugin, PluginArtefact } from '../plugins/model.ts';
import type { Artefact, FirmwareView, Series } from '../sdk.ts';

/** What file names may depend on. */
export type Named = Partial<Pick<Device, 'mac' | 'serial' | 'uuid' | 'model' | 'version'>>;

function split(text: string, separators: RegExp, joiner: string): Parts {
  return { parts: text.split(separators), joiner };
}

/** @param facts others that a text may name, such as those of a model's row; only texts and numbers can be written */
export function valuesOf({ mac, serial, uuid, model, version }: Named, facts: Readonly<Record<string, unknown>> = {}): Values {
  const told = Object.entries(facts).filter(([, fact]) => typeof fact === 'string' || typeof fact === 'number');
  return {
    ...Object.fromEntries(told.map(([name, fact]) => [name, whole(String(fact))])),
    ...(mac !== undefined && { mac: split(mac, /:/, '') }),
    ...(serial !== undefined && { serial: whole(serial) }),
    ...(uuid !== undefined && { uuid: whole(uuid) }),
    ...(model !== undefined && { model: whole(model) }),
    ...(version !== undefined && { version: split(version, /[._-]/, '.') }),
  };
}

/** The name under which this device asks for a file; undefined when it lacks what the name needs. */
export function nameFor(artefact: Artefact, device: Named): string | undefined {
  return fill(artefact.name, valuesOf(device));
}

/** Image paths of a series for one of its models. */
export function imagesOf(series: Series, model: string): string[] {
  return (series.images ?? []).flatMap((image) => fill(image, valuesOf({ model, version: series.version })) ?? []);
}

/** Every model's firmware, in the order of the plugin's table. */
export function firmwareOf(plugin: Plugin): FirmwareView[] {
  return [...plugin.models.values()].map(({ name, series }) => ({
    model: name,
    version: series.version,
    images: imagesOf(series, name),
  }));
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
  const asked = path.replace(/^\//, '').toLowerCase();
  for (const artefact of plugin.artefacts) {
    if (artefact.own && !device) continue;
    const perModel = !artefact.own && placeholders(artefact.name).has('model');
    for (const subject of perModel ? modelsOf(plugin, device) : [device ?? {}]) {
      const name = nameFor(artefact, subject);
      if (name?.toLowerCase() === asked) return { artefact, name, ...(perModel && subject.model && { model: subject.model }) };
    }
  }
  return undefined;
}

/** The device's own model first, which need not be in the table. */
function modelsOf(plugin: Plugin, device: Device | undefined): Named[] {
  const rows = [...plugin.models.values()].map(({ name, series }) => ({ model: name, version: series.version }));
  return device?.model === undefined ? rows : [{ model: device.model, version: device.version ?? plugin.version }, ...rows];
}
