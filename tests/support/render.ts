import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { escapes } from '../../server/artefacts/escape.ts';
import { nameFor } from '../../server/artefacts/names.ts';
import { findTemplate, templateNames } from '../../server/artefacts/overrides.ts';
import { compile, defaultLimits, type Template } from '../../server/artefacts/template/template.ts';
import { buildView } from '../../server/artefacts/view.ts';
import { readSettings } from '../../server/configs/raw-config.ts';
import { blankDevice, type Device } from '../../server/devices/model.ts';
import { fromPlain, type OrderedJson, parseOrdered } from '../../server/lib/ordered-json.ts';
import type { Plugin, PluginArtefact } from '../../server/plugins/model.ts';
import { pluginsFolder } from './packages.ts';

type Raw = ReadonlyMap<string, OrderedJson>;

/** The templates that vendors share, as the server reads them. */
const shared = new Map(
  readdirSync(join(pluginsFolder, '../templates'))
    .filter((name) => name.endsWith('.tpl'))
    .map((name) => [name, readFileSync(join(pluginsFolder, '../templates', name), 'utf8')]),
);

export function device(plugin: Plugin, parts: Partial<Device> = {}): Device {
  return {
    ...blankDevice('dev1', 't1', 0),
    mac: '00:0f:d3:05:11:22' as never,
    serial: 'CBT141900G7',
    uuid: '550e8400-e29b-41d4-a716-446655440000',
    ip: '192.0.2.101' as never,
    vendor: plugin.package.definition.vendor,
    version: plugin.version,
    plugin: plugin.id,
    ...parts,
  };
}

const compiled = new WeakMap<Plugin, Map<string, Template>>();

function templateOf(plugin: Plugin, artefact: PluginArtefact, file: string, model: string | undefined): Template {
  const known = compiled.get(plugin) ?? new Map<string, Template>();
  compiled.set(plugin, known);
  const loader = (name: string) => findTemplate(name, plugin, { overrides: new Map(), shared });
  const source = templateNames(artefact, file, model, plugin)
    .map(loader)
    .find((found) => found !== undefined);
  if (!source) throw new Error(`${artefact.template} is not there`);
  const key = `${artefact.format} ${source.name}`;
  const template = known.get(key) ?? compile(source, loader, { ...escapes[artefact.format], undefined: 'strict' });
  known.set(key, template);
  return template;
}

/** One file as text, with undefined values as errors: a template that names what does not exist fails its test. */
export function render(plugin: Plugin, artefact: PluginArtefact, raw: Raw, phone: Device, model = phone.model): string {
  const reading = readSettings(raw);
  if ('complaints' in reading) throw new Error(JSON.stringify(reading.complaints));
  const server = {
    url: reading.settings.httpBaseUrl ?? 'http://192.0.2.10:8667',
    host: '192.0.2.10',
    tftpPort: reading.settings.tftpPort ?? 69,
  };
  const name = nameFor(plugin, artefact, { ...phone, ...(model !== undefined && { model }) });
  if (name === undefined) throw new Error(`${artefact.name} cannot be named`);
  const view = buildView({
    plugin,
    device: phone,
    ...(model !== undefined && { model }),
    settings: reading.settings,
    raw,
    server,
  });
  return templateOf(plugin, artefact, name, model).render({ ...view }, defaultLimits);
}

export function raw(value: object): Map<string, OrderedJson> {
  return fromPlain(value) as Map<string, OrderedJson>;
}

export function rawFrom(text: string): Map<string, OrderedJson> {
  return parseOrdered(text) as Map<string, OrderedJson>;
}
