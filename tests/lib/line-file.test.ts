import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, expect, test } from '@jest/globals';
import { LineFile } from '../../server/lib/line-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'offhook-lines-'));
afterAll(() => rmSync(folder, { recursive: true }));

const until = async (holds: () => boolean) => {
  for (let tries = 0; tries < 500 && !holds(); tries++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(holds()).toBe(true);
};

test('lines are appended in order to what is there, in a file that others cannot read', async () => {
  const path = join(folder, 'order.log');
  const fresh = join(folder, 'fresh.log');
  writeFileSync(path, 'before\n');
  const [lines, other] = [new LineFile(path), new LineFile(fresh)];
  for (let number = 0; number < 1_000; number++) lines.write(`${number} é\n`);
  other.write('x\n');
  await Promise.all([lines.close(), other.close()]);
  expect(readFileSync(path, 'utf8')).toBe(`before\n${Array.from({ length: 1_000 }, (_, number) => `${number} é\n`).join('')}`);
  expect(statSync(fresh).mode & 0o007).toBe(0);
});

test('nothing is opened before the first line', async () => {
  const lines = new LineFile(join(folder, 'missing', 'x.log'), { report: (problem) => expect(problem).toBe('') });
  await lines.close();
});

test('a file that cannot be written is reported once, and what waited is written when it can', async () => {
  const reports: string[] = [];
  const path = join(folder, 'later', 'x.log');
  const lines = new LineFile(path, { report: (problem) => reports.push(problem), retryMs: 5 });
  lines.write('one\n');
  await until(() => reports.length === 1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  lines.write('two\n');
  expect(reports).toEqual([expect.stringMatching(/^Cannot write to .*x\.log: .*ENOENT/)]);
  mkdirSync(join(folder, 'later'));
  await until(() => reports.length === 2);
  expect(reports[1]).toMatch(/^Writing to .*x\.log works again; 0 lines were lost$/);
  await lines.close();
  expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
});

test('a full disk costs bounded memory and no exception, and what was dropped is counted', async () => {
  const reports: string[] = [];
  const lines = new LineFile('/dev/full', { report: (problem) => reports.push(problem), retryMs: 5 });
  for (let number = 0; number < 10_000; number++) lines.write(`${'x'.repeat(1_000)}\n`);
  await until(() => reports.length > 0);
  await new Promise((resolve) => setTimeout(resolve, 50));
  lines.reopen();
  lines.flushSync();
  await lines.close();
  expect(reports).toEqual([expect.stringMatching(/^Cannot write to \/dev\/full: /)]);
});

test('a file that is opened and given nothing is not said to work again', async () => {
  const reports: string[] = [];
  const lines = new LineFile('/dev/full', { report: (problem) => reports.push(problem), retryMs: 5 });
  lines.write('one\n');
  lines.flushSync();
  lines.reopen();
  await lines.close();
  expect(reports).toEqual([expect.stringMatching(/^Cannot write to \/dev\/full: /)]);
});

test('lines dropped because nobody took them are counted', async () => {
  const reports: string[] = [];
  const path = join(folder, 'slow', 'x.log');
  const lines = new LineFile(path, { report: (problem) => reports.push(problem), retryMs: 5 });
  for (let number = 0; number < 5_000; number++) lines.write(`${'x'.repeat(999)}\n`);
  mkdirSync(join(folder, 'slow'));
  await until(() => reports.length === 2);
  await lines.close();
  const written = readFileSync(path, 'utf8').split('\n').length - 1;
  expect(reports[1]).toContain(`${5_000 - written} lines were lost`);
  expect(written).toBe(4_194);
});

test.each([
  ['makes us wait', 0],
  ['takes a part and refuses more', constants.O_NONBLOCK],
])('a stuck reader of a pipe that %s does not stop the writer, and gets every line when it reads on', async (_, flags) => {
  const fifo = join(folder, `fifo${flags}`);
  execFileSync('mkfifo', [fifo]);
  const reader = spawn('sh', ['-c', `exec 3<"${fifo}"; sleep 0.3; cat <&3`]);
  let read = '';
  reader.stdout.on('data', (data) => {
    read += data;
  });
  // Opening for writing waits for the reader.
  const waited = openSync(fifo, 'w');
  const descriptor = openSync(fifo, constants.O_WRONLY | flags);
  closeSync(waited);
  const lines = new LineFile(descriptor);
  const sent = Array.from({ length: 3_000 }, (_, number) => `${number} ${'x'.repeat(100)}\n`);
  for (const line of sent) lines.write(line);
  lines.reopen();
  await lines.close();
  closeSync(descriptor);
  await new Promise((resolve) => reader.on('close', resolve));
  expect(read).toBe(sent.join(''));
});

test('what waits when the process ends at once is still written, also if the file was not open yet', async () => {
  const path = join(folder, 'end.log');
  const lines = new LineFile(path);
  lines.write('one\n');
  lines.flushSync();
  expect(readFileSync(path, 'utf8')).toBe('one\n');
  lines.write('two\n');
  await until(() => readFileSync(path, 'utf8') === 'one\ntwo\n');
  lines.write('three\n');
  lines.flushSync();
  expect(readFileSync(path, 'utf8')).toBe('one\ntwo\nthree\n');
  await lines.close();
});

test('lines of several writers on one pipe stay whole, and one that is longer than a pipe takes at once is written', async () => {
  const fifo = join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const reading = spawn('cat', [fifo], { stdio: ['ignore', 'pipe', 'inherit'] });
  const read = text(reading.stdout);
  const descriptor = openSync(fifo, 'w');
  const lines = ['a', 'b', 'c'].map((letter) => letter.repeat(299));
  const writers = lines.map((line) => ({ line, file: new LineFile(descriptor, { shared: true }) }));
  for (let count = 0; count < 1_000; count++) for (const { line, file } of writers) file.write(`${line}\n`);
  await Promise.all(writers.map(({ file }) => file.close()));
  const long = 'd'.repeat(10_000);
  const alone = new LineFile(descriptor, { shared: true });
  alone.write(`${long}\n`);
  await alone.close();
  closeSync(descriptor);
  const counts = new Map<string, number>();
  for (const line of (await read).split('\n')) counts.set(line, (counts.get(line) ?? 0) + 1);
  expect(counts).toEqual(new Map([...lines.map((line) => [line, 1_000] as const), [long, 1], ['', 1]]));
});
