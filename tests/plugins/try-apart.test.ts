import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ProvisioningError } from '../../server/lib/errors.ts';
import { tryApart } from '../../server/plugins/try-apart.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'offhook-try-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function code(text: string, name = 'plugin'): string {
  const file = join(root, `${name}.mjs`);
  writeFileSync(file, text);
  return file;
}

/** Long enough for a process to start while other tests run. */
const timeoutMs = 4_000;

test.each([
  ['is a definition', 'export default { vendor: "Acme" };'],
  ['says much', 'console.log("x".repeat(1_000_000)); export default {};'],
  ['waits for what comes', 'await new Promise((resolve) => setTimeout(resolve, 50)); export default {};'],
  [
    'started a process that goes on',
    'import { spawn } from "node:child_process"; spawn("sleep", ["6"], { detached: true, stdio: "ignore" }).unref();',
  ],
])('code that %s is well', async (_, text) => {
  await expect(tryApart('acme', code(text), { timeoutMs })).resolves.toBeUndefined();
});

test.each<[string, string, string]>([
  ['waits for nothing', 'await new Promise(() => {}); export default {};', 'waits at its top level for what never comes'],
  [
    'writes where the answer stands',
    'import { writeSync } from "node:fs"; writeSync(3, "{ not JSON"); export default {};',
    'wrote to a file descriptor that is not its own (3)',
  ],
  ['can be waited for', 'export function then() {}', 'waits at its top level for what never comes'],
  [
    'ends the process',
    'process.exit(0);',
    'ended the process with code 0; a package exports its definition and does nothing else',
  ],
  ['ends it later', 'setTimeout(() => process.exit(3), 50); export default {};', 'ended the process with code 3'],
  ['kills it', 'process.kill(process.pid, "SIGKILL");', 'ended the process with SIGKILL'],
  ['throws', 'throw new Error("boom");', 'threw: boom'],
  ['throws later', 'setTimeout(() => { throw new Error("late"); }, 50); export default {};', 'threw: late'],
  ['rejects and nobody hears', 'Promise.reject(new Error("unheard")); export default {};', 'threw: unheard'],
  ['cannot be parsed', 'export default {', 'threw: Unexpected end of input'],
  [
    'fills the memory',
    'const all = []; for (;;) all.push(new Array(100_000).fill(1.5));',
    'threw: Worker terminated due to reaching memory limit',
  ],
])('code that %s is refused, and this process goes on', async (_, text, told) => {
  await expect(tryApart('acme', code(text), { timeoutMs })).rejects.toMatchObject({
    code: 'plugin-unreadable',
    message: expect.stringContaining(`The code of acme is not taken in: tried apart from the server, it ${told}`),
  });
});

const endless = {
  loops: 'for (;;);',
  'leaves a timer': 'setInterval(() => {}, 100); export default {};',
  listens: 'import { createServer } from "node:net"; createServer().listen(0, "127.0.0.1");',
  'waits in the system': 'import { execSync } from "node:child_process"; execSync("sleep 6");',
  'stops its process': 'process.kill(process.pid, "SIGSTOP");',
};

test(`code that does not come to an end is refused: it ${Object.keys(endless).join(', ')}`, async () => {
  const told = await Promise.all(
    Object.entries(endless).map(([what, text]) =>
      tryApart(what, code(text, what), { timeoutMs }).catch((cause: ProvisioningError) => cause.message),
    ),
  );
  const late =
    'tried apart from the server, it did not come to an end within 4 s: it loops, waits, or goes on after it was loaded';
  expect(told).toEqual(
    Object.keys(endless).map((what) => expect.stringContaining(`The code of ${what} is not taken in: ${late}`)),
  );
});

test('while code loops this process does what else it has to do', async () => {
  let turns = 0;
  const counting = setInterval(() => turns++, 10);
  await expect(tryApart('acme', code('for (;;);'), { timeoutMs: 1_000 })).rejects.toThrow('within 1 s');
  clearInterval(counting);
  expect(turns).toBeGreaterThan(30);
});

test('who cancels does not wait, and the code ends', async () => {
  const beats = join(root, 'beats');
  const text = `import { appendFileSync } from 'node:fs'; for (;;) appendFileSync(${JSON.stringify(beats)}, '.');`;
  const cancelling = new AbortController();
  const tried = tryApart('acme', code(text), { signal: cancelling.signal });
  void setTimeout(1_000).then(() => cancelling.abort(new Error('cancelled')));
  const began = performance.now();
  await expect(tried).rejects.toThrow(/^cancelled$/);
  expect(performance.now() - began).toBeLessThan(3_000);
  await setTimeout(100);
  const size = statSync(beats).size;
  await setTimeout(200);
  expect(statSync(beats).size).toBe(size);
});
