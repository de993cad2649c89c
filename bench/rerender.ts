import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Plugin } from '../server/plugins/model.ts';
import { baseConfig, baseRaw, phonesOf } from './support/fleet.ts';
import { type Offhook, startOffhook } from './support/offhook.ts';
import { processorSeconds, run } from './support/peers.ts';
import { fetchAll, fetchOn, quantile } from './support/phones.ts';
import { bundled, createRenderer, ingredientsOf } from './support/rendering.ts';
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
    const renderedBefore = await alone();
    const before = processorSeconds(server.peer);
    const undisturbed = await change(server, '192.0.2.2');
    const taken = processorSeconds(server.peer) - before;
    const peer = {
      name: 'the same files rendered by a process that does nothing else',
      figure: (renderedBefore + (await alone())) / 2,
    };
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
      { what: `${files} after a change of their base config`, ours: undisturbed, unit: 's', target: { most: 4 } },
      { what: `${files}: processor time`, ours: taken, unit: 's', peer },
      { what: `${files} while phones ask`, ours: asked, unit: 's', target: { most: 4 } },
      { what: 'phones that ask meanwhile: p99', ours: quantile(during, 0.99), unit: 'ms', target: { most: 20 } },
      { what: 'phones that ask meanwhile: median', ours: quantile(during, 0.5), unit: 'ms' },
      { what: 'phones that ask before: p99', ours: quantile(quiet, 0.99), unit: 'ms' },
    ];
  } finally {
    await server.stop();
  }
}

/** The same files in a process that does nothing else, on the server's core. @returns seconds */
async function alone(): Promise<number> {
  const script = join(import.meta.dirname, 'support/render-alone.js');
  return Number(await run('server', process.execPath, [script, String(phoneCount)]));
}

/** What the first phone of a model costs, and the second, for every model of the packages that come along. */
async function models(): Promise<Row[]> {
  const catalogue = await bundled();
  const rows: Row[] = [];
  for (const { id, plugins } of catalogue.packages) {
    const costs: { first: number; next: number }[] = [];
    for (const plugin of plugins) for (const model of plugin.models.keys()) costs.push(await costOf(plugin, model));
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

async function costOf(plugin: Plugin, model: string): Promise<{ first: number; next: number }> {
  const renderer = await createRenderer();
  const [first = Number.NaN, next = Number.NaN] = phonesOf(yealink, 2).map((phone, index) => {
    const ingredients = ingredientsOf(plugin, model, phone, index);
    const started = performance.now();
    renderer.render(ingredients);
    return performance.now() - started;
  });
  return { first, next };
}

export const rerender: Part = {
  name: 'rerender',
  about:
    `The config from which ${phoneCount.toLocaleString('en')} phones with files of some 50 KB inherit is changed over the API: until all files are ` +
    `made anew, alone and while ${connections} connections fetch the phones' files as fast as they are answered, and what that does to ` +
    'those who fetch. A process that only renders them on the same core, right before and right after, tells the pace of the machine. Then the cost of the first file of each model, in a process without a server.',
  run: async () => [...(await changes()), ...(await models())],
};
