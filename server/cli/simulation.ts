import { parseIp } from '../lib/ip.ts';
import { loadSettings } from '../settings/load.ts';
import type { Settings } from '../settings.ts';
import { makeFleet } from '../simulate/fleet.ts';
import { chooseKinds, diallerTo, openFileLimit, readInstalled } from '../simulate/prepare.ts';
import { type Progress, type Report, Run } from '../simulate/run.ts';
import type { Quantiles } from '../simulate/tally.ts';
import { connect } from './client.ts';
import { exit, Failure, type Io } from './io.ts';
import { register, remove } from './register.ts';
import type { Host } from './serve.ts';
import type { SimulateOptions } from './simulate.ts';
import { table } from './table.ts';

/**
 * Lets phones come up and prints what they got.
 * @throws Failure when not all of them came up, after the report
 */
export async function simulate(options: SimulateOptions, io: Io, host: Host): Promise<void> {
  const { config, data, phones, register: registers = false, model = [], plugin } = options;
  if (model.length === 0 && plugin === undefined) {
    throw new Failure('Say which phones: --model NAME, or --plugin ID; offhook plugin list --lines shows them', exit.usage);
  }
  const { settings } = loadSettings({
    environment: io.environment,
    ...(config !== undefined && { config }),
    ...(data !== undefined && { flags: [{ flag: '--data', key: 'data', value: data }] }),
  });
  const { catalogue, templates } = await readInstalled({ directories: settings.plugins.directories, data: settings.data });
  const kinds = chooseKinds(catalogue, model, plugin);
  const fleet = makeFleet(kinds, phones, options.seed);
  if (typeof fleet === 'string') throw new Failure(fleet, exit.usage);
  const to = options.to ?? phoneUrl(settings);
  const dialler = await diallerTo(to, {
    keepAlive: options.keepAlive,
    insecure: options.insecure ?? false,
    patienceMs: options.patience * 1_000,
    tftp: {
      ...(options.blksize !== undefined && { blockSize: options.blksize }),
      ...(options.windowsize !== undefined && { windowSize: options.windowsize }),
    },
  });
  const limit = await openFileLimit();
  // Beside the phones: the standard streams, modules being loaded, and what Node keeps for itself.
  const atOnce = Math.min(phones, Math.max(1, (limit ?? Number.POSITIVE_INFINITY) - 100));
  const silent = kinds.filter(
    ({ plugin: each }) => !(each.line.boot ?? each.package.definition.boot)?.transports.includes(dialler.transport),
  );
  const notes = [
    ...silent.map(({ row }) => `A ${row.name} does not speak ${dialler.transport.toUpperCase()} by its package; it is made to.`),
    ...(dialler.ownAddresses || phones === 1
      ? []
      : [`All phones ask from one address: an Offhook server needs phones.nat: true, or it refuses all but one.`]),
    ...(atOnce < phones
      ? [`This process may open ${limit} files: ${atOnce} phones ask at one time, the others wait (ulimit -n).`]
      : []),
  ];
  for (const note of notes) io.err(`${note}\n`);

  const client = registers || options.remove ? connect(options, io.environment) : undefined;
  if (client && registers) await register(client, fleet, options.tenant, io);
  const run = new Run({
    fleet,
    templates,
    dial: dialler.dial,
    ownAddresses: dialler.ownAddresses,
    registered: registers,
    firmware: options.firmware ?? false,
    rampMs: (options.ramp ?? 0) * 1_000,
    tries: options.tries,
    atOnce,
  });
  host.onSignal('SIGINT', () => run.stop());
  const report = await watched(run, io);
  if (client && options.remove) await remove(client, fleet, io);
  io.out(options.json ? `${JSON.stringify({ to, ...report }, null, 2)}\n` : pageOf(report, to));
  if (report.up < report.phones) throw new Failure(verdict(report));
}

/** A server on this host that was configured by these settings. */
function phoneUrl({ http }: Settings): string {
  if (!http.enabled)
    throw new Failure('Phones are not served over HTTP by these settings: say where to with --to URL', exit.usage);
  const [address = ''] = http.listen;
  const host = address === '0.0.0.0' || address === '::' ? '127.0.0.1' : address;
  return `http://${parseIp(host)?.includes(':') ? `[${host}]` : host}:${http.port}`;
}

/** Tells how far it is, on a line that is written over on a terminal, else in a line every few seconds. */
async function watched(run: Run, io: Io): Promise<Report> {
  const say = () => {
    const line = lineOf(run.progress());
    io.err(io.terminal ? `\r\x1b[K${line}` : `${line}\n`);
  };
  const timer = setInterval(say, io.terminal ? 200 : 5_000);
  try {
    return await run.go();
  } finally {
    clearInterval(timer);
    if (io.terminal) io.err('\r\x1b[K');
  }
}

function lineOf({ phones, up, down, asking, pausing, files, elapsedMs }: Progress): string {
  const parts = [`${number(up)} of ${number(phones)} up`, `${number(asking)} asking`];
  if (pausing > 0) parts.push(`${number(pausing)} about to try again`);
  if (down > 0) parts.push(`${number(down)} gave up`);
  return [...parts, `${number(files)} files`, seconds(elapsedMs)].join(', ');
}

function pageOf(report: Report, to: string): string {
  const { files, troubles, boot, lastUpMs, phones, up } = report;
  const rows = files.map((file) => [
    file.name,
    ...[file.served, file.missing, file.wrong, file.failed].map((value) => (value === 0 ? '' : number(value))),
    ...latencies(file.latency),
    size(file.bytes),
  ]);
  const wrong = troubles.map(({ what, times, firstMs, lastMs, example }) => [
    what,
    number(times),
    `${seconds(firstMs)} to ${seconds(lastMs)}`,
    example,
  ]);
  const all =
    rows.length > 0
      ? [['a whole boot', number(up), '', '', '', ...latencies(boot), size(files.reduce((sum, { bytes }) => sum + bytes, 0))]]
      : [];
  const last = lastUpMs === undefined ? '' : `; the last after ${seconds(lastUpMs)}`;
  return [
    `${number(up)} of ${number(phones)} phones came up at ${to}${last}.\n`,
    table(['file', 'served', 'not there', 'wrong', 'failed tries', 'p50', 'p90', 'p99', 'longest', 'bytes'], [...rows, ...all]),
    table(['what went wrong', 'times', 'when', 'such as'], wrong),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function verdict({ phones, up, down, unfinished }: Report): string {
  const reasons = down.map(({ why, phones: some }) => `${number(some)} gave up: ${why}`);
  if (unfinished > 0) reasons.push(`${number(unfinished)} were not through when the run was stopped`);
  return `${number(phones - up)} of ${number(phones)} phones did not come up (${reasons.join('; ')})`;
}

function latencies(values: Quantiles | undefined): string[] {
  return [values?.p50, values?.p90, values?.p99, values?.max].map((value) => (value === undefined ? '' : seconds(value)));
}

function number(value: number): string {
  return value.toLocaleString('en');
}

function seconds(ms: number): string {
  return ms < 1_000 ? `${Math.max(ms, 0).toFixed(ms < 10 ? 1 : 0)} ms` : `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

function size(bytes: number): string {
  if (bytes < 10_000) return `${bytes} B`;
  return bytes < 10_000_000 ? `${(bytes / 1_000).toFixed(0)} kB` : `${number(Math.round(bytes / 1_000_000))} MB`;
}
