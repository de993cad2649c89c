import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { TestApp } from './app.ts';

// biome-ignore lint/suspicious/noExplicitAny: whatever a test reads out of an answer; a wrong guess fails the test
export type Json = any;

export interface Answer {
  readonly status: number;
  readonly json: Json;
}

/** Asks the API of a server that listens there, by the token in its data directory. @param body a file, or what becomes JSON */
export async function askApi(
  { url, data }: { url: string; data: string },
  method: string,
  path: string,
  body?: object | Uint8Array,
): Promise<Answer> {
  const token = readFileSync(join(data, 'admin.token'), 'utf8').trim();
  const isFile = body instanceof Uint8Array;
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': isFile ? 'application/octet-stream' : 'application/json' },
    ...(body && { body: isFile ? Buffer.from(body) : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, json: text === '' ? undefined : JSON.parse(text) };
}

/** Who asks the API of a whole server. */
export interface Administrator {
  ask(method: string, path: string, body?: object): Promise<Answer>;
  /** Sends a file. */
  send(path: string, bytes: Uint8Array): Promise<Answer>;
  /** Starts an operation and waits for its end. */
  run(method: string, path: string, body?: object): Promise<Json>;
  /** The same, and it succeeds. @returns its result */
  succeed(method: string, path: string, body?: object): Promise<Json>;
}

export function administratorOf(server: TestApp): Administrator {
  const { url = '' } = server.app.addresses.find(({ name }) => name === 'admin') ?? {};
  const place = { url, data: server.data };

  /** What the server logged as faults of its own. */
  const faults = () =>
    readFileSync(join(server.data, 'offhook.log'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('operation.failed'));

  const administrator: Administrator = {
    ask: (method, path, body) => askApi(place, method, path, body),
    send: (path, bytes) => askApi(place, 'POST', path, bytes),

    async run(method, path, body) {
      const { status, json } = await administrator.ask(method, path, body);
      expect([status, status === 202 ? '' : JSON.stringify(json)]).toEqual([202, '']);
      await server.app.core.operations.wait(json.id);
      return (await administrator.ask('GET', `/operations/${json.id}`)).json;
    },

    async succeed(method, path, body) {
      const operation = await administrator.run(method, path, body);
      expect([operation.state, operation.error, faults()]).toEqual(['success', null, []]);
      return operation.result;
    },
  };
  return administrator;
}
