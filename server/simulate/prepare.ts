import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ProvisioningError, reason } from '../lib/errors.ts';
import { contains, parseIp, parseNetwork } from '../lib/ip.ts';
import { allNearest } from '../lib/nearest.ts';
import { compareVersions } from '../lib/version.ts';
import { openPackages, readOverrides, readSharedTemplates } from '../plugins/dao.ts';
import type { Plugin } from '../plugins/model.ts';
import { pluginNotifier } from '../plugins/notifier.ts';
import { type Catalogue, pluginService } from '../plugins/service.ts';
import type { Line } from './answer.ts';
import type { Wish } from './download.ts';
import type { Templates } from './expect.ts';
import type { Kind } from './fleet.ts';
import { httpLine } from './http.ts';
import { tftpLine } from './tftp.ts';

/** Where vendor packages and templates of one's own lie, as the settings have it. */
export interface Installed {
  readonly directories: readonly string[];
  readonly data: string;
}

export async function readInstalled({ directories, data }: Installed): Promise<{ catalogue: Catalogue; templates: Templates }> {
  // Nothing is removed: the server does that.
  const { all } = await openPackages(directories, data, { report() {} });
  const catalogue = await pluginService(all, pluginNotifier()).load();
  const overrides = await readOverrides(join(data, 'templates'));
  return { catalogue, templates: { overrides, shared: await readSharedTemplates() } };
}

/**
 * The models that are meant by their names, each in the newest line that has it, or in the line that is named; without names all of
 * the line's.
 * @throws ProvisioningError simulate-unknown: what may have been meant, in words
 */
export function chooseKinds(catalogue: Catalogue, models: readonly string[], pluginId: string | undefined): Kind[] {
  const installed = catalogue.plugins();
  const plugin = pluginId === undefined ? undefined : catalogue.plugin(pluginId);
  if (pluginId !== undefined && !plugin) {
    const ids = installed.map(({ id }) => id);
    throw unknown(`There is no plugin ${pluginId}`, allNearest(pluginId, ids));
  }
  const plugins = plugin ? [plugin] : [...installed].sort((a, b) => compareVersions(b.version, a.version));
  const names = models.length === 0 && plugin ? [...plugin.models.keys()] : models;
  const kinds = names.map((name): Kind => {
    for (const each of plugins) {
      const row =
        each.models.get(name) ?? [...each.models.values()].find((other) => other.name.toLowerCase() === name.toLowerCase());
      if (row) return { plugin: each, row };
    }
    const none = plugin ? `${plugin.id} has no model ${name}` : `No installed plugin has the model ${name}`;
    throw unknown(none, nearestModels(name, plugins));
  });
  for (const { plugin: each } of kinds) {
    if (each.line.boot ?? each.package.definition.boot) continue;
    const message = `The package ${each.package.id} does not say how its phones come up (boot in its plugin.ts)`;
    throw new ProvisioningError('simulate-unknown', message);
  }
  return kinds;
}

/** Models have their names in capitals or not, as somebody types them. */
function nearestModels(name: string, plugins: readonly Plugin[]): string[] {
  const rows = plugins.flatMap(({ models }) => [...models.values()]);
  const spelt = new Map(rows.map((row) => [row.name.toLowerCase(), row.name]));
  return allNearest(name.toLowerCase(), [...spelt.keys()].sort()).map((lower) => spelt.get(lower) ?? lower);
}

/** Of a series whose names differ in one letter a good many are as near. */
const MOST_NAMED = 4;

function unknown(none: string, meant: readonly string[]): ProvisioningError {
  const question = meant.length === 0 ? '' : ` did you mean ${meant.slice(0, MOST_NAMED).join(' or ')}?`;
  return new ProvisioningError('simulate-unknown', `${none}:${question} offhook plugin list --lines shows all`);
}

export interface DialOptions {
  readonly keepAlive: boolean;
  readonly insecure: boolean;
  readonly patienceMs: number;
  readonly tftp: Omit<Wish, 'filename'>;
}

export interface Dialler {
  readonly transport: 'http' | 'https' | 'tftp';
  /** Each phone can have a loopback address of its own. */
  readonly ownAddresses: boolean;
  dial(from: string | undefined): Line;
}

const transports = { 'http:': 'http', 'https:': 'https', 'tftp:': 'tftp' } as const;
const ports = { http: 80, https: 443, tftp: 69 } as const;
const loopback = [parseNetwork('127.0.0.0/8')].flatMap((network) => network ?? []);

/** @throws ProvisioningError simulate-target when the URL names nothing that can be reached */
export async function diallerTo(text: string, options: DialOptions): Promise<Dialler> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const transport = transports[url?.protocol as keyof typeof transports];
  if (!url || !transport || url.search + url.hash + url.username !== '') {
    throw new ProvisioningError(
      'simulate-target',
      `${text} is no URL with http://, https:// or tftp://, without user, query or fragment`,
    );
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const { address } = await lookup(host).catch((cause) => {
    throw new ProvisioningError('simulate-target', `${host} has no address: ${reason(cause)}`, { cause });
  });
  const port = url.port === '' ? ports[transport] : Number(url.port);
  const base = url.pathname.replace(/\/+$/, '');
  const ip = parseIp(address);
  const { patienceMs, keepAlive, insecure } = options;
  const dial =
    transport === 'tftp'
      ? (from: string | undefined) => tftpLine({ address, port, base: base.slice(1), options: options.tftp, patienceMs }, from)
      : (from: string | undefined) =>
          httpLine({ secure: transport === 'https', host, address, port, base, keepAlive, insecure, patienceMs }, from);
  return { transport, ownAddresses: ip !== undefined && contains(loopback, ip), dial };
}

/** Files that the system lets this process open; undefined where it does not say (Linux alone has /proc). */
export async function openFileLimit(): Promise<number | undefined> {
  const text = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const [, limit] = /^Max open files\s+(\d+)/m.exec(text) ?? [];
  return limit === undefined ? undefined : Number(limit);
}
