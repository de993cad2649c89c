import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { offhook } from './terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'offhook-completion-'));
afterAll(() => rmSync(folder, { recursive: true }));

const words = async (...typed: string[]) =>
  (await offhook(['complete', '--', ...typed])).out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t')[0]);

test.each([
  [['devi'], ['device']],
  [
    ['config', 'r'],
    ['remove', 'rollback'],
  ],
  [['config', 'set', 'alice', '--ro'], ['--role']],
  [
    ['config', 'set', 'alice', '--role', ''],
    ['autocreate', 'default', 'none'],
  ],
  [['config', 'set', '--role', 'none', '--te'], ['--tenant']],
  [['config', 'set', '--tenant', ''], []],
  [
    ['completion', ''],
    ['bash', 'zsh'],
  ],
  [['completion', 'bash', ''], []],
  [['nothing', ''], expect.arrayContaining(['device', 'config'])],
] as const)('behind offhook %j comes %j', async (typed, expected) => {
  expect(await words(...typed)).toEqual(expected);
});

test('what is hidden is not offered', async () => {
  expect(await words('')).not.toContain('complete');
  expect(await words('')).toContain('completion');
});

/** A program that answers as ours does, and a script of the shell that runs its completion. */
async function inShell(shell: 'bash' | 'zsh', rest: string): Promise<string[]> {
  const script = join(folder, `${shell}.sh`);
  const answer = (await offhook(['complete', '--', 'config', 'r'])).out;
  const { out } = await offhook(['completion', shell]);
  const program = `offhook() { local IFS=' '; [ "$*" = "complete -- config r" ] && cat <<'END'\n${answer}END\n}\n`;
  writeFileSync(script, `${program}${shell === 'zsh' ? 'compdef() {}\n' : ''}${out}${rest}`);
  const options = shell === 'bash' ? ['--norc', '--noprofile'] : ['-f'];
  const ran = spawnSync(shell, [...options, script], { encoding: 'utf8' });
  expect({ status: ran.status, stderr: ran.stderr }).toEqual({ status: 0, stderr: '' });
  return ran.stdout.split('\n').filter((line) => line !== '');
}

test('bash completes with it', async () => {
  const asked = `COMP_WORDS=(offhook config r); COMP_CWORD=2; _offhook; printf "%s\\n" "\${COMPREPLY[@]}"\n`;
  expect(await inShell('bash', asked)).toEqual(['remove', 'rollback']);
});

test('zsh completes with it, and shows what each is', async () => {
  const asked = `_describe() { print -l -- "\${(@P)2}" }; words=(offhook config r); CURRENT=3; _offhook\n`;
  const found = await inShell('zsh', asked);
  expect(found.map((line) => line.split(':')[0])).toEqual(['remove', 'rollback']);
  expect(found[1]).toBe('rollback:make a config again what it was; it can be rolled back, too');
});
