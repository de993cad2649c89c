import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Phone } from './fleet.ts';
import { type cores, type Peer, processorSeconds, run } from './peers.ts';

/** What wrk saw. */
export interface Load {
  /** Of processor time of the server: what it does on a core of its own, whoever else uses the machine. */
  readonly requestsPerSecond: number;
  /** Of the clock on the wall. */
  readonly perSecond: number;
  /** Of processor time of the server; those of answers that had not ended count, too. */
  readonly megabytesPerSecond: number;
  /** Milliseconds. */
  readonly p99: number;
}

export interface Way {
  /** Default: the cores that load the server. */
  readonly on?: keyof typeof cores;
  readonly connection?: 'keep-alive' | 'close';
  /** Default: 32. */
  readonly connections?: number;
  /** How long an answer may take until it counts as missing. Default: 10. */
  readonly patienceSeconds?: number;
}

/** The bytes of a phone's request. @param connection whether the phone keeps the connection */
export function requestOf({ path, userAgent, ip }: Phone, connection: 'keep-alive' | 'close' = 'keep-alive'): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    'Host: 192.0.2.10:8667',
    `User-Agent: ${userAgent}`,
    `X-Forwarded-For: ${ip}`,
    'Accept: */*',
    ...(connection === 'close' ? ['Connection: close'] : []),
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** A server under load. */
export interface Served {
  readonly port: number;
  readonly peer: Peer;
}

/** Asks for the phones' files in turn, as fast as they are answered. @throws when an answer is missing or is not 200 */
export async function wrk(
  { port, peer }: Served,
  phones: readonly Phone[],
  seconds: number,
  { on = 'load', connection = 'keep-alive', connections = 32, patienceSeconds = 10 }: Way = {},
): Promise<Load> {
  const folder = mkdtempSync(join(tmpdir(), 'offhook-wrk-'));
  const script = join(folder, 'phones.lua');
  writeFileSync(script, lua(phones.map((phone) => requestOf(phone, connection))));
  try {
    const url = `http://127.0.0.1:${port}`;
    const before = processorSeconds(peer);
    const options = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', `${patienceSeconds}s`, '-s', script];
    const printed = await run(on, 'wrk', [...options, url]);
    const taken = processorSeconds(peer) - before;
    const line = printed.split('\n').find((each) => each.startsWith('{'));
    const seen = JSON.parse(line ?? '') as { requests: number; bytes: number; seconds: number; p99: number; errors: number };
    if (seen.errors > 0) throw new Error(`${seen.errors} of ${seen.requests} requests failed`);
    return {
      requestsPerSecond: seen.requests / taken,
      perSecond: seen.requests / seen.seconds,
      megabytesPerSecond: seen.bytes / 1e6 / taken,
      p99: seen.p99 / 1_000,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const lua = (requests: readonly string[]): string => `local requests = {
${requests.map((request) => `  ${JSON.stringify(request)},`).join('\n')}
}
local at = 0
function request()
  at = at % #requests + 1
  return requests[at]
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('{"requests": %d, "bytes": %d, "seconds": %f, "p99": %d, "errors": %d}\\n', summary.requests,
    summary.bytes, summary.duration / 1e6, latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
`;
