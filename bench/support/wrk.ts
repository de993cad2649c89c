import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Phone } from './fleet.ts';
import { type Peer, processorSeconds, run } from './peers.ts';

/** What wrk saw. */
export interface Load {
  /** Of processor time of the server: what it does on a core of its own, whoever else uses the machine. */
  readonly requestsPerSecond: number;
  /** Milliseconds. */
  readonly p99: number;
}

const connections = 32;

/** The bytes of a phone's request. */
export function requestOf({ path, userAgent, ip }: Phone): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    'Host: 192.0.2.10:8667',
    `User-Agent: ${userAgent}`,
    `X-Forwarded-For: ${ip}`,
    'Accept: */*',
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** A server under load. */
export interface Served {
  readonly port: number;
  readonly peer: Peer;
}

/** Asks for the phones' files in turn, as fast as they are answered. @throws when an answer is missing or is not 200 */
export async function wrk({ port, peer }: Served, phones: readonly Phone[], seconds: number): Promise<Load> {
  const folder = mkdtempSync(join(tmpdir(), 'offhook-wrk-'));
  const script = join(folder, 'phones.lua');
  writeFileSync(script, lua(phones));
  try {
    const url = `http://127.0.0.1:${port}`;
    const before = processorSeconds(peer);
    const printed = await run('load', 'wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script, url]);
    const taken = processorSeconds(peer) - before;
    const line = printed.split('\n').find((each) => each.startsWith('{'));
    const seen = JSON.parse(line ?? '') as { requests: number; p99: number; errors: number };
    if (seen.errors > 0) throw new Error(`${seen.errors} of ${seen.requests} requests failed`);
    return { requestsPerSecond: seen.requests / taken, p99: seen.p99 / 1_000 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const lua = (phones: readonly Phone[]): string => `local requests = {
${phones.map((phone) => `  ${JSON.stringify(requestOf(phone))},`).join('\n')}
}
local at = 0
function request()
  at = at % #requests + 1
  return requests[at]
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('{"requests": %d, "p99": %d, "errors": %d}\\n', summary.requests,
    latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
`;
