import { type Ingredients, Renderer } from '../../server/artefacts/renderer.ts';
import { defaultLimits } from '../../server/artefacts/template/template.ts';
import { readSettings } from '../../server/configs/raw-config.ts';
import { flatten } from '../../server/configs/resolve.ts';
import { folderDao, readTemplates } from '../../server/plugins/dao.ts';
import type { Plugin } from '../../server/plugins/model.ts';
import { pluginNotifier } from '../../server/plugins/notifier.ts';
import { type Catalogue, pluginService } from '../../server/plugins/service.ts';
import { baseRaw, ordered, type Phone, rawOf } from './fleet.ts';

/** The packages that come along. */
export async function bundled(): Promise<Catalogue> {
  return pluginService(folderDao(['dist/plugins']), pluginNotifier()).load();
}

/** A renderer as a server has one. */
export async function createRenderer(): Promise<Renderer> {
  const texts = { overrides: new Map(), shared: await readTemplates('templates') };
  return new Renderer({ texts, cacheBytes: 1_048_576, limits: defaultLimits });
}

/** All that the main file of a phone is made of, read from its raw config as the server reads it. */
export function ingredientsOf(plugin: Plugin, model: string, { mac }: Pick<Phone, 'mac'>, index: number): Ingredients {
  const [artefact] = plugin.artefacts;
  if (!artefact) throw new Error(`${plugin.id} has no artefact`);
  const id = mac.replaceAll(':', '');
  const kept = { tenant: 't', created: 0, updated: 0, revision: 1, extra: new Map() };
  const raw = new Map([...ordered(baseRaw('192.0.2.1')), ...ordered(rawOf(index))]);
  const config = flatten(new Map(), { ...kept, id, parents: [], raw, transient: false, deletable: true }, new Map());
  const reading = readSettings(config.raw);
  if ('complaints' in reading) throw new Error(reading.complaints.map(({ path, message }) => `${path} ${message}`).join('; '));
  const { vendor } = plugin.package.definition;
  const device = { ...kept, id, mac, vendor, model, plugin: plugin.id, pinned: false, approved: true, options: new Map() };
  const server = { url: 'http://192.0.2.10:8667', host: '192.0.2.10', tftpPort: 69 };
  return { plugin, file: { artefact, name: `${id}.cfg` }, device, config, settings: reading.settings, server };
}
