import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, startApp } from '../../server/app.ts';
import { fromPlain, type OrderedJson } from '../../server/lib/ordered-json.ts';
import { loadSettings } from '../../server/settings/load.ts';

/** Vendor packages as they are installed: compiled. */
export const builtPlugins = join(import.meta.dirname, '../../dist/plugins');
if (!existsSync(builtPlugins)) throw new Error('Nothing is built; run make build first');

export interface TestApp {
  readonly app: App;
  readonly data: string;
  readonly http: number;
  readonly tftp: number;
  stop(): Promise<void>;
}

/** A whole server on free loopback ports with a data directory of its own. @param set settings as `--set` takes them */
export async function startTestApp(
  set: readonly string[] = [],
  data = mkdtempSync(join(tmpdir(), 'offhook-e2e-')),
): Promise<TestApp> {
  const { settings } = loadSettings({
    environment: {},
    set: [
      `data=${data}`,
      'http.listen=127.0.0.1',
      'http.port=0',
      'tftp.listen=127.0.0.1',
      'tftp.port=0',
      'admin.listen=127.0.0.1',
      'admin.port=0',
      `plugins.directories=${builtPlugins},${join(data, 'plugins')}`,
      `log.file=${join(data, 'offhook.log')}`,
      ...set,
    ],
  });
  const app = await startApp(settings);
  const portOf = (name: string) => Number(new URL(app.addresses.find((each) => each.name === name)?.url ?? 'x://x:0').port);
  return {
    app,
    data,
    http: portOf('http'),
    tftp: portOf('tftp'),
    async stop() {
      await app.close();
      rmSync(data, { recursive: true });
    },
  };
}

export function raw(value: object): Map<string, OrderedJson> {
  return fromPlain(value) as Map<string, OrderedJson>;
}

/** Raw config of a phone with one line whose password is told. */
export function oneLine(password: string, name = 'Alice'): Map<string, OrderedJson> {
  return raw({ sip_lines: { 1: { username: 'u1', password, display_name: name, proxy_ip: '192.0.2.20' } } });
}
