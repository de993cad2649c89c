import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseMac } from '../../server/lib/mac.ts';
import { offhook } from '../cli/terminal.ts';
import { raw, startTestApp } from '../support/app.ts';
import { type BuiltServer, startBuiltServer } from '../support/built-server.ts';
import { eventually } from '../support/eventually.ts';

const program = join(import.meta.dirname, '../../dist/server/main.js');

interface Shown {
  readonly id: string;
  readonly state: string;
  readonly progress: { readonly current: number; readonly end: number } | null;
  readonly error: { readonly code: string } | null;
  readonly result: unknown;
}

async function read(answering: Promise<Response>): Promise<Shown> {
  return (await (await answering).json()) as Shown;
}

/** So many that they cannot be rendered in a moment. */
const devices = 3_000;

async function fill(server: Pick<BuiltServer, 'ask'>): Promise<void> {
  const line = { 1: { username: 'u', password: 'p', display_name: 'x', proxy_ip: '192.0.2.1' } };
  await server.ask('/api/v1/configs', { id: 'c', parent_ids: [], raw_config: { sip_lines: line } });
  for (let from = 0; from < devices; from += 100) {
    await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const mac = `000fd3${(from + index).toString(16).padStart(6, '0')}`;
        const { status } = await server.ask('/api/v1/devices', { mac, vendor: 'Digium', model: 'D40', config: 'c' });
        expect(status).toBe(201);
      }),
    );
  }
}

test('offhook reload renders the files of all devices, and tells how many cannot be configured', async () => {
  const server = await startTestApp();
  const { configs, devices: known, tenants } = server.app.core;
  const line = { 1: { username: 'u', password: 'p', display_name: 'x', proxy_ip: '192.0.2.1' } };
  const tenant = tenants.main.id;
  await configs.create({ id: 'c', tenant, parents: [], raw: raw({ sip_lines: line }) });
  const phone = { vendor: 'Digium', model: 'D40' };
  await known.create(tenant, { ...phone, mac: parseMac('000fd3000001') ?? null, config: 'c' });
  await known.create(tenant, { ...phone, mac: parseMac('000fd3000002') ?? null, config: 'missing' });
  const admin = server.app.addresses.find(({ name }) => name === 'admin')?.url ?? '';
  const { code, out, err } = await offhook(['reload', '--data', server.data, '--server', admin]);
  expect([code, out]).toEqual([
    0,
    'All is read anew; of 2 devices 1 cannot be configured: offhook device list configured=false shows them.\n',
  ]);
  expect(err).toMatch(/^render for all devices: done {2}2 devices/m);
  const metrics = await (await fetch(`${admin}/metrics`)).text();
  expect(metrics).toContain('\noffhook_operations_ended_total{label="render",state="success"} 1\n');
  expect(metrics).toContain('\noffhook_operations_running 0\n');
  await server.stop();
});

/** The server again, on the data that is left, with the same ports. */
function again(server: BuiltServer): ChildProcess {
  const set = [
    `data=${server.data}`,
    `log.file=${join(server.data, 'offhook.log')}`,
    'log.format=json',
    ...(['http', 'tftp', 'admin'] as const).flatMap((name) => [`${name}.listen=127.0.0.1`, `${name}.port=${server[name]}`]),
  ];
  return spawn(process.execPath, [program, 'serve', ...set.flatMap((each) => ['--set', each])], { stdio: 'ignore' });
}

test('killed in the middle, the server says after its start what it did not bring to an end, and it can be repeated', async () => {
  const server = await startBuiltServer([]);
  let second: ChildProcess | undefined;
  try {
    await fill(server);
    const begun = await read(server.ask('/api/v1/reload', {}));
    const path = `/api/v1/operations/${begun.id}`;
    await eventually(async () => expect((await read(server.ask(path))).progress?.current).toBeGreaterThan(0));
    const killed = once(server.process, 'close');
    expect((await read(server.ask(path))).state).toBe('progress');
    server.process.kill('SIGKILL');
    await killed;

    second = again(server);
    await eventually(async () => expect((await server.ask('/status')).status).toBe(200));
    expect(await read(server.ask(path))).toMatchObject({ state: 'fail', error: { code: 'operation-interrupted' } });
    expect(readFileSync(join(server.data, 'offhook.log'), 'utf8')).toContain('"event":"operation.interrupted"');
    const repeated = await read(server.ask('/api/v1/reload', {}));
    const ended = await read(server.ask(`/api/v1/operations/${repeated.id}?wait=30&since=999999999`));
    expect(['progress', 'success']).toContain(ended.state);
    await eventually(async () =>
      expect(await read(server.ask(`/api/v1/operations/${repeated.id}`))).toMatchObject({
        state: 'success',
        progress: { current: devices, end: devices },
        result: { devices },
      }),
    );
    // Cancelled, the rest is left alone; stopped in order, it says so.
    const third = await read(server.ask('/api/v1/reload', {}));
    await server.ask(`/api/v1/operations/${third.id}/cancel`, {});
    await eventually(async () =>
      expect(await read(server.ask(`/api/v1/operations/${third.id}`))).toMatchObject({ error: { code: 'operation-cancelled' } }),
    );
    const { devices: looked } = (await (await server.ask('/status')).json()) as { devices: { waiting: number } };
    expect(looked.waiting).toBe(0);
  } finally {
    if (second && second.exitCode === null) {
      second.kill('SIGTERM');
      await once(second, 'exit');
    }
    await server.stop();
  }
}, 120_000);

test('with several workers the operation is that of all, and goes on when another worker ends; the first one’s end interrupts it', async () => {
  const server = await startBuiltServer(['workers=3']);
  try {
    await fill(server);
    const pidOf = (worker: number) =>
      server.log().findLast((line) => line.event === 'worker.started' && line.worker === worker)?.pid ?? 0;
    const one = await read(server.ask('/api/v1/reload', {}));
    process.kill(pidOf(2), 'SIGKILL');
    await eventually(() =>
      expect(server.log().filter((line) => line.event === 'worker.started' && line.worker === 2)).toHaveLength(2),
    );
    await eventually(async () =>
      expect(await read(server.ask(`/api/v1/operations/${one.id}`))).toMatchObject({ state: 'success', result: { devices } }),
    );

    const other = await read(server.ask('/api/v1/reload', {}));
    const path = `/api/v1/operations/${other.id}`;
    expect(await read(server.ask(path))).toMatchObject({ state: 'progress' });
    process.kill(pidOf(1), 'SIGKILL');
    await eventually(async () =>
      expect(await read(server.ask(path))).toMatchObject({ state: 'fail', error: { code: 'operation-interrupted' } }),
    );
  } finally {
    await server.stop();
  }
}, 120_000);
