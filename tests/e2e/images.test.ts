import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type BuiltServer, startBuiltServer } from '../support/built-server.ts';
import { eventually } from '../support/eventually.ts';
import { HealthyPhone } from '../support/healthy-phone.ts';
import { httpGet } from '../support/phones.ts';
import { download } from '../support/tftp-peer.ts';

const size = 50_000_000;
const image = randomBytes(size);
const name = 'Digium/firmware/2_8_1_D40_firmware.eff';

/** Together with those over TFTP they are 200. */
const phones = { whole: 15, resuming: 15, aborting: 30, slow: 137 };
const tftpPhones = 3;
const megabyte = 1_000_000;
/** Pieces of 64 KiB of 200 phones are 13 MB, the rest is heap that is not yet collected. Two images in memory are too many. */
const mostGrowth = 80 * megabyte;

let server: BuiltServer;

beforeAll(async () => {
  server = await startBuiltServer([]);
  const file = join(server.data, 'images/digium-2.8.1', name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, image);
  const line = { username: 'alice', password: 'alice-pw', display_name: 'Alice' };
  await server.ask('/api/v1/configs', {
    id: 'alice',
    parent_ids: [],
    raw_config: { sip_proxy_ip: '192.0.2.1', sip_lines: { 1: line } },
  });
  await server.ask('/api/v1/devices', { mac: '000fd3000a11', config: 'alice' });
}, 60_000);
afterAll(() => server.stop());

const askForFile = () => httpGet(server.http, '/Digium/000fd3000a11.cfg', '127.0.0.11');

/** The beginning of an answer to a phone that asks for the image; nothing more is read yet. */
function askForImage(number: number, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: server.http, path: `/${name}`, localAddress: `127.2.0.${number + 1}` };
    const agent = { 'user-agent': 'Digium D40 2_8_1' };
    request({ ...options, headers: { ...agent, ...headers }, agent: false }, resolve)
      .on('error', reject)
      .end();
  });
}

/**
 * Reads on, so many bytes at least, or all that is left.
 * @param from where in the image they begin @returns where the next ones begin @throws at a wrong byte
 */
async function take(answer: IncomingMessage, from: number, bytes = Number.POSITIVE_INFINITY): Promise<number> {
  let at = from;
  for await (const piece of answer.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    if (!image.subarray(at, at + piece.length).equals(piece)) throw new Error(`Bytes behind ${at} are not the image's`);
    at += piece.length;
    if (at - from >= bytes) break;
  }
  return at;
}

const each = <Result>(count: number, act: (number: number) => Promise<Result>): Promise<Result[]> =>
  Promise.all(Array.from({ length: count }, (_, number) => act(number)));

/** Bytes of memory that the server's process has (proc(5), status: VmRSS). */
const resident = () =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${server.process.pid}/status`, 'latin1'))?.[1]) * 1_024;

/** What the server's process has open. */
function open(): { readonly all: number; readonly image: number } {
  const folder = `/proc/${server.process.pid}/fd`;
  const links = readdirSync(folder).map((entry) => {
    try {
      return readlinkSync(join(folder, entry));
    } catch {
      // Closed meanwhile.
      return undefined;
    }
  });
  const there = links.filter((link) => link !== undefined);
  return { all: there.length, image: there.filter((link) => link.endsWith(name)).length };
}

/** Looks how much memory the server takes, until told to stop. */
function watchMemory(): { stop(): Promise<number> } {
  let most = 0;
  let watching = true;
  const watched = (async () => {
    for (; watching; await sleep(50)) most = Math.max(most, resident());
  })();
  return {
    async stop() {
      watching = false;
      await watched;
      return most;
    },
  };
}

test('200 phones fetch 50 MB at once, over HTTP and TFTP, some in parts and some not to the end: right bytes, little memory, nothing left open', async () => {
  const handles = open().all;
  // What a server that runs for a while has compiled and allocated.
  await each(4, async (number) => take(await askForImage(number), 0));
  await each(20, askForFile);
  await eventually(() => expect(open().image).toBe(0));
  const before = resident();
  const memory = watchMemory();
  const healthy = new HealthyPhone('alice-pw', askForFile);

  // All are there, each with a megabyte, before the first goes on.
  const begin = async (number: number) => {
    const answer = await askForImage(number);
    expect([answer.statusCode, Number(answer.headers['content-length'])]).toEqual([200, size]);
    return { answer, at: await take(answer, 0, megabyte) };
  };
  const [whole, resuming, aborting, slow] = await Promise.all([
    each(phones.whole, begin),
    each(phones.resuming, begin),
    each(phones.aborting, begin),
    each(phones.slow, begin),
  ]);
  const overTftp = each(tftpPhones, () =>
    download(name, server.tftp, {
      options: [
        ['blksize', '1428'],
        ['windowsize', '16'],
      ],
    }),
  );
  await eventually(() => expect(open().image).toBe(200));

  const resume = async ({ answer, at }: Awaited<ReturnType<typeof begin>>, number: number) => {
    answer.destroy();
    const rest = await askForImage(number, { range: `bytes=${at}-`, 'if-range': answer.headers.etag ?? '' });
    expect([rest.statusCode, rest.headers['content-range']]).toEqual([206, `bytes ${at}-${size - 1}/${size}`]);
    return take(rest, at);
  };
  const abort = async ({ answer, at }: Awaited<ReturnType<typeof begin>>) => {
    await take(answer, at, megabyte);
    answer.destroy();
  };
  // The slow ones read nothing while the others fetch all, then some more, and are unplugged.
  const [wholes, rests, files] = await Promise.all([
    Promise.all(whole.map(({ answer, at }) => take(answer, at))),
    Promise.all(resuming.map(resume)),
    overTftp,
    Promise.all(aborting.map(abort)),
  ]);
  expect([...wholes, ...rests]).toEqual(Array(phones.whole + phones.resuming).fill(size));
  for (const { bytes, agreed } of files) {
    expect(agreed?.map(([option]) => option)).toEqual(['blksize', 'windowsize']);
    expect(bytes.equals(image)).toBe(true);
  }
  await Promise.all(
    slow.map(async ({ answer, at }) => {
      await take(answer, at, 5 * megabyte);
      answer.destroy();
    }),
  );

  expect(await healthy.stop()).toBeGreaterThan(0);
  const growth = (await memory.stop()) - before;
  expect(growth).toBeLessThan(mostGrowth);
  await eventually(() => {
    expect(open().image).toBe(0);
    // Fewer when a connection of the API has been closed meanwhile.
    expect(open().all).toBeLessThanOrEqual(handles);
  });
}, 120_000);
