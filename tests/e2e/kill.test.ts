import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, expect, test } from '@jest/globals';
import { type KilledServer, makeKilledServer } from '../support/killed-server.ts';
import { httpGet } from '../support/phones.ts';

const data = mkdtempSync(join(tmpdir(), 'offhook-kill-'));
let server: KilledServer;

afterAll(async () => {
  await server.kill();
  rmSync(data, { recursive: true });
});

test('the server is killed again and again while it is written to: it starts each time, and has all that it acknowledged', async () => {
  server = await makeKilledServer(data);
  const acknowledged = new Map<string, string>();
  const line = (password: string) => ({ 1: { username: 'u', password, display_name: 'x', proxy_ip: '192.0.2.1' } });
  for (let round = 0; round < 10; round++) {
    await server.start();
    for (const [mac, password] of acknowledged) {
      expect((await httpGet(server.http, `/Digium/${mac}.cfg`, `127.0.1.${Number.parseInt(mac.slice(-2), 16)}`)).body).toContain(
        `password="${password}"`,
      );
    }
    const killed = wait(20 + round * 15).then(() => server.kill());
    for (let index = 0; ; index++) {
      const mac = `000fd30000${(round * 5 + (index % 5)).toString(16).padStart(2, '0')}`;
      const password = `pw-${round}-${index}`;
      const config = `config-${mac}`;
      try {
        const made = await server.ask(index < 5 ? 'POST' : 'PUT', index < 5 ? '/configs' : `/configs/${config}`, {
          ...(index < 5 && { id: config }),
          parent_ids: [],
          raw_config: { sip_lines: line(password) },
        });
        expect(made.status < 300 ? '' : made.json).toBe('');
        if (index < 5) expect((await server.ask('POST', '/devices', { mac, vendor: 'Digium', config })).status).toBe(201);
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
  await server.start();
  expect(acknowledged.size).toBeGreaterThan(5);
  expect(server.errors()).toBe('');
}, 120_000);
