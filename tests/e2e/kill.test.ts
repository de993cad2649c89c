import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { httpGet } from '../support/phones.ts';

const program = join(import.meta.dirname, '../../dist/server/main.js');
const data = mkdtempSync(join(tmpdir(), 'offhook-kill-'));
let child: ChildProcess | undefined;

afterAll(() => {
  child?.kill('SIGKILL');
  rmSync(data, { recursive: true });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

test('the server is killed again and again while it is written to: it starts each time, and has all that it acknowledged', async () => {
  const [http, admin] = [await freePort(), await freePort()];
  const set = [
    `data=${data}`,
    `http.port=${http}`,
    `admin.port=${admin}`,
    'http.listen=127.0.0.1',
    'admin.listen=127.0.0.1',
    'tftp.enabled=false',
    'log.level=warn',
  ];
  const acknowledged = new Map<string, string>();
  let errors = '';

  async function start(): Promise<(method: string, path: string, body?: object) => Promise<Response>> {
    child = spawn(process.execPath, [program, 'serve', ...set.flatMap((each) => ['--set', each])], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr?.on('data', (text: Buffer) => {
      errors += text;
    });
    await eventually(async () => expect((await fetch(`http://127.0.0.1:${admin}/status`)).status).toBe(200));
    const token = readFileSync(join(data, 'admin.token'), 'utf8').trim();
    return (method, path, body) =>
      fetch(`http://127.0.0.1:${admin}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      });
  }

  const line = (password: string) => ({ 1: { username: 'u', password, display_name: 'x', proxy_ip: '192.0.2.1' } });
  for (let round = 0; round < 10; round++) {
    const ask = await start();
    for (const [mac, password] of acknowledged) {
      expect((await httpGet(http, `/Digium/${mac}.cfg`, `127.0.1.${Number.parseInt(mac.slice(-2), 16)}`)).body).toContain(
        `password="${password}"`,
      );
    }
    const killed = once(child as ChildProcess, 'exit');
    setTimeout(() => child?.kill('SIGKILL'), 20 + round * 15);
    for (let index = 0; ; index++) {
      const mac = `000fd30000${(round * 5 + (index % 5)).toString(16).padStart(2, '0')}`;
      const password = `pw-${round}-${index}`;
      const config = `config-${mac}`;
      try {
        const made = await ask(index < 5 ? 'POST' : 'PUT', index < 5 ? '/configs' : `/configs/${config}`, {
          ...(index < 5 && { id: config }),
          parent_ids: [],
          raw_config: { sip_lines: line(password) },
        });
        expect(made.ok ? '' : await made.text()).toBe('');
        if (index < 5) expect((await ask('POST', '/devices', { mac, vendor: 'Digium', config })).status).toBe(201);
        acknowledged.set(mac, password);
      } catch (cause) {
        // The connection broke: whether this last write was taken nobody knows, so the next round must not ask for it.
        if (!(cause as { matcherResult?: unknown }).matcherResult) {
          acknowledged.delete(mac);
          break;
        }
        throw cause;
      }
    }
    await killed;
  }
  await start();
  expect(acknowledged.size).toBeGreaterThan(5);
  expect(errors).toBe('');
}, 120_000);
