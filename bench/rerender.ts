import { setTimeout as sleep } from 'node:timers/promises';
import { type Ingredients, Renderer } from '../server/artefacts/renderer.ts';
import { defaultLimits } from '../server/artefacts/template/template.ts';
import { readSettings } from '../server/configs/raw-config.ts';
import { flatten } from '../server/configs/resolve.ts';
import { folderDao, readTemplates } from '../server/plugins/dao.ts';
import type { Plugin } from '../server/plugins/model.ts';
import { pluginNotifier } from '../server/plugins/notifier.ts';
import { pluginService } from '../server/plugins/service.ts';
import { baseConfig, baseRaw, ordered, phonesOf, rawOf } from './support/fleet.ts';
import { type Offhook, startOffhook } from './support/offhook.ts';
import { processorSeconds } from './support/peers.ts';
import { fetchAll, fetchOn, quantile } from './support/phones.ts';
import type { Part, Row } from './support/table.ts';
import { yealink } from './support/vendors.ts';

const phoneCount = 2_000;
const connections = 16;
const quietMs = 2_000;

/** Changes what all phones inherit, and waits until all their files are made anew. @returns seconds */
async function change(server: Offhook, ntp: string): Promise<number> {
  const started = performance.now();
  await server.ask('PUT', `/api/v1/configs/${baseConfig}`, { raw_config: baseRaw(ntp) });
  // It begins when it is known who inherits.
  let begun = false;
  for (;;) {
    const waiting = await server.waiting();
    begun ||= waiting > 0;
    if (begun && waiting === 0) return (performance.now() - started) / 1_000;
    await sleep(begun ? 100 : 5);
  }
}

async function changes(): Promise<Row[]> {
  const phones = phonesOf(yealink, phoneCount);
  const server = await startOffhook({ vendor: yealink, phones, packages: 1 });
  try {
    // From now on it knows under which URL they reach it.
    await fetchAll(server, phones);
    const before = processorSeconds(server.peer);
    const alone = await change(server, '192.0.2.2');
    const taken = processorSeconds(server.peer) - before;
    const load = fetchOn(server.port, phones, connections);
    await sleep(quietMs);
    const started = performance.now();
    const asked = await change(server, '192.0.2.3');
    const ended = performance.now();
    const answered = await load.stop();
    const during = answered.filter(({ at }) => at >= started && at < ended);
    const quiet = answered.filter(({ at }) => at < started);
    const files = `${phoneCount.toLocaleString('en')} files made anew`;
    return [
      { what: `${files} after a change of their base config`, ours: alone, unit: 's', target: { most: 4 } },
      { what: `${files}: processor time`, ours: taken, unit: 's' },
      { what: `${files} while phones ask`, ours: asked, unit: 's', target: { most: 4 } },
      { what: 'phones that ask meanwhile: p99', ours: quantile(during, 0.99), unit: 'ms', target: { most: 20 } },
      { what: 'phones that ask meanwhile: median', ours: quantile(during, 0.5), unit: 'ms' },
      { what: 'phones that ask before: p99', ours: quantile(quiet, 0.99), unit: 'ms' },
    ];
  } finally {
    await server.stop();
  }
}

/** What the first phone of a model costs, and the second, for every model of the packages that come along. */
async function models(): Promise<Row[]> {
  const { catalogue } = await (async () => {
    const plugins = pluginService(folderDao(['dist/plugins']), pluginNotifier());
    await plugins.load();
    return plugins;
  })();
  const shared = await readTemplates('templates');
  const rows: Row[] = [];
  for (const { id, plugins } of catalogue.packages) {
    const costs = plugins.flatMap((plugin) => [...plugin.models.keys()].map((model) => costOf(plugin, model, shared)));
    const worst = (key: 'first' | 'next') => Math.max(...costs.map((cost) => cost[key]));
    const median = (key: 'first' | 'next') =>
      costs.map((cost) => cost[key]).sort((a, b) => a - b)[costs.length >> 1] ?? Number.NaN;
    for (const [key, what] of [
      ['first', 'the first phone of a model, template compiled'],
      ['next', 'a further phone of it'],
    ] as const) {
      rows.push({ what: `${id}, ${costs.length} models, ${what}: median`, ours: median(key), unit: 'ms' });
      rows.push({ what: `${id}, ${costs.length} models, ${what}: worst`, ours: worst(key), unit: 'ms' });
    }
  }
  return rows;
}

function costOf(plugin: Plugin, model: string, shared: ReadonlyMap<string, string>): { first: number; next: number } {
  const texts = { overrides: new Map(), shared, updated: 0 };
  const renderer = new Renderer({ texts, cacheBytes: 1_048_576, limits: defaultLimits });
  const [first = Number.NaN, next = Number.NaN] = ['0001', '0002'].map((id) => {
    const ingredients = ingredientsOf(plugin, model, id);
    const started = performance.now();
    renderer.render(ingredients);
    return performance.now() - started;
  });
  return { first, next };
}

function ingredientsOf(plugin: Plugin, model: string, id: string): Ingredients {
  const [artefact] = plugin.artefacts;
  if (!artefact) throw new Error(`${plugin.id} has no artefact`);
  const kept = { tenant: 't', created: 0, updated: 0, revision: 1, extra: new Map() };
  const raw = new Map([...ordered(baseRaw('192.0.2.1')), ...ordered(rawOf(1))]);
  const config = flatten(new Map(), { ...kept, id, parents: [], raw, transient: false, deletable: true }, new Map());
  const reading = readSettings(config.raw);
  if ('complaints' in reading) throw new Error(reading.complaints.map(({ path, message }) => `${path} ${message}`).join('; '));
  const mac = `00:15:65:00:${id.slice(0, 2)}:${id.slice(2)}` as never;
  const { vendor } = plugin.package.definition;
  const device = { ...kept, id, mac, vendor, model, plugin: plugin.id, pinned: false, approved: true, options: new Map() };
  const server = { url: 'http://192.0.2.10:8667', host: '192.0.2.10', tftpPort: 69 };
  return { plugin, file: { artefact, name: `${id}.cfg` }, device, config, settings: reading.settings, server };
}

export const rerender: Part = {
  name: 'rerender',
  about:
    `The config from which ${phoneCount.toLocaleString('en')} phones with files of some 50 KB inherit is changed over the API: until all files are ` +
    `made anew, alone and while ${connections} connections fetch the phones' files as fast as they are answered, and what that does to ` +
    'those who fetch. Then the cost of the first file of each model, in a process without a server.',
  run: async () => [...(await changes()), ...(await models())],
};
