import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from '@jest/globals';
import { bytesContent } from '../../../server/lib/content.ts';
import type { TftpOptions, TftpReply, TftpRequest } from '../../../server/listeners/tftp/contract.ts';
import { startTftp } from '../../../server/listeners/tftp/listener.ts';
import { download, type TftpPeer, tftpPeer } from '../../support/tftp-peer.ts';
import { eventually, pattern, serveFiles, type TestServer } from '../../support/tftp-server.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function serve(files: Record<string, Buffer>, options: Partial<TftpOptions> = {}): Promise<TestServer> {
  const server = await serveFiles(files, options);
  closing.push(() => server.close());
  return server;
}

async function newPeer(host?: string): Promise<TftpPeer> {
  const peer = await tftpPeer(host);
  closing.push(() => peer.close());
  return peer;
}

const nothing = async (): Promise<TftpReply> => ({ kind: 'not-found' });

/** Has `file` begun, confirms block 1, and leaves block 2 without an answer until it came twice. @returns the port it comes from */
async function leaveUnanswered(peer: TftpPeer, server: TestServer): Promise<{ readonly first: number }> {
  peer.ask('file', server.port);
  const { port: first } = await peer.next();
  peer.ack(1, first);
  expect([await peer.next(), await peer.next()]).toMatchObject([{ packet: { block: 2 } }, { packet: { block: 2 } }]);
  return { first };
}

/** As many ports in a row that are free now. @returns the first and the last */
async function freePorts(count: number): Promise<readonly [from: number, to: number]> {
  for (;;) {
    const held = [await tftpPeer()];
    const from = held[0]?.port ?? 0;
    try {
      while (held.length < count) held.push(await tftpPeer('127.0.0.1', from + held.length));
      return [from, from + count - 1];
    } catch {
      // One of them is taken; the system proposes another beginning.
    } finally {
      await Promise.all(held.map((peer) => peer.close()));
    }
  }
}

describe('a request', () => {
  test.each([0, 1, 511, 512, 513, 1_024, 8_192, 100_000])('of a file of %d bytes brings it', async (size) => {
    const server = await serve({ file: pattern(size) });
    const { bytes, agreed, frames } = await download('file', server.port);
    expect(bytes.equals(pattern(size))).toBe(true);
    expect(agreed).toBeUndefined();
    expect(frames).toBe(Math.floor(size / 512) + 1);
    expect(await eventually(() => server.events.length === 1)).toBe(true);
    expect(server.events).toEqual([
      expect.objectContaining({
        kind: 'finished',
        ip: '127.0.0.1',
        filename: 'file',
        outcome: 'complete',
        bytes: size,
        retransmitted: 0,
      }),
    ]);
    expect(server.open()).toBe(0);
  });

  test('with options gets them back in an OACK, and the file in blocks and windows of that size', async () => {
    const file = pattern(100_000);
    const server = await serve({ file });
    const options = [
      ['TSize', '0'],
      ['unknown', 'x'],
      ['blksize', '1428'],
      ['windowsize', '16'],
      ['timeout', '2'],
    ] as const;
    const { bytes, agreed, frames } = await download('file', server.port, { options });
    expect(bytes.equals(file)).toBe(true);
    expect(agreed).toEqual([
      ['TSize', '100000'],
      ['blksize', '1428'],
      ['windowsize', '16'],
      ['timeout', '2'],
    ]);
    expect(frames).toBe(71);
  });

  test('in netascii gets lines that end in CR LF, and no tsize', async () => {
    const server = await serve({ file: Buffer.from('one\ntwo\r\n') });
    const { bytes, agreed } = await download('file', server.port, { mode: 'NetASCII', options: [['tsize', '0']] });
    expect(bytes.toString()).toBe('one\r\ntwo\r\0\r\n');
    expect(agreed).toBeUndefined();
  });

  test('reaches the answer with all that is known of it', async () => {
    const requests: TftpRequest[] = [];
    const server = await serve(
      {},
      {
        answer: async (request) => {
          requests.push(request);
          return { kind: 'not-found' };
        },
      },
    );
    const peer = await newPeer();
    peer.ask('caf\xe9\\..\\x', server.port, [], 'OCTET');
    await peer.next();
    expect(requests).toEqual([
      { ip: '127.0.0.1', port: peer.port, localAddress: '127.0.0.1', filename: 'caf\xe9\\..\\x', mode: 'octet' },
    ]);
  });

  test('for what is refused is answered as for what is not there', async () => {
    const answers: unknown[] = [];
    for (const kind of ['not-found', 'refused'] as const) {
      const server = await serve({}, { answer: async () => ({ kind }) });
      const peer = await newPeer();
      peer.ask('file', server.port);
      answers.push((await peer.next()).packet);
    }
    expect(answers[0]).toEqual({ kind: 'error', code: 1, message: 'File not found' });
    expect(answers[1]).toEqual(answers[0]);
  });

  test.each([
    ['fails', async (): Promise<TftpReply> => ({ kind: 'failed' }), 0],
    ['rejects', () => Promise.reject(new Error('secret path')), 1],
    [
      'throws',
      () => {
        throw new Error('secret path');
      },
      1,
    ],
  ])('whose answer %s gets ERROR 0 without details', async (_how, answer, reported) => {
    const server = await serve({}, { answer });
    const peer = await newPeer();
    peer.ask('file', server.port);
    expect((await peer.next()).packet).toEqual({ kind: 'error', code: 0, message: 'The server cannot send this now' });
    expect(server.events.filter((event) => event.kind === 'failed')).toHaveLength(reported);
    expect(server.stats().transfers).toBe(0);
  });

  test('to write is refused with ERROR 2, in an unknown mode with ERROR 4', async () => {
    const server = await serve({ file: pattern(10) });
    const peer = await newPeer();
    peer.send({ kind: 'write', filename: 'file', mode: 'octet', options: [] }, server.port);
    expect((await peer.next()).packet).toMatchObject({ kind: 'error', code: 2 });
    peer.ask('file', server.port, [], 'mail');
    expect((await peer.next()).packet).toMatchObject({ kind: 'error', code: 4 });
    expect(server.events).toMatchObject([
      { kind: 'refused', why: 'write' },
      { kind: 'refused', why: 'mode' },
    ]);
  });

  test('is the only thing that is answered on the port of requests', async () => {
    const server = await serve({});
    const peer = await newPeer();
    peer.ack(1, server.port);
    peer.send({ kind: 'data', block: 1, data: Buffer.alloc(4) }, server.port);
    peer.send({ kind: 'error', code: 5, message: '' }, server.port);
    peer.send({ kind: 'oack', options: [['blksize', '8']] }, server.port);
    peer.send(Buffer.alloc(0), server.port);
    peer.send(Buffer.from('\0\x01no end'), server.port);
    expect(await peer.rest(100)).toEqual([]);
    expect(server.stats()).toMatchObject({ received: 6, garbage: 6, sent: 0 });
  });

  test('that is repeated while it is being answered starts nothing, however slow the answer', async () => {
    let release: () => void = () => {};
    const slow = new Promise<void>((resolve) => {
      release = resolve;
    });
    let asked = 0;
    const server = await serve(
      {},
      {
        answer: async () => {
          asked++;
          await slow;
          return { kind: 'file', content: bytesContent(pattern(100)) };
        },
      },
    );
    const peer = await newPeer();
    for (let copy = 0; copy < 3; copy++) peer.ask('file', server.port);
    expect(await eventually(() => server.stats().repeated === 2)).toBe(true);
    release();
    const first = await peer.next();
    peer.ask('file', server.port);
    expect(await peer.rest(200)).toEqual([]);
    expect(asked).toBe(1);
    peer.ack(1, first.port);
    expect(await eventually(() => server.stats().transfers === 0)).toBe(true);
    expect(server.stats().repeated).toBe(3);
  });

  test('of a peer that has started over brings a new transfer, which ends the old one when the peer confirms it', async () => {
    const server = await serve({ file: pattern(5_000) });
    const peer = await newPeer();
    const { first } = await leaveUnanswered(peer, server);
    peer.ask('file', server.port);
    const again = await peer.next();
    expect(again.packet).toMatchObject({ kind: 'data', block: 1 });
    expect(again.port).not.toBe(first);
    peer.ack(1, again.port);
    expect(await peer.next()).toMatchObject({ packet: { block: 2 }, port: again.port });
    expect(server.events).toMatchObject([{ kind: 'finished', outcome: 'restarted', bytes: 512, retransmitted: 1 }]);
    expect(server.open()).toBe(1);
  });

  test('that comes late does not end the transfer that it is a copy of, however slow the peer', async () => {
    const server = await serve({ file: pattern(1_500) });
    const peer = await newPeer();
    const { first } = await leaveUnanswered(peer, server);
    // On loaded machines copies wait in the socket's buffer while the transfer is under way.
    peer.ask('file', server.port);
    const copy = await peer.next();
    expect(copy).toMatchObject({ packet: { kind: 'data', block: 1 } });
    peer.ask('file', server.port);
    expect(await eventually(() => server.stats().repeated === 1)).toBe(true);

    peer.ack(2, first);
    expect(await peer.next()).toMatchObject({ packet: { block: 3 }, port: first });
    expect(server.events).toMatchObject([{ kind: 'finished', outcome: 'restarted', bytes: 0 }]);
    peer.ack(3, first);
    expect(await eventually(() => server.stats().transfers === 0)).toBe(true);
    expect(server.events.at(-1)).toMatchObject({ outcome: 'complete', bytes: 1_500 });
    expect(await peer.rest(0)).toEqual([]);
    expect(server.open()).toBe(0);
  });

  test('that comes late is over as soon as the peer has all of the first transfer, or refuses the second', async () => {
    const server = await serve({ file: pattern(1_000) });
    for (const refused of [false, true]) {
      const peer = await newPeer();
      const { first } = await leaveUnanswered(peer, server);
      peer.ask('file', server.port);
      const copy = await peer.next();
      if (refused) {
        // RFC 1350, section 4: so does a client that knows the port of its transfer. The first goes on, and is sent again.
        peer.send({ kind: 'error', code: 5, message: '' }, copy.port);
        expect(await peer.next()).toMatchObject({ packet: { block: 2 }, port: first });
      }
      peer.ack(2, first);
      expect(await eventually(() => server.stats().transfers === 0)).toBe(true);
      expect(server.events.map((event) => event.kind === 'finished' && event.outcome).sort()).toEqual(
        refused ? ['aborted', 'complete', 'complete', 'restarted'] : ['complete', 'restarted'],
      );
    }
    expect(server.open()).toBe(0);
  });

  test('that comes late and is answered after its transfer went on sends nothing, and its content is closed', async () => {
    let release: () => void = () => {};
    const slow = new Promise<void>((resolve) => {
      release = resolve;
    });
    let asked = 0;
    let closed = 0;
    const content = { ...bytesContent(pattern(1_000)), close: async () => void closed++ };
    const answer = async (): Promise<TftpReply> => {
      if (++asked > 1) await slow;
      return { kind: 'file', content };
    };
    const server = await serve({}, { answer });
    const peer = await newPeer();
    const { first } = await leaveUnanswered(peer, server);
    peer.ask('file', server.port);
    expect(await eventually(() => asked === 2)).toBe(true);
    peer.ack(2, first);
    expect(await eventually(() => closed === 1)).toBe(true);
    release();
    expect(await eventually(() => closed === 2)).toBe(true);
    expect(server.stats()).toMatchObject({ transfers: 0, busy: 0 });
    expect(await peer.rest(0)).toEqual([]);
  });

  test('for another file from the same port runs beside the first', async () => {
    const server = await serve({ one: pattern(600), two: pattern(700) });
    const peer = await newPeer();
    peer.ask('one', server.port);
    const one = await peer.next();
    peer.ask('two', server.port);
    const two = await peer.next();
    expect(one.port).not.toBe(two.port);
    peer.ack(1, one.port);
    peer.ack(1, two.port);
    const lengths = [await peer.next(), await peer.next()].map(({ packet }) => packet?.kind === 'data' && packet.data.length);
    expect(new Set(lengths)).toEqual(new Set([88, 188]));
  });

  test('beyond the maximum is dropped without a word, and served when there is room', async () => {
    const server = await serve({ file: pattern(10) }, { maxTransfers: 1 });
    const [first, second] = [await newPeer(), await newPeer()];
    first.ask('file', server.port);
    const { port } = await first.next();
    second.ask('file', server.port);
    expect(await second.rest(100)).toEqual([]);
    expect(server.stats()).toMatchObject({ busy: 1, transfers: 1 });
    first.ack(1, port);
    expect(await eventually(() => server.stats().transfers === 0)).toBe(true);
    second.ask('file', server.port);
    expect((await second.next()).packet).toMatchObject({ kind: 'data' });
  });
});

describe('a transfer', () => {
  test('sends each block once to a client that confirms everything twice', async () => {
    const server = await serve({ file: pattern(100_000) });
    const { bytes, frames } = await download('file', server.port, { copies: 2 });
    expect(bytes.equals(pattern(100_000))).toBe(true);
    expect(frames).toBe(196);
  });

  test('in windows sends at most one window more for each that is confirmed twice', async () => {
    const server = await serve({ file: pattern(100_000) });
    const { bytes, frames } = await download('file', server.port, { copies: 2, options: [['windowsize', '8']] });
    expect(bytes.equals(pattern(100_000))).toBe(true);
    expect(frames).toBeLessThanOrEqual(2 * 196);
  });

  test('in windows goes back to the block that did not arrive, and no more often than it was lost', async () => {
    const server = await serve({ file: pattern(100_000) });
    let lost = 0;
    const { bytes, frames } = await download('file', server.port, {
      options: [['windowsize', '8']],
      lose: (packet, count) => packet.kind === 'data' && count % 20 === 5 && lost++ < 8,
    });
    expect(bytes.equals(pattern(100_000))).toBe(true);
    expect(frames).toBeLessThanOrEqual(196 + 8 * 8);
  });

  test('takes what its peer said for an answer, however late it is read', async () => {
    const server = await serve({ file: pattern(2_000) });
    const peer = await newPeer();
    peer.ask('file', server.port);
    const { port } = await peer.next();
    peer.ack(1, port);
    await peer.next();
    // The ACK waits in the socket's buffer until the time to send block 2 again is over.
    peer.ack(2, port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    expect(await peer.next()).toMatchObject({ packet: { block: 3 } });
    peer.ack(3, port);
    await peer.next();
    peer.ack(4, port);
    expect(await eventually(() => server.events.length === 1)).toBe(true);
    expect(server.events).toMatchObject([{ outcome: 'complete', retransmitted: 0 }]);
  });

  test('repeats a block that was lost', async () => {
    const server = await serve({ file: pattern(2_000) });
    const { bytes, frames } = await download('file', server.port, { lose: (_packet, count) => count === 1 });
    expect(bytes.equals(pattern(2_000))).toBe(true);
    expect(frames).toBe(4);
  });

  test('answers a stranger with ERROR 5, his own port only, and does not notice', async () => {
    const server = await serve({ file: pattern(1_200) });
    const [peer, stranger] = [await newPeer(), await newPeer()];
    peer.ask('file', server.port);
    const { port } = await peer.next();
    stranger.ack(1, port);
    expect((await stranger.next()).packet).toEqual({ kind: 'error', code: 5, message: 'Unknown transfer' });
    stranger.send({ kind: 'error', code: 0, message: 'stop' }, port);
    stranger.send({ kind: 'data', block: 1, data: Buffer.alloc(512) }, port);
    stranger.send(Buffer.from('x'), port);
    stranger.ask('file', port);
    expect(await stranger.rest(50)).toEqual([]);
    expect(await peer.rest(0)).toEqual([]);

    peer.ack(1, port);
    expect((await peer.next()).packet).toMatchObject({ kind: 'data', block: 2 });
    peer.ack(2, port);
    expect((await peer.next()).packet).toMatchObject({ kind: 'data', block: 3 });
    peer.ack(3, port);
    expect(await eventually(() => server.stats().transfers === 0)).toBe(true);
    expect(server.events).toMatchObject([{ outcome: 'complete', bytes: 1_200 }]);
    expect(server.stats()).toMatchObject({ foreign: 2, garbage: 3 });
  });

  test('ends when its peer guesses at ports: who asked in another s name does not know the right one', async () => {
    const server = await serve({ file: pattern(5_000) });
    const other = await newPeer();
    other.ask('file', server.port);
    const learned = (await other.next()).port;
    let victim = other;
    let own = learned;
    // Until the two are on different ports, which sixteen make likely. A victim of its own each time: an old pair of ports is quiet.
    while (own === learned) {
      if (victim !== other) victim.send({ kind: 'error', code: 0, message: '' }, own);
      victim = await newPeer();
      victim.ask('file', server.port);
      own = (await victim.next()).port;
    }
    victim.ack(1, learned);
    expect((await victim.next()).packet).toMatchObject({ kind: 'error', code: 5 });
    expect(await eventually(() => server.stats().transfers === 1)).toBe(true);
    expect(server.events.at(-1)).toMatchObject({ kind: 'finished', outcome: 'guessed', bytes: 0 });
  });

  test('that is over is not disturbed by a late datagram, nor is the next one', async () => {
    const server = await serve({ file: pattern(10) }, { transferSockets: 2 });
    const peer = await newPeer();
    peer.ask('file', server.port);
    const { port } = await peer.next();
    peer.ack(1, port);
    expect(await eventually(() => server.stats().transfers === 0)).toBe(true);
    peer.ask('file', server.port);
    const next = await peer.next();
    expect(next.port).not.toBe(port);
    peer.ack(1, port);
    expect(await peer.rest(50)).toEqual([]);
    expect(server.stats()).toMatchObject({ late: 1, transfers: 1 });
    peer.ack(1, next.port);
    expect(await eventually(() => server.stats().transfers === 0)).toBe(true);
    // Both ports were used: for this peer there is none until the quiet time is over.
    peer.ask('file', server.port);
    expect(await peer.rest(50)).toEqual([]);
    expect(server.stats().busy).toBe(1);
    expect(server.open()).toBe(0);
  });

  test('uses a port again for the same peer after the quiet time', async () => {
    const server = await serve({ file: pattern(10) }, { transferSockets: 1, quietMs: 50 });
    const peer = await newPeer();
    for (let round = 0; round < 3; round++) {
      peer.ask('file', server.port);
      peer.ack(1, (await peer.next()).port);
      await peer.rest(150);
    }
    expect(server.events).toHaveLength(3);
  });

  test('ends with an ERROR of its client, without an answer', async () => {
    const server = await serve({ file: pattern(5_000) });
    const peer = await newPeer();
    peer.ask('file', server.port, [['blksize', '600']]);
    const { port } = await peer.next();
    peer.send({ kind: 'error', code: 8, message: 'not that' }, port);
    expect(await peer.rest(100)).toEqual([]);
    expect(server.events).toMatchObject([{ kind: 'finished', outcome: 'aborted', bytes: 0 }]);
    expect(server.open()).toBe(0);
  });

  test('whose content cannot be read ends with ERROR 0, and the content is closed', async () => {
    let closed = 0;
    const content = { size: 9_000, read: () => Promise.reject(new Error('disk')), close: async () => void closed++ };
    const server = await serve({}, { answer: async () => ({ kind: 'file', content }) });
    const peer = await newPeer();
    peer.ask('file', server.port);
    expect((await peer.next()).packet).toMatchObject({ kind: 'error', code: 0, message: 'The server cannot send this now' });
    expect(server.events).toMatchObject([
      { kind: 'failed', filename: 'file' },
      { kind: 'finished', outcome: 'failed' },
    ]);
    expect(closed).toBe(1);
  });

  test('of a content that cannot be closed is reported', async () => {
    const content = { ...bytesContent(pattern(5)), close: () => Promise.reject(new Error('disk')) };
    const server = await serve({}, { answer: async () => ({ kind: 'file', content }) });
    await download('file', server.port);
    expect(await eventually(() => server.events.length === 2)).toBe(true);
    expect(server.events).toMatchObject([{ kind: 'finished' }, { kind: 'failed', filename: 'file' }]);
  });
});

describe('the listener', () => {
  test('serves IPv4 and IPv6 on one socket, and tells IPv4 addresses as such', async () => {
    const requests: TftpRequest[] = [];
    const answer = async (request: TftpRequest): Promise<TftpReply> => {
      requests.push(request);
      return { kind: 'file', content: bytesContent(pattern(1_000)) };
    };
    const server = await serve({}, { addresses: [{ host: '::', port: 0 }], answer });
    for (const host of ['127.0.0.1', '::1']) {
      const { bytes } = await download('file', server.port, { host });
      expect(bytes.equals(pattern(1_000))).toBe(true);
    }
    expect(requests.map(({ ip, localAddress }) => [ip, localAddress])).toEqual([
      ['127.0.0.1', '127.0.0.1'],
      ['::1', '::1'],
    ]);
  });

  test('listens on all IPv4 and all IPv6 addresses beside each other', async () => {
    const probe = createSocket('udp4');
    probe.bind(0);
    await once(probe, 'listening');
    const { port } = probe.address();
    await new Promise<void>((done) => probe.close(() => done()));

    const addresses = [
      { host: '0.0.0.0', port },
      { host: '::', port },
    ];
    const server = await serve({ file: pattern(9) }, { addresses });
    expect(server.addresses).toEqual(addresses);
    for (const host of ['127.0.0.1', '::1']) expect((await download('file', port, { host })).bytes).toHaveLength(9);
  });

  test('says EADDRINUSE when a port is taken, and leaves no socket open', async () => {
    const taken = createSocket('udp4');
    taken.bind(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address();
    const free = await serve({});
    await free.close();
    const addresses = [
      { host: '127.0.0.1', port: free.port },
      { host: '127.0.0.1', port },
    ];
    await expect(startTftp({ addresses, maxTransfers: 1, answer: nothing })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    const again = await startTftp({ addresses: addresses.slice(0, 1), maxTransfers: 1, answer: nothing });
    await again.close();
    await new Promise<void>((done) => taken.close(() => done()));
  });

  test('sends files from the ports that it is told, as far as they are free', async () => {
    const [from, to] = await freePorts(4);
    const taken = await tftpPeer('127.0.0.1', from + 1);
    closing.push(() => taken.close());
    const server = await serve({ file: pattern(10) }, { transferPorts: { from, to }, quietMs: 60_000 });
    const peer = await newPeer();
    const ports: number[] = [];
    for (let count = 0; count < 3; count++) {
      peer.ask('file', server.port);
      const { port } = await peer.next();
      peer.ack(1, port);
      expect(await eventually(() => server.stats().transfers === 0)).toBe(true);
      ports.push(port);
    }
    expect(ports.sort()).toEqual([from, from + 2, to]);
  });

  test('says EADDRINUSE when none of the ports for transfers is free, and leaves no socket open', async () => {
    const [from, to] = await freePorts(1);
    const taken = await tftpPeer('127.0.0.1', from);
    const [port] = await freePorts(1);
    const options: TftpOptions = {
      addresses: [{ host: '127.0.0.1', port }],
      maxTransfers: 1,
      answer: nothing,
      transferPorts: { from, to },
    };
    await expect(startTftp(options)).rejects.toMatchObject({ code: 'EADDRINUSE', port: from });
    await taken.close();
    const again = await startTftp(options);
    await again.close();
  });

  test('that closes tells its peers, closes all contents, and takes an answer that comes too late', async () => {
    let release: (reply: TftpReply) => void = () => {};
    let closed = 0;
    const late = new Promise<TftpReply>((resolve) => {
      release = resolve;
    });
    const content = { ...bytesContent(pattern(5_000)), close: async () => void closed++ };
    const server = await serveFiles(
      {},
      { answer: async ({ filename }) => (filename === 'late' ? late : { kind: 'file', content }) },
    );
    const peer = await newPeer();
    peer.ask('file', server.port);
    await peer.next();
    peer.ask('late', server.port);
    expect(await eventually(() => server.stats().transfers === 2)).toBe(true);
    await server.close();
    expect(closed).toBe(1);
    expect((await peer.rest(50)).map(({ packet }) => packet)).toMatchObject([
      { kind: 'error', code: 0 },
      { kind: 'error', code: 0 },
    ]);
    release({ kind: 'file', content });
    expect(await eventually(() => closed === 2)).toBe(true);
    expect(server.events).toMatchObject([{ kind: 'finished', outcome: 'stopped' }]);
  });
});
