import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { compare } from './support/compare.ts';
import { type Phone, phonesOf } from './support/fleet.ts';
import { startOffhook } from './support/offhook.ts';
import { megabytes as megabytesOf, type Peer, run, start } from './support/peers.ts';
import { fetchAll } from './support/phones.ts';
import { startStatic } from './support/static.ts';
import type { Part, Row } from './support/table.ts';
import { buildTftpLoad, fetchTftp, freeUdpPort, type TftpServer, tftpdHpa } from './support/tftp.ts';
import { digium } from './support/vendors.ts';
import { type Served, wrk } from './support/wrk.ts';

const megabytes = 50;
const name = 'Digium/firmware/2_8_1_D40_firmware.eff';
const many = 200;
/** A few, so that they wait for the server and not for one another. */
const askers = 4;
const phoneCount = 200;
const rounds = 3;
const roundSeconds = 3;
/** What a server on a gigabit line sends at most, in bytes a second. */
const line = 125_000_000;

const fetches = (windowsize: number) => ({ file: name, blksize: 1_428, windowsize, clients: 1, fetches: 2 });

export const images: Part = {
  name: 'images',
  about:
    `A firmware image of ${megabytes} MB in the page cache. By HTTP wrk fetches it on 1 and on ${many} connections at once, as fast as it comes, ` +
    'from Offhook, from nginx (sendfile on) and from a server of node:http that has it in memory. ' +
    'By TFTP one client fetches it from Offhook and from tftpd-hpa, which knows no windowsize. Rates over HTTP are per second of processor time of the server, those over TFTP per second of the clock, ' +
    'because in.tftpd has a process for each fetch that is gone before its time could be read. Then ' +
    `${askers} connections ask for ${phoneCount} phones’ configuration files, some 600 a second, while nobody, while ${many} connections fetch the image as fast as it comes, ` +
    `and while curl fetches it on ${many} connections that share a line of 1 Gbit/s. Where it comes as fast as it can, what fetches has the core of what asks busy, too: ` +
    'that row says as much of the machine as of the server, and nginx beside it has the same trouble. ' +
    `The median of ${rounds} rounds of ${roundSeconds} s in which all take turns.`,
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'offhook-bench-images-'));
    const ends = [() => rm(folder, { recursive: true })];
    try {
      const image = randomBytes(megabytes * 1_000_000);
      const port = await freeUdpPort();
      const phones = phonesOf(digium, phoneCount);
      const set = ['tftp.enabled=true', 'tftp.listen=127.0.0.1', `tftp.port=${port}`];
      const offhook = await startOffhook({ vendor: digium, phones, packages: 1, set });
      ends.push(() => offhook.stop());
      // in.tftpd gives away the rights of root, and serves what everybody may read.
      await chmod(folder, 0o755);
      for (const root of [join(offhook.data, 'images', digium.plugin), folder]) {
        await mkdir(dirname(join(root, name)), { recursive: true });
        await writeFile(join(root, name), image);
      }
      const others = await startStatic(new Map([...(await fetchAll(offhook, phones)), [`/${name}`, image]]));
      ends.push(() => others.stop());
      const hpa = await tftpdHpa(folder);
      ends.push(() => hpa.peer.stop());
      const ours = { name: 'Offhook', host: '127.0.0.1', port, peer: offhook.peer };
      return [
        ...(await overHttp({ offhook, ...others }, phones)),
        ...(await overTftp(await buildTftpLoad(folder), ours, hpa)),
        ...(await meanwhile({ offhook, ...others }, phones)),
      ];
    } finally {
      for (const end of ends.reverse()) await end();
    }
  },
};

type Servers = Readonly<Record<'offhook' | 'nginx' | 'bare', Served>>;

/** Phones that fetch the image, in place of their files. */
const download = (server: Served, phones: readonly Phone[], connections: number) =>
  wrk(
    server,
    phones.map((phone) => ({ ...phone, path: `/${name}` })),
    roundSeconds,
    { connections, patienceSeconds: 60 },
  );

async function overHttp({ offhook, nginx, bare }: Servers, phones: readonly Phone[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const connections of [1, many]) {
    const of = (server: Served) => async () => {
      const { megabytesPerSecond } = await download(server, phones, connections);
      return { megabytesPerSecond };
    };
    const seen = await compare(rounds, { offhook: of(offhook), nginx: of(nginx), bare: of(bare) });
    const row = (name: string, figure: number) => ({
      what: `HTTP, ${connections} at once`,
      ours: seen.offhook.megabytesPerSecond,
      unit: 'MB/s',
      peer: { name, figure },
    });
    rows.push(row('nginx', seen.nginx.megabytesPerSecond), row('node:http alone', seen.bare.megabytesPerSecond));
  }
  return rows;
}

async function overTftp(load: string, offhook: TftpServer, hpa: TftpServer): Promise<Row[]> {
  const rows: Row[] = [];
  for (const windowsize of [1, 16]) {
    const of = (server: TftpServer) => async () => {
      const { seconds, bytes } = await fetchTftp(load, server, fetches(windowsize), megabytes * 1_000_000);
      return { rate: bytes / 1e6 / seconds };
    };
    const seen = await compare(rounds, { offhook: of(offhook), hpa: of(hpa) });
    const what = `TFTP, blksize 1428, windowsize ${windowsize}`;
    rows.push({ what, ours: seen.offhook.rate, unit: 'MB/s', peer: { name: hpa.name, figure: seen.hpa.rate } });
  }
  return rows;
}

async function meanwhile({ offhook, nginx }: Servers, phones: readonly Phone[]): Promise<Row[]> {
  const ask = async ({ port }: Served) => {
    const program = join(import.meta.dirname, 'support/asker.js');
    const words = [program, String(port), String(roundSeconds - 1), String(askers), JSON.stringify(phones)];
    return { p99: Number(await run('load', process.execPath, words)) };
  };
  const alone = (server: Served) => async () => ({ p99: (await ask(server)).p99 });
  const beside = (server: Served) => async () => {
    const downloading = download(server, phones, many);
    const [{ p99 }] = await Promise.all([ask(server), downloading]);
    return { p99 };
  };
  const onALine = (server: Served) => async () => {
    const before = megabytesOf(server.peer);
    const downloads = share(server, phones);
    try {
      // Until all have begun.
      await sleep(1_000);
      const { p99 } = await ask(server);
      return { p99, before, meanwhile: megabytesOf(server.peer) };
    } finally {
      await downloads.stop();
    }
  };
  const seen = await compare(rounds, {
    ours: beside(offhook),
    nginxs: beside(nginx),
    oursAlone: alone(offhook),
    nginxsAlone: alone(nginx),
  });
  const lines = await compare(rounds, { ours: onALine(offhook), nginxs: onALine(nginx) });
  const how = { fast: `p99 of configuration requests while ${many} download`, line: `the same on a line of 1 Gbit/s` };
  const row = (what: string, figure: number, name: string, peer: number) => ({
    what,
    ours: figure,
    unit: 'ms',
    peer: { name, figure: peer },
  });
  return [
    row(how.fast, seen.ours.p99, 'while nobody does', seen.oursAlone.p99),
    row(how.fast, seen.ours.p99, 'nginx with its files', seen.nginxs.p99),
    row(`${how.fast}, nginx`, seen.nginxs.p99, 'while nobody does', seen.nginxsAlone.p99),
    row(how.line, lines.ours.p99, 'while nobody does', seen.oursAlone.p99),
    row(how.line, lines.ours.p99, 'nginx with its files', lines.nginxs.p99),
    row(`${how.line}, nginx`, lines.nginxs.p99, 'while nobody does', seen.nginxsAlone.p99),
    {
      what: `memory meanwhile`,
      ours: lines.ours.meanwhile,
      unit: 'MB',
      peer: { name: 'before', figure: lines.ours.before },
    },
  ];
}

/** Phones that share a line, as long as it is not stopped. */
function share({ port }: Served, phones: readonly Phone[]): Peer {
  const [{ userAgent, ip } = { userAgent: '', ip: '' }] = phones;
  const urls = Array.from({ length: many }, () => ['--output', '/dev/null', `http://127.0.0.1:${port}/${name}`]).flat();
  const each = ['--limit-rate', String(Math.floor(line / many)), '--user-agent', userAgent, '--header', `X-Forwarded-For: ${ip}`];
  const limits = ['--max-time', '60', '--parallel', '--parallel-immediate', '--parallel-max', String(many)];
  return start('load', 'curl', ['--silent', '--fail', ...limits, ...each, ...urls]);
}
