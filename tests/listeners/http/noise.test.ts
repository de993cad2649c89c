import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import { type HttpOptions, startHttp } from '../../../server/listeners/http.ts';
import { makePair, temporaryDirectory } from '../../support/http-certificate.ts';
import { CONFIG, file, get } from '../../support/http-listener.ts';
import { noise, noisyRequest, randomBytes } from '../../support/http-noise.ts';
import { inUse } from '../../support/memory.ts';

/** Like `start`, but keeps nothing of what happens, so that memory can be measured. */
async function listen(options: Partial<HttpOptions>) {
  const counts = new Map<string, number>();
  const listener = await startHttp({
    addresses: [{ host: '127.0.0.1', port: 0 }],
    trustedProxies: 1,
    answer: async ({ path }) => (path.length % 3 === 0 ? { kind: 'not-found' } : file()),
    observe(event) {
      const key = event.kind === 'refused' ? event.why : event.kind;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    },
    ...options,
  });
  return { listener, counts, port: listener.addresses[0]?.port ?? 0 };
}

/** Sends the bytes, ends, and waits until the server has closed too. */
async function throwAt(port: number, bytes: Buffer): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: false });
  socket.on('error', () => {});
  socket.resume();
  socket.end(bytes);
  await once(socket, 'close').catch(() => {});
}

/** Throws noise over four connections at a time until `requests` are sent, a few on each connection. */
async function storm(port: number, requests: number, make: () => Buffer): Promise<void> {
  let left = requests;
  const thrower = async () => {
    while (left > 0) {
      const count = Math.min(left, 1 + (left % 16));
      left -= count;
      await throwAt(port, Buffer.concat(Array.from({ length: count }, make)));
    }
  };
  await Promise.all(Array.from({ length: 4 }, thrower));
}

test('100,000 random and mutated requests harm nobody: the server lives, forgets them, and serves a healthy phone meanwhile', async () => {
  const { listener, counts, port } = await listen({});
  const random = noise(20_240_301);
  const make = () => noisyRequest(random);
  let raging = true;
  const healthy = async () => {
    let served = 0;
    for (; raging; served += 1) {
      const { status, body } = await get(port, '/D40.cfg', ['X-Forwarded-For: 10.0.0.9']);
      expect([status, body]).toEqual([200, CONFIG.toString('latin1')]);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return served;
  };
  const phone = healthy();
  await storm(port, 20_000, make);
  const before = inUse();
  await storm(port, 40_000, make);
  const between = inUse();
  await storm(port, 40_000, make);
  const after = inUse();
  raging = false;
  expect(await phone).toBeGreaterThan(100);
  // A hundred bytes for each request would be 4 MB each time; what the process makes once, or has left over from before, is there in one of both.
  expect(Math.min(between - before, after - between)).toBeLessThan(2_000_000);
  await listener.close();
  // The noise reaches every corner that it is meant for.
  for (const key of ['finished', 'malformed', 'method', 'headers', 'version', 'forwarded']) {
    expect({ [key]: counts.get(key) ?? 0 }).not.toEqual({ [key]: 0 });
  }
}, 600_000);

test('noise on the TLS port fails handshakes, and nothing stays of them', async () => {
  const { listener, counts, port } = await listen({ tls: makePair(temporaryDirectory(), 'noise') });
  const random = noise(7);
  const make = () => Buffer.concat([Buffer.from([0x16, 3, random(5)]), randomBytes(random, random(600))]);
  await storm(port, 2_000, make);
  await listener.close();
  expect(counts.get('handshake-failed')).toBeGreaterThan(100);
  expect([...counts.keys()]).toEqual(['handshake-failed']);
});
