import { mkdirSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type BuiltServer, type Line, startBuiltServer } from '../support/built-server.ts';
import { eventually } from '../support/eventually.ts';
import { httpGet, tftpGet } from '../support/phones.ts';

const workers = 3;
let server: BuiltServer;

beforeAll(async () => {
  server = await startBuiltServer([`workers=${workers}`]);
  await accepted(server.ask('/api/v1/configs', { id: 'base', parent_ids: [], raw_config: { sip_proxy_ip: '192.0.2.1' } }));
  const line = { username: 'auto', password: 'auto', display_name: 'Auto' };
  const autoprov = { id: 'autoprov', parent_ids: ['base'], role: 'autocreate', raw_config: { sip_lines: { 1: line } } };
  await accepted(server.ask('/api/v1/configs', autoprov));
}, 60_000);
afterAll(() => server.stop());

async function accepted(answering: Promise<Response>): Promise<unknown> {
  const answer = await answering;
  const text = await answer.text();
  expect([answer.ok, text]).toEqual([true, text]);
  return text === '' ? undefined : JSON.parse(text);
}

/** A phone with an address and, unless it lets go of it, a connection of its own: one worker has it as long as it lasts. */
class Phone {
  readonly mac: string;
  readonly path: string;
  readonly #from: string;
  readonly #agent: Agent;

  constructor(number: number, keepAlive: boolean) {
    this.mac = `000fd3${number.toString(16).padStart(6, '0')}`;
    this.path = `/Digium/${this.mac}.cfg`;
    this.#from = `127.1.${number >> 8}.${number & 255}`;
    this.#agent = new Agent({ keepAlive, maxSockets: 1 });
  }

  fetch(): Promise<{ status: number | undefined; body: string }> {
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: server.http, path: this.path, localAddress: this.#from, agent: this.#agent };
      get(options, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => {
          body += text;
        });
        response.on('end', () => resolve({ status: response.statusCode, body })).on('error', reject);
      }).on('error', reject);
    });
  }

  hangUp(): void {
    this.#agent.destroy();
  }
}

let numbers = 0;
function phones(count: number, keepAlive: boolean): Phone[] {
  return Array.from({ length: count }, () => {
    numbers++;
    return new Phone(numbers, keepAlive);
  });
}

/** Which workers were asked for a path, by their numbers. */
function workersAsked(lines: readonly Line[], asked: (path: unknown) => boolean): Set<number | undefined> {
  return new Set(lines.filter(({ event, path }) => event === 'request.processing' && asked(path)).map(({ worker }) => worker));
}

const all = new Set(Array.from({ length: workers }, (_, index) => index + 1));

/** Phones with connections to all workers. */
async function phonesOfAll(): Promise<Phone[]> {
  const connected: Phone[] = [];
  await eventually(async () => {
    const more = phones(8, true);
    connected.push(...more);
    await Promise.all(more.map((phone) => phone.fetch()));
    expect(workersAsked(server.log(), (path) => connected.some((phone) => phone.path === path))).toEqual(all);
  });
  return connected;
}

test('a change made through the API is in the next file that any worker sends, on connections that stay and on new ones', async () => {
  const kept = await phonesOfAll();
  const fresh = phones(20, false);
  const stale: string[] = [];
  let rounds = 0;
  // Which worker gets a new connection is up to the system: it may leave one out for long, but not all save one.
  await eventually(async () => {
    const proxy = `198.18.${rounds >> 8}.${rounds & 255}`;
    rounds++;
    const raw = { sip_proxy_ip: proxy };
    await accepted(server.ask('/api/v1/configs/base', { parent_ids: [], raw_config: raw }, 'PUT'));
    const answers = await Promise.all([...kept, ...fresh].map((phone) => phone.fetch()));
    stale.push(...answers.map(({ body }) => body).filter((body) => !body.includes(proxy)));
    expect(rounds).toBeGreaterThan(10);
    expect(workersAsked(server.log(), (path) => fresh.some((phone) => phone.path === path)).size).toBeGreaterThan(1);
  });
  expect(stale).toEqual([]);
  for (const phone of kept) phone.hangUp();
}, 60_000);

test('devices that any worker makes are told to who listens to events', async () => {
  const answer = await server.ask('/api/v1/events?resource=device');
  let text = '';
  const leave = new AbortController();
  const write = (chunk: Uint8Array) => {
    text += Buffer.from(chunk).toString();
  };
  const listening = answer.body?.pipeTo(new WritableStream({ write }), leave);
  await eventually(() => expect(text).toContain('retry: '));
  const connected = await phonesOfAll();
  const { devices } = (await accepted(server.ask('/api/v1/devices?limit=1000'))) as { devices: { id: string; mac: string }[] };
  const macs = new Set(connected.map(({ mac }) => mac));
  const made = devices.filter(({ mac }) => macs.has(mac.replaceAll(':', ''))).map(({ id }) => id);
  expect(made).toHaveLength(connected.length);
  const told = () =>
    Array.from(text.matchAll(/^data: (.*)$/gm), ([, data = '']) => JSON.parse(data)).filter(({ action }) => action === 'created');
  await eventually(() =>
    expect(
      told()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(made.sort()),
  );
  leave.abort();
  await expect(listening).rejects.toThrow();
  for (const phone of connected) phone.hangUp();
}, 60_000);

test('a change of one device, and of its tenant, is in its next file, too', async () => {
  const kept = await phonesOfAll();
  const [main] = ((await accepted(server.ask('/api/v1/tenants'))) as { tenants: { id: string }[] }).tenants;
  for (let round = 1; round <= 3; round++) {
    const line = { username: `u${round}`, password: 'p', display_name: `Round ${round}` };
    const raw = { sip_lines: { 1: line }, sip_proxy_ip: '192.0.2.1' };
    await accepted(server.ask('/api/v1/configs', { id: `own-${round}`, parent_ids: ['base'], raw_config: raw }));
    for (const { mac } of kept) {
      const { devices } = (await accepted(server.ask(`/api/v1/devices?mac=${mac}`))) as { devices: { id: string }[] };
      await accepted(server.ask(`/api/v1/devices/${devices[0]?.id}`, { config: `own-${round}` }, 'PATCH'));
    }
    await accepted(server.ask(`/api/v1/tenants/${main?.id}`, { provisioning_key: `key-number-${round}` }, 'PATCH'));
    const answers = await Promise.all(kept.map((phone) => phone.fetch()));
    const wrong = answers.filter(({ body }) => !(body.includes(`u${round}`) && body.includes(`key-number-${round}`)));
    expect(wrong).toEqual([]);
  }
  await accepted(server.ask(`/api/v1/tenants/${main?.id}`, { provisioning_key: null }, 'PATCH'));
  for (const phone of kept) phone.hangUp();
}, 60_000);

test('devices that are moved to another plugin are rendered for by all workers, and any of them serves by it at once', async () => {
  const kept = await phonesOfAll();
  for (const { mac } of kept) {
    const { devices } = (await accepted(server.ask(`/api/v1/devices?mac=${mac}`))) as { devices: { id: string }[] };
    const fields = { vendor: 'Digium', model: 'D40', plugin: 'digium-2.8.1' };
    await accepted(server.ask(`/api/v1/devices/${devices[0]?.id}`, fields, 'PATCH'));
  }
  const order = { where: { plugin: 'digium-2.8.1', pinned: true }, to: 'digium-1.1.0.0' };
  const { id } = (await accepted(server.ask('/api/v1/moves', order))) as { id: string };
  const operation = await eventually(async () => {
    const shown = (await accepted(server.ask(`/api/v1/operations/${id}`))) as { ended: string | null; result: unknown };
    expect(shown.ended).not.toBeNull();
    return shown;
  });
  const count = kept.length;
  expect(operation).toMatchObject({ state: 'success', result: { devices: count, moved: count, configured: count } });
  const answers = await Promise.all(kept.map((phone) => phone.fetch()));
  const { devices } = (await accepted(server.ask('/api/v1/devices?plugin=digium-1.1.0.0&limit=1000'))) as {
    devices: { id: string; mac: string }[];
  };
  for (const [index, { mac, path }] of kept.entries()) {
    const device = devices.find((each) => each.mac.replaceAll(':', '') === mac);
    const file = await server.ask(`/api/v1/devices/${device?.id}/files${path}`);
    expect(answers[index]).toEqual({ status: 200, body: await file.text() });
  }
  for (const phone of kept) phone.hangUp();
}, 60_000);

test('an unknown phone that asks all workers at once becomes one device, and gets its file each time', async () => {
  const before = ((await accepted(server.ask('/api/v1/devices?limit=1'))) as { total: number }).total;
  const met = phones(20, false);
  const answers = await Promise.all(
    met.flatMap(({ path }, index) =>
      Array.from({ length: 6 }, () => httpGet(server.http, path, `127.2.0.${index + 1}`).then(({ status }) => status)),
    ),
  );
  expect(answers.filter((status) => status !== 200)).toEqual([]);
  const { total } = (await accepted(server.ask('/api/v1/devices?limit=1'))) as { total: number };
  expect(total - before).toBe(met.length);
  const { total: copies } = (await accepted(server.ask('/api/v1/configs?limit=1'))) as { total: number };
  const { devices } = (await accepted(server.ask('/api/v1/devices?limit=1000'))) as { devices: { config: string }[] };
  expect(new Set(devices.map(({ config }) => config)).size).toBeLessThanOrEqual(copies);
});

test('what all workers counted is one sum, and their devices one number', async () => {
  const before = await counted();
  await Promise.all(phones(30, false).map((phone) => phone.fetch()));
  await eventually(async () => expect((await counted()) - before).toBe(30));
  expect(await (await server.ask('/metrics')).text()).toContain(`\noffhook_workers ${workers}\n`);
  await eventually(async () => {
    const { devices } = (await accepted(server.ask('/status'))) as {
      devices: { total: number; configured: number; waiting: number };
    };
    expect([devices.configured, devices.waiting]).toEqual([devices.total, 0]);
  });
});

async function counted(): Promise<number> {
  const text = await (await server.ask('/metrics')).text();
  return Number(/^offhook_phone_requests_total{transport="http",outcome="sent"} (\d+)$/m.exec(text)?.[1]);
}

test('what phones asked of any worker is shown by the one that has the API', async () => {
  const kept = await phonesOfAll();
  const asked = kept.map((phone) => phone.path);
  const shown = await eventually(async () => {
    const devices = (await accepted(server.ask('/api/v1/devices?limit=1000'))) as { devices: { id: string; mac: string }[] };
    const ours = devices.devices.filter(({ mac }) => kept.some((phone) => phone.mac === mac.replaceAll(':', '')));
    expect(ours).toHaveLength(kept.length);
    return Promise.all(
      ours.map(
        async ({ id }) =>
          (await accepted(server.ask(`/api/v1/devices/${id}/requests`))) as { total: number; requests: { path: string }[] },
      ),
    );
  });
  expect(shown.map(({ requests }) => requests[0]?.path).sort()).toEqual(asked.sort());
  for (const phone of kept) phone.hangUp();
});

/** How many lines there are, once those that were made before have been written: busy logs are written every 20 ms. */
async function settledLog(): Promise<number> {
  for (;;) {
    const lines = server.log().length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    if (server.log().length === lines) return lines;
  }
}

test('a level of the log is for all of them, and so is a reload', async () => {
  const kept = await phonesOfAll();
  await accepted(server.ask('/api/v1/log-level', { level: 'warn' }, 'PUT'));
  const lines = await settledLog();
  await Promise.all(kept.map((phone) => phone.fetch()));
  expect(server.log().slice(lines)).toEqual([]);
  await accepted(server.ask('/api/v1/log-level', { level: 'info' }, 'PUT'));

  // Of a signal nobody is told when all is read. The API's reload comes after it and is awaited, so that no worker is killed within either.
  for (const [index, reload] of [
    async () => void server.process.kill('SIGHUP'),
    () => accepted(server.ask('/api/v1/reload', {})),
  ].entries()) {
    mkdirSync(join(server.data, 'templates/digium-2.8.1'), { recursive: true });
    writeFileSync(join(server.data, 'templates/digium-2.8.1/phone.tpl'), `our own ${index}`);
    await reload();
    await eventually(async () => {
      const answers = await Promise.all(kept.map((phone) => phone.fetch()));
      expect(new Set(answers.map(({ body }) => body))).toEqual(new Set([`our own ${index}`]));
    });
  }
  for (const phone of kept) phone.hangUp();
});

function pidOf(worker: number): number {
  return server.log().findLast((line) => line.event === 'worker.started' && line.worker === worker)?.pid ?? 0;
}

test.each([2, 1])(
  'worker %i is killed under load: only its connections break, it comes back, and what was acknowledged is there',
  async (killed) => {
    const pid = pidOf(killed);
    const load = phones(30, true);
    const failures: unknown[] = [];
    let isOver = false;
    const loading = load.map(async (phone) => {
      let broken = 0;
      while (!isOver) {
        const { status, code } = await phone.fetch().then(
          ({ status }) => ({ status, code: undefined }),
          ({ code }: NodeJS.ErrnoException) => ({ status: undefined, code }),
        );
        if (status === 200) continue;
        broken++;
        // Its connection, and no other request: a phone asks again.
        if (broken > 1 || code !== 'ECONNRESET') failures.push({ phone: phone.mac, status, code, broken });
      }
    });
    const acknowledged: string[] = [];
    const writing = (async () => {
      for (let index = 0; !isOver; index++) {
        const id = `kept-${killed}-${index}`;
        const answer = await server.ask('/api/v1/configs', { id, parent_ids: ['base'], raw_config: {} }).catch(() => undefined);
        if (answer?.status === 201) acknowledged.push(id);
      }
    })();
    await eventually(() => expect(acknowledged.length).toBeGreaterThan(5));
    process.kill(pid, 'SIGKILL');
    await eventually(() => expect(pidOf(killed)).not.toBe(pid));
    const before = acknowledged.length;
    await eventually(() => expect(acknowledged.length).toBeGreaterThan(before + 5));
    isOver = true;
    await Promise.all([...loading, writing]);
    for (const phone of load) phone.hangUp();
    expect(failures).toEqual([]);
    for (const id of acknowledged) expect((await server.ask(`/api/v1/configs/${id}`)).status).toBe(200);
    expect(server.log()).toContainEqual(expect.objectContaining({ event: 'worker.ended', worker: killed, pid, how: 'SIGKILL' }));
    // Also over TFTP, which the first worker has, at the port where it was.
    expect(await tftpGet(server.tftp, 'Digium/000fd3000001.cfg', '127.1.0.1')).toMatchObject({ status: 200 });
  },
  60_000,
);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('told to end, all of them end; nothing went wrong on the way', async () => {
  const pids = [...all].map((worker) => pidOf(Number(worker)));
  expect(pids.map(isAlive)).toEqual([true, true, true]);
  // But for the token that is shown on the first start.
  expect(server.err()).toMatch(/^Nobody can log in yet\..*\n {2}offhook_\S+\n$/);
  expect(await server.stop()).toBe(0);
  expect(pids.map(isAlive)).toEqual([false, false, false]);
});

test('a person is welcomed once; and when the first process is gone, the workers go, too', async () => {
  const other = await startBuiltServer(['workers=2'], ['--development']);
  expect(other.out().match(/Offhook is running\./g)).toHaveLength(1);
  const pids = other.log().flatMap(({ event, pid }) => (event === 'worker.started' && pid ? [pid] : []));
  expect(pids).toHaveLength(2);
  other.process.kill('SIGKILL');
  await eventually(() => expect(pids.map(isAlive)).toEqual([false, false]));
  await other.stop();
}, 30_000);

test('what the system does not give is told once, and nothing stays', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => holder.once('listening', resolve));
  const { port } = holder.address() as { port: number };
  const failed = await startBuiltServer(['workers=2', `http.port=${port}`, `tftp.enabled=false`]).catch((cause: Error) => cause);
  holder.close();
  expect(failed).toBeInstanceOf(Error);
  const { message } = failed as Error;
  expect(message).toMatch(
    /^It ended with 78: offhook: The settings cannot be used:\n {2}http\.port: .* in use by another program/,
  );
  expect(message.match(/in use by another program/g)).toHaveLength(1);
}, 30_000);
