import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, expect, test } from '@jest/globals';
import { type ChildOptions, outputOf } from '../../server/lib/child.ts';

const root = mkdtempSync(join(tmpdir(), 'offhook-child-'));
afterAll(() => rmSync(root, { recursive: true }));

/** What a shell says in place of the program. */
async function said(script: string, options: Partial<ChildOptions> = {}): Promise<string> {
  const tools = new Map([['xz', '/bin/sh']] as const);
  const pieces: Buffer[] = [];
  const child: ChildOptions = { tools, fault: (problem) => new Error(problem), ...options };
  for await (const piece of outputOf('xz', ['-c', script], child)) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

test('a program reads what it is given, and nothing otherwise', async () => {
  expect(await said('cat', { input: () => Readable.from([Buffer.from('a'), Buffer.from('b')]) })).toBe('ab');
  expect(await said('cat; echo end')).toBe('end\n');
});

test('a program that wants no more of its input is well, and so is a caller that wants no more of its output', async () => {
  expect(await said('echo enough', { input: () => Readable.from([Buffer.alloc(10_000_000)]) })).toBe('enough\n');
  const child = { tools: new Map([['xz', '/bin/sh']] as const), fault: (problem: string) => new Error(problem) };
  for await (const piece of outputOf('xz', ['-c', 'exec cat /dev/zero'], child)) {
    expect(piece.length).toBeGreaterThan(0);
    break;
  }
  // One that says nothing more would not notice.
  for await (const piece of outputOf('xz', ['-c', 'echo first; exec sleep 60'], child)) {
    expect(piece.toString()).toBe('first\n');
    break;
  }
});

test('the fault has what the program said, without where the file lies', async () => {
  const path = join(root, 'secret place');
  const file = { path, name: 'image.bin' };
  await expect(said(`echo '${path}: bad' >&2; echo more >&2; exit 3`, { file })).rejects.toThrow(
    'xz ended with 3: image.bin: bad; more',
  );
  await expect(said('kill -9 $$')).rejects.toThrow('xz ended with SIGKILL');
});

test('an input that cannot be read is told as the system does', async () => {
  await expect(said('cat', { input: () => createReadStream(join(root, 'none')) })).rejects.toMatchObject({ code: 'ENOENT' });
});

test('an input is not opened for a program that is not there', async () => {
  const input = () => {
    throw new Error('It was opened');
  };
  await expect(said('', { tools: new Map(), input })).rejects.toMatchObject({ code: 'tool-missing' });
});

test('cancelled, it ends with the reason', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const running = said('exec sleep 60', { signal: controller.signal });
  setTimeout(() => controller.abort(reason), 100);
  await expect(running).rejects.toBe(reason);
});
