import { expect, test } from '@jest/globals';
import { createMetrics, type Outcome, type Transport } from '../../server/lib/metrics.ts';

/** `name{labels}` with its value, comments left out. */
async function samples(metrics: ReturnType<typeof createMetrics>): Promise<Map<string, number>> {
  const lines = (await metrics.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

test('every call adds to its own series', async () => {
  const metrics = createMetrics();
  metrics.phoneRequest('http', 'sent', 0.02);
  metrics.phoneRequest('http', 'sent', 0.2);
  metrics.phoneRequest('tftp', 'not-found', 0.001);
  metrics.sent('http', 1_000);
  metrics.sent('http', 24);
  metrics.tftpEnded('timeout');
  metrics.tftpRetransmitted(3);
  metrics.rendered('rendered', 0.004);
  metrics.rendered('failed', 0.004);
  metrics.cacheLookup('hit');
  metrics.security('wrong-key');
  const found = await samples(metrics);
  const expected: Readonly<Record<string, number>> = {
    'offhook_phone_requests_total{transport="http",outcome="sent"}': 2,
    'offhook_phone_requests_total{transport="tftp",outcome="not-found"}': 1,
    'offhook_phone_requests_total{transport="dhcp",outcome="sent"}': 0,
    'offhook_phone_request_duration_seconds_count{transport="http"}': 2,
    'offhook_phone_request_duration_seconds_bucket{le="0.025",transport="http"}': 1,
    'offhook_phone_request_duration_seconds_count{transport="dhcp"}': 0,
    'offhook_phone_sent_bytes_total{transport="http"}': 1_024,
    'offhook_tftp_transfers_total{end="timeout"}': 1,
    offhook_tftp_retransmissions_total: 3,
    'offhook_render_duration_seconds_count{end="rendered"}': 1,
    'offhook_render_duration_seconds_count{end="failed"}': 1,
    'offhook_render_cache_lookups_total{result="hit"}': 1,
    'offhook_render_cache_lookups_total{result="miss"}': 0,
    'offhook_security_events_total{event="wrong-key"}': 1,
  };
  for (const [name, value] of Object.entries(expected)) expect([name, found.get(name)]).toEqual([name, value]);
});

test('a label that is not ours makes no series, whoever sends it', async () => {
  const metrics = createMetrics();
  const before = [...(await samples(metrics)).keys()];
  for (let number = 0; number < 100; number++) {
    metrics.phoneRequest(`x${number}` as Transport, 'sent', 1);
    metrics.phoneRequest('http', `x${number}` as Outcome, 1);
  }
  expect([...(await samples(metrics)).keys()]).toEqual(before);
});

test('what the TFTP listener counts is looked up when somebody asks, as often as that is', async () => {
  const metrics = createMetrics();
  const counts = { transfers: 2, garbage: 3, foreign: 0, late: 1, repeated: 0, busy: 0 };
  metrics.tftp(() => counts);
  await metrics.metrics();
  counts.garbage = 5;
  const found = await samples(metrics);
  expect(found.get('offhook_tftp_transfers')).toBe(2);
  expect(found.get('offhook_tftp_ignored_datagrams_total{why="garbage"}')).toBe(5);
  expect(found.get('offhook_tftp_ignored_datagrams_total{why="foreign"}')).toBe(0);
});

test('a gauge is looked up when somebody asks', async () => {
  const metrics = createMetrics();
  let bytes = 1;
  metrics.gauge('offhook_render_cache_bytes', 'Memory of rendered files', () => bytes);
  expect((await samples(metrics)).get('offhook_render_cache_bytes')).toBe(1);
  bytes = 2;
  expect((await samples(metrics)).get('offhook_render_cache_bytes')).toBe(2);
});

test('metrics of the process come along on request, all others are named offhook_', async () => {
  const own = [...(await samples(createMetrics())).keys()];
  expect(own.filter((name) => !name.startsWith('offhook_'))).toEqual([]);
  const all = [...(await samples(createMetrics({ process: true }))).keys()];
  expect(all).toContain('process_resident_memory_bytes');
  expect(createMetrics().contentType).toMatch(/^text\/plain; version=0\.0\.4/);
});

test('every metric has a help and a type, once', async () => {
  const text = await createMetrics().metrics();
  for (const kind of ['HELP', 'TYPE']) {
    const names = Array.from(text.matchAll(new RegExp(`^# ${kind} (\\S+) .`, 'gm')), ([, name]) => name);
    expect(names).toHaveLength(11);
    expect(new Set(names).size).toBe(11);
  }
});

test('what the listener of SIP PnP counts is read when somebody asks', async () => {
  const metrics = createMetrics();
  let answered = 0;
  metrics.pnp(() => ({ requests: { answered, limited: 3 }, replies: { taken: 1 } }));
  metrics.pnpInterfaces(() => [
    { name: 'eth0', isReady: true },
    { name: 'eth1', isReady: false },
  ]);
  answered = 2;
  expect(Object.fromEntries(await samples(metrics))).toMatchObject({
    'offhook_pnp_requests_total{outcome="answered"}': 2,
    'offhook_pnp_requests_total{outcome="limited"}': 3,
    'offhook_pnp_replies_total{reply="taken"}': 1,
    'offhook_pnp_interface_ready{interface="eth0"}': 1,
    'offhook_pnp_interface_ready{interface="eth1"}': 0,
  });
});
