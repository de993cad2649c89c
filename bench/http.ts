import { compare } from './support/compare.ts';
import { phonesOf } from './support/fleet.ts';
import { startOffhook } from './support/offhook.ts';
import { fetchAll } from './support/phones.ts';
import { startStatic } from './support/static.ts';
import type { Part, Row } from './support/table.ts';
import { digium, type Vendor, yealink } from './support/vendors.ts';
import { type Load, type Served, wrk } from './support/wrk.ts';

const phoneCount = 2_000;
const rounds = 5;
const roundSeconds = 4;

async function measure(vendor: Vendor): Promise<Row[]> {
  const phones = phonesOf(vendor, phoneCount);
  const one = await startOffhook({ vendor, phones, packages: 1 });
  const many = await startOffhook({ vendor, phones, packages: 100, all: true });
  const files = await fetchAll(one, phones);
  await fetchAll(many, phones);
  const others = await startStatic(files);
  try {
    const at = (server: Served) => () => wrk(server, phones, roundSeconds);
    const { info, warn, hundred, bare, nginx } = await compare(rounds, {
      info: at(one),
      async warn() {
        await one.ask('PUT', '/api/v1/log-level', { level: 'warn' });
        const load = await wrk(one, phones, roundSeconds);
        await one.ask('PUT', '/api/v1/log-level', { level: 'info' });
        return load;
      },
      hundred: at(many),
      bare: at(others.bare),
      nginx: at(others.nginx),
    });
    const size = [...files.values()].reduce((sum, { length }) => sum + length, 0) / files.size;
    const kind = `${phoneCount.toLocaleString('en')} ${vendor.name} files of ${(size / 1_000).toFixed(0)} KB`;
    const rate = (load: Load) => load.requestsPerSecond;
    const row = (what: string, ours: Load, name: string, peer: Load) => ({
      what: `${kind}, ${what}`,
      ours: rate(ours),
      unit: 'requests/s',
      peer: { name, figure: rate(peer) },
    });
    const against = 'node:http alone';
    return [
      { ...row('1 package', info, against, bare), target: { least: 0.7 } },
      { ...row('1 package, log level warn', warn, against, bare), target: { least: 0.7 } },
      { ...row('100 packages', hundred, against, bare), target: { least: 0.7 } },
      row('1 package', info, 'nginx', nginx),
      { ...row('100 packages', hundred, '1 package', info), target: { least: 0.97 } },
      { what: `${kind}, 1 package: p99`, ours: info.p99, unit: 'ms', peer: { name: against, figure: bare.p99 } },
    ];
  } finally {
    await Promise.all([one.stop(), many.stop(), others.stop()]);
  }
}

export const http: Part = {
  name: 'http',
  about:
    `wrk asks with 32 connections for the files of ${phoneCount.toLocaleString('en')} phones in turn, with true paths and User-Agents, each ` +
    'phone at an address of its own (told by X-Forwarded-For). Logs and security log are written as by default, to files. Rates are per second of processor time of the server, so that they hold for a core of its own on a machine ' +
    'that others use. node:http alone ' +
    'is a server that looks the same bytes up in a Map and sends them; nginx has them as files, with its access log. The 100 packages hold those of all real vendors. The median of ' +
    `${rounds} rounds of ${roundSeconds} s in which all take turns.`,
  run: async () => [...(await measure(yealink)), ...(await measure(digium))],
};
