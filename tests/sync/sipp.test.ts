import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { Secret } from '../../server/lib/secret.ts';
import { uriOf } from '../../server/sync/notify.ts';
import { type Outcome, SipSender } from '../../server/sync/sender.ts';
import { freePort } from '../support/free-port.ts';
import { temporaryDirectory } from '../support/http-certificate.ts';

const sender = new SipSender({ localAddress: async () => '127.0.0.1', timers: { t1: 50, t2: 400 } });
afterAll(() => sender.close());

const recv =
  '<recv request="NOTIFY" crlf="true"><action><ereg regexp="check-sync.*" search_in="hdr" header="Event:" check_it="true" assign_to="event"/></action></recv><Reference variables="event"/>';
const own = '[last_Via:]\n[last_From:]\n[last_To:];tag=[call_number]\n[last_Call-ID:]\n[last_CSeq:]\nContent-Length: 0';
const send = (line: string, more = '') => `<send><![CDATA[\nSIP/2.0 ${line}\n${more}${own}\n\n]]></send>`;
const challenge = (header: string) => `${header}: Digest realm="phone", nonce="abcdef123456", algorithm=MD5, qop="auth"\n`;
/** sipp checks the response in Authorization; the other it only finds. */
const verified =
  '<recv request="NOTIFY" crlf="true"><action><verifyauth assign_to="ok" username="1001" password="s3cret"/></action></recv>' +
  '<nop condexec="ok" condexec_inverse="true"><action><error message="The login is wrong"/></action></nop>';

const found =
  '<recv request="NOTIFY" crlf="true"><action><ereg regexp="username=.1001.*response=" search_in="hdr" header="Proxy-Authorization:" check_it="true" assign_to="login"/></action></recv><Reference variables="login"/>';

/** sipp as a phone, for one call. @returns its exit code and the outcome */
async function told(
  transport: 'udp' | 'tcp',
  steps: readonly string[],
  login = false,
): Promise<{ code: number; outcome: Outcome }> {
  const folder = temporaryDirectory();
  const scenario = join(folder, 'phone.xml');
  const head = '<?xml version="1.0" encoding="ISO-8859-1"?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n<scenario name="phone">';
  writeFileSync(scenario, `${head}\n${steps.join('\n')}\n</scenario>\n`);
  const port = await freePort();
  const words = ['-sf', scenario, '-i', '127.0.0.1', '-p', String(port), '-t', transport === 'udp' ? 'u1' : 't1', '-m', '1'];
  const phone = spawn('sipp', [...words, '-nostdin', '-timeout', '20s', '-timeout_error', '-default_behaviors', 'none'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  phone.stdout.resume();
  phone.stderr.resume();
  const ended = once(phone, 'close');
  const to = { transport, host: '127.0.0.1', port } as const;
  const order = { notification: { event: 'check-sync' }, to, uri: uriOf(to, '1001') };
  const credentials = login ? { username: '1001', password: new Secret('s3cret') } : undefined;
  let outcome = await sender.tell({ ...order, credentials });
  // It takes a moment until it listens.
  for (let tries = 0; outcome.kind === 'unreachable' && tries < 100; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    outcome = await sender.tell({ ...order, credentials });
  }
  const [code] = await ended;
  return { code, outcome };
}

const unauthorized = (status: 401 | 407) =>
  status === 401
    ? send('401 Unauthorized', challenge('WWW-Authenticate'))
    : send('407 Proxy Authentication Required', challenge('Proxy-Authenticate'));

test.each([
  ['udp', '200 OK', { kind: 'accepted', status: 200 }],
  ['tcp', '200 OK', { kind: 'accepted', status: 200 }],
  ['udp', '489 Bad Event', { kind: 'unsupported', status: 489 }],
  ['tcp', '480 Away', { kind: 'refused', status: 480, reason: 'Away' }],
] as const)(
  'sipp over %s that answers %s',
  async (transport, line, outcome) => {
    expect(await told(transport, [recv, send(line)])).toEqual({ code: 0, outcome });
  },
  30_000,
);

test.each([
  ['udp', 401],
  ['udp', 407],
  ['tcp', 401],
  ['tcp', 407],
] as const)(
  'sipp over %s that asks for a login with %i, and checks it',
  async (transport, status) => {
    const steps = [recv, unauthorized(status), status === 401 ? verified : found, send('200 OK')];
    expect(await told(transport, steps, true)).toEqual({ code: 0, outcome: { kind: 'accepted', status: 200 } });
  },
  30_000,
);

test('sipp that takes its time is told again, and answers once', async () => {
  const steps = [recv, '<pause milliseconds="600"/>', send('200 OK')];
  expect(await told('udp', steps)).toEqual({ code: 0, outcome: { kind: 'accepted', status: 200 } });
}, 30_000);

test('sipp that hears and says nothing', async () => {
  expect(await told('udp', [recv])).toEqual({ code: 0, outcome: { kind: 'silent' } });
}, 30_000);

test('sipp that asks for a login that there is none of', async () => {
  expect(await told('udp', [recv, unauthorized(401)])).toEqual({ code: 0, outcome: { kind: 'login-refused', status: 401 } });
}, 30_000);
