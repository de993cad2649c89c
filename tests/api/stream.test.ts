import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import type { Response } from 'express';
import { streamTo } from '../../server/api/stream.ts';
import { eventually } from '../support/eventually.ts';

const PIECE = 'x'.repeat(65_536);
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

/** Tells every client pieces without end. @returns how many were made, and whether that has ended */
async function tell(patience: number) {
  const state = { made: 0, ended: false, listeners: 0 };
  async function* pieces() {
    try {
      for (;;) {
        state.made++;
        state.listeners = Math.max(state.listeners, streaming?.listenerCount('close') ?? 0);
        yield PIECE;
      }
    } finally {
      state.ended = true;
    }
  }
  const server = createServer((_, response: ServerResponse) => {
    streaming = response;
    void streamTo(response as Response, pieces(), patience);
  });
  let streaming: ServerResponse | undefined;
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => {});
  cleanups.push(
    () => socket.destroy(),
    () => server.close(),
  );
  await once(socket, 'connect');
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  return { state, socket };
}

test('who does not read is not told any more, and what was to be told ends', async () => {
  const { state, socket } = await tell(200);
  socket.pause();
  await eventually(() => expect(state.ended).toBe(true));
  // What buffers take, and no more: all that was made would be without end.
  expect(state.made).toBeLessThan(1_000);
});

test('who reads slowly is told as slowly, and is told', async () => {
  const { state, socket } = await tell(10_000);
  let read = 0;
  socket.on('data', (bytes) => {
    read += bytes.length;
    socket.pause();
    setTimeout(() => socket.resume(), 1);
  });
  await eventually(() => expect(read).toBeGreaterThan(60 * PIECE.length));
  expect(state.made * PIECE.length).toBeLessThan(read + 500 * PIECE.length);
  expect(state.ended).toBe(false);
  // Nothing stays of a piece that was waited for.
  expect(state.listeners).toBeLessThan(5);
});

test('who goes away is not told any more', async () => {
  const { state, socket } = await tell(10_000);
  await once(socket, 'data');
  socket.destroy();
  await eventually(() => expect(state.ended).toBe(true));
});
