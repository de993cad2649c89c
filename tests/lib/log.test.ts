import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { ProvisioningError } from '../../server/lib/errors.ts';
import { createLog, type LogFields, type LogLevel } from '../../server/lib/log.ts';
import { Secret } from '../../server/lib/secret.ts';
import { eventually } from '../support/eventually.ts';
import { fc } from '../support/fuzz.ts';

const folder = mkdtempSync(join(tmpdir(), 'offhook-log-'));
afterAll(() => rmSync(folder, { recursive: true }));

function memoryLog(format: 'json' | 'pretty' = 'json', level: LogLevel = 'info', terminal = false) {
  const lines: string[] = [];
  const log = createLog({ level, format, terminal, sink: { write: (line) => lines.push(line) } });
  return { log, lines, events: () => lines.map((line) => JSON.parse(line)) };
}

test('an event is one JSON line with time, level, fields and sentence', () => {
  const { log, events } = memoryLog();
  log.info({ event: 'device.associated', plugin: 'digium-2.8.1', score: 600, known: false, ip: undefined }, 'associated');
  expect(events()).toEqual([
    {
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      event: 'device.associated',
      plugin: 'digium-2.8.1',
      score: 600,
      known: false,
      msg: 'associated',
    },
  ]);
});

test('requests are numbered from 1, and what a child knows stands in all its events', () => {
  const { log, events } = memoryLog();
  const [first, second] = [log.nextRequest({ ip: '10.0.0.1' }), log.nextRequest()];
  second.info({ event: 'b' });
  first.child({ device: 'x' }).info({ event: 'a' });
  expect(events()).toMatchObject([
    { request: 2, event: 'b' },
    { request: 1, ip: '10.0.0.1', device: 'x', event: 'a' },
  ]);
});

test('the level changes at run time for every child, made before or after', () => {
  const { log, events } = memoryLog();
  const early = log.nextRequest().child({ part: 'early' });
  early.debug({ event: 'unseen' });
  expect(early.enabled('debug')).toBe(false);
  log.level = 'debug';
  expect([log.level, early.enabled('debug')]).toEqual(['debug', true]);
  early.debug({ event: 'seen' });
  log.child({}).debug({ event: 'seen too' });
  log.level = 'error';
  early.warn({ event: 'unseen' });
  early.error({ event: 'grave' });
  expect(events().map(({ event }) => event)).toEqual(['seen', 'seen too', 'grave']);
});

const marker = 'hunter2';
const secret = new Secret(marker);
class Account {
  password = secret;
  readonly #pin = marker;
  get plain(): string {
    return this.#pin;
  }
  toJSON(): object {
    return { pin: this.#pin };
  }
}
const failure = (options: object): Error => Object.assign(new Error('it failed'), options);
const circle: Record<string, unknown> = { secret };
circle.self = circle;

test.each<[string, unknown]>([
  ['a secret', secret],
  ['in a list', [[secret]]],
  ['deep in objects', { a: { b: { c: { d: { e: { f: { g: { h: { i: { j: secret } } } } } } } } } }],
  ['in a circle', circle],
  ['in a Map', new Map([['password', marker]])],
  ['as the key of a Map', new Map([[marker, 1]])],
  ['in a Set', new Set([marker])],
  ['in a buffer', Buffer.from(marker)],
  ['in other bytes', new TextEncoder().encode(marker).buffer],
  [
    'behind a getter',
    {
      get password() {
        return marker;
      },
    },
  ],
  ['in a private field, toJSON and a getter of a class', new Account()],
  ['in toJSON', { toJSON: () => marker }],
  ['in toString', { toString: () => marker, [Symbol.toPrimitive]: () => marker }],
  ['in a function', () => marker],
  ['under a symbol', { [Symbol('password')]: marker }],
  ['in a property that is not enumerable', Object.defineProperty({}, 'password', { value: marker })],
  ['in a prototype', Object.create({ password: marker })],
  [
    'in a proxy',
    new Proxy(
      {},
      { ownKeys: () => [marker], getOwnPropertyDescriptor: () => ({ value: marker, enumerable: true, configurable: true }) },
    ),
  ],
  ['in a proxy of a secret', new Proxy(secret, {})],
  [
    'in what hangs on an error',
    failure({ input: marker, body: { password: marker }, rawPacket: Buffer.from(marker), code: 'E_X' }),
  ],
  ['as the code of an error', failure({ code: { [Symbol.toPrimitive]: () => marker } })],
  ['in the cause of an error', new Error('a', { cause: new Error('b', { cause: { password: secret } }) })],
  ['in the cause of a cause', new ProvisioningError('x', 'y', { cause: failure({ config: new Map([['a', marker]]) }) })],
  ['as a cause', new Error('a', { cause: secret })],
  ['in an aggregate error', new AggregateError([failure({ input: marker }), secret])],
  [
    'in an error that refers to itself',
    (() => {
      const error = failure({ input: marker });
      error.cause = error;
      return error;
    })(),
  ],
  ['in a getter of an error', Object.defineProperty(new Error('a'), 'input', { enumerable: true, get: () => marker })],
  [
    'in JSON that cannot be parsed',
    (() => {
      try {
        return JSON.parse(`${marker}`);
      } catch (error) {
        return error;
      }
    })(),
  ],
  [
    'in long JSON that cannot be parsed',
    (() => {
      try {
        return JSON.parse(`{"a": "${'x'.repeat(30)}", "password": "${marker}" oops "${'x'.repeat(50)}" }`);
      } catch (error) {
        return error;
      }
    })(),
  ],
  ['in the lines around an error', new Error(`bad indentation (2:4)\n\n 1 | password: ${marker}\n-----^`)],
  ['in a URL object', new URL(`http://user:${marker}@example.com/${marker}/`)],
  ['in headers', new Headers({ authorization: marker })],
  ['in a boxed string', Object('x')],
])('a secret is not printed: %s', (_, value) => {
  for (const format of ['json', 'pretty'] as const) {
    const { log, lines } = memoryLog(format);
    log.info({ event: 'x', value }, 'sentence');
    log.error({ event: 'x', err: value });
    log.child({ value }).info({ event: 'child' });
    log.info({ event: 'x', list: [value, { value }] }, `built of ${secret} and ${JSON.stringify({ secret })}`);
    log.info(value as LogFields);
    expect(lines).toHaveLength(5);
    expect(lines.join('')).not.toContain(marker);
    expect(lines.join('')).not.toContain(Buffer.from(marker).toString('base64').slice(0, 8));
    expect(lines.join('')).not.toContain('104,117,110');
    for (const line of lines) expect(line.trimEnd()).not.toMatch(/[\n\r]/);
  }
});

test('a secret says that there is one, a Map how large it is', () => {
  const { log, events } = memoryLog();
  log.info({ password: secret, config: new Map([['a', 1]]), files: new Set([1, 2]), body: Buffer.alloc(7) });
  expect(events()).toMatchObject([{ password: '[secret]', config: '[Map of 1]', files: '[Set of 2]', body: '[7 bytes]' }]);
});

test('an error is printed with its code, complaints, causes and places', () => {
  const { log, events } = memoryLog();
  const cause = Object.assign(new TypeError('no such file'), { code: 'ENOENT', syscall: 'open', path: '/x', input: marker });
  const complaints = [{ path: 'http.port', message: 'it is taken' }];
  log.error({ event: 'failed', err: new ProvisioningError('settings-invalid', 'wrong', { cause, complaints }) });
  expect(events()[0]).toMatchObject({
    msg: 'wrong',
    err: {
      type: 'ProvisioningError',
      code: 'settings-invalid',
      message: 'wrong',
      complaints,
      cause: { type: 'TypeError', code: 'ENOENT', syscall: 'open', path: '/x', message: 'no such file' },
      stack: expect.arrayContaining([expect.stringMatching(/^at .*log\.test\.ts:\d+:\d+/)]),
    },
  });
});

test('whatever the fields are, there is one line and no throw', () => {
  const { log, lines } = memoryLog();
  fc.assert(
    fc.property(
      fc.object({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withSet: true,
        withTypedArray: true,
        withNullPrototype: true,
        withSparseArray: true,
      }),
      (fields) => {
        lines.length = 0;
        log.info(fields as LogFields, 'x');
        expect(lines).toHaveLength(1);
        JSON.parse(lines[0] ?? '');
      },
    ),
    { numRuns: 500 },
  );
});

test('a line is bounded, however large its fields', () => {
  const { log, lines } = memoryLog();
  const wide = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`key${index}`, index]));
  log.info({ text: 'x'.repeat(1_000_000), list: Array.from({ length: 100_000 }, () => 1), wide });
  expect(lines[0]?.length).toBeLessThan(10_000);
  expect(lines[0]).toContain('(1000000 characters)');
  expect(lines[0]).toContain('[450 more]');
});

test('the pretty form is one line for people, and no phone can forge another, nor command the terminal', () => {
  const { log, lines } = memoryLog('pretty');
  const nasty = 'a\n[2026-11-22 04:00:00.000] INFO: forged\r\u001b[31m\u009b2J\u2028\u202e\u0000';
  log.nextRequest().info({ event: 'request.processing', agent: nasty }, `path ${nasty}`);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(
    /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\] INFO: path a\\u000a.*"request":1,"event":"request.processing".*\n$/,
  );
  expect(lines[0]?.slice(0, -1)).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
});

test('only a terminal gets colours, and auto is pretty only there', () => {
  const [auto, file] = [memoryLog('pretty', 'info', true), memoryLog('pretty')];
  auto.log.info({}, 'x');
  file.log.info({}, 'x');
  expect(auto.lines[0]).toContain('\u001b[');
  expect(file.lines[0]).not.toContain('\u001b[');
  const lines: string[] = [];
  createLog({ level: 'info', format: 'auto', terminal: false, sink: { write: (line) => lines.push(line) } }).info({ event: 'a' });
  createLog({ level: 'info', format: 'auto', terminal: true, sink: { write: (line) => lines.push(line) } }).info({ event: 'a' });
  expect(lines.map((line) => line.startsWith('{'))).toEqual([true, false]);
});

test('a file of its own is opened again after it was moved, and no line is lost on the way', async () => {
  const file = join(folder, 'own.log');
  const log = createLog({ level: 'info', format: 'json', file });
  for (let number = 1; number <= 3_000; number++) {
    log.info({ number });
    if (number % 1_000 === 0) {
      await eventually(() => expect(readFileSync(file, 'utf8')).toMatch(new RegExp(`"number":${number}}\\n$`)));
      renameSync(file, `${file}.${number}`);
      log.reopen();
    } else if (number % 100 === 0) {
      await new Promise(setImmediate);
    }
  }
  log.info({ number: 3_001 });
  await log.close();
  const numbers = ['.1000', '.2000', '.3000', ''].map((end) =>
    readFileSync(`${file}${end}`, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line): number => JSON.parse(line).number),
  );
  expect(numbers.flat()).toEqual(Array.from({ length: 3_001 }, (_, index) => index + 1));
  expect(numbers.map((each) => each.length)).toEqual([1_000, 1_000, 1_000, 1]);
});

test('fields of the whole log are in every event, also in those of children and requests', () => {
  const lines: string[] = [];
  const log = createLog({
    level: 'info',
    format: 'json',
    fields: { worker: 2 },
    sink: { write: (line) => void lines.push(line) },
  });
  log.info({ event: 'a' });
  log.child({ x: 1 }).info({ event: 'b' });
  log.nextRequest().info({ event: 'c' });
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { event: 'a', worker: 2 },
    { event: 'b', worker: 2, x: 1 },
    { event: 'c', worker: 2, request: 1 },
  ]);
});
