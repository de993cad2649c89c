import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Peer, start } from './support/peers.ts';
import type { Part, Row } from './support/table.ts';

const phones = 10_000;
/** The phone whose file is the longest of those that are installed. */
const model = existsSync('dist/plugins/yealink') ? 'T46U' : 'D40';

interface Storm {
  readonly up: number;
  readonly lastUpMs?: number;
  readonly troubles: readonly { readonly what: string; readonly times: number }[];
}

export const storm: Part = {
  name: 'storm',
  about:
    `The power returns: ${phones.toLocaleString('en')} simulated ${model} ask at once over HTTP, each from an address of its own, ` +
    'as `offhook simulate --power-cut` has it. Three times on one store: phones that nobody knows, which the server creates; the same ' +
    'phones with all files in memory; and once more right after the server was started, with none. A failed try is one that was ' +
    'refused, reset, cut off or silent for 20 s; a phone that has one asks again.',
  async run() {
    const data = mkdtempSync(join(tmpdir(), 'offhook-storm-'));
    try {
      const first = await startServer(data);
      const rows: Row[] = [];
      try {
        rows.push(...rowsOf('unknown phones', await blow(first.url, data)));
        rows.push(...rowsOf('warm cache', await blow(first.url, data)));
      } finally {
        await first.peer.stop();
      }
      const second = await startServer(data);
      try {
        rows.push(...rowsOf('cold cache', await blow(second.url, data)));
      } finally {
        await second.peer.stop();
      }
      return rows;
    } finally {
      rmSync(data, { recursive: true });
    }
  },
};

function rowsOf(what: string, { up, lastUpMs = Number.NaN, troubles }: Storm): Row[] {
  const failed = troubles.reduce((sum, { times }) => sum + times, 0);
  return [
    { what: `${what}: until the last phone is up`, ours: lastUpMs / 1_000, unit: 's' },
    { what: `${what}: phones that did not come up`, ours: phones - up, unit: 'phones', target: { most: 0 } },
    { what: `${what}: failed tries`, ours: failed, unit: 'tries', target: { most: 0 } },
  ];
}

/** The server with a config for phones that nobody knows; resolves once it listens. */
async function startServer(data: string): Promise<{ readonly peer: Peer; readonly url: string }> {
  const settings = [
    'http.listen=127.0.0.1',
    'http.port=0',
    'tftp.enabled=false',
    'admin.listen=127.0.0.1',
    'admin.port=0',
    `log.file=${join(data, 'server.log')}`,
    'log.format=json',
    // Room for the files of all phones.
    'render.cache_megabytes=1024',
  ];
  const words = ['serve', '--development', '--data', data, ...settings.flatMap((each) => ['--set', each])];
  const peer = start('server', process.execPath, ['dist/server/main.js', ...words]);
  const { stdout } = peer.process;
  let welcome = '';
  while (stdout && !welcome.includes('Ctrl+C')) {
    const [piece] = await Promise.race([once(stdout, 'data'), once(peer.process, 'exit').then(() => [undefined])]);
    if (piece === undefined) throw new Error(`the server did not start: ${welcome}`);
    welcome += String(piece);
  }
  return { peer, url: /^ +http +(\S+)$/m.exec(welcome)?.[1] ?? '' };
}

/** @returns what the phones tell, also when not all of them came up */
async function blow(url: string, data: string): Promise<Storm> {
  const words = ['simulate', '--model', model, '--phones', String(phones), '--power-cut', '--to', url, '--data', data, '--json'];
  const { process: child } = start('load', process.execPath, ['dist/server/main.js', ...words]);
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  const [code] = await once(child, 'close');
  if (text === '') throw new Error(`offhook simulate ended with ${code}`);
  return JSON.parse(text) as Storm;
}
