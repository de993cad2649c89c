import { join } from 'node:path';
import { readTemplates } from '../../server/plugins/dao.ts';
import type { Kind } from '../../server/simulate/fleet.ts';
import { type Fleet, makeFleet } from '../../server/simulate/fleet.ts';
import { diallerTo } from '../../server/simulate/prepare.ts';
import { type Report, Run, type RunOptions } from '../../server/simulate/run.ts';
import { pluginsFolder, repositoryPackage } from './packages.ts';

export async function digiumFleet(model: string, size: number, seed = '1'): Promise<Fleet> {
  const { plugins } = await repositoryPackage('digium');
  const plugin = plugins.find(({ id }) => id === 'digium-2.8.1');
  const row = plugin?.models.get(model);
  if (!plugin || !row) throw new Error(`There is no ${model}`);
  const kind: Kind = { plugin, row };
  const fleet = makeFleet([kind], size, seed);
  if (typeof fleet === 'string') throw new Error(fleet);
  return fleet;
}

export interface RunParts extends Partial<RunOptions> {
  readonly keepAlive?: boolean;
  readonly insecure?: boolean;
  readonly patienceMs?: number;
  readonly tftp?: { readonly blockSize?: number; readonly windowSize?: number };
}

/** A fleet of D40 that comes up at a server. */
export async function runTo(url: string, fleet: Fleet, parts: RunParts = {}): Promise<{ run: Run; done: Promise<Report> }> {
  const { keepAlive = true, insecure = false, patienceMs = 10_000, tftp = {}, ...rest } = parts;
  const { dial, ownAddresses } = await diallerTo(url, { keepAlive, insecure, patienceMs, tftp });
  const shared = await readTemplates(join(pluginsFolder, '../templates'));
  const run = new Run({
    fleet,
    templates: { overrides: new Map(), shared },
    dial,
    ownAddresses,
    registered: false,
    firmware: false,
    rampMs: 0,
    tries: 1,
    atOnce: fleet.size,
    ...rest,
  });
  return { run, done: run.go() };
}

export async function report(url: string, fleet: Fleet, parts: RunParts = {}): Promise<Report> {
  return (await runTo(url, fleet, parts)).done;
}
