import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Io } from '../../server/cli/io.ts';
import { openPlace, type Place } from './place.ts';
import { offhook } from './terminal.ts';

let here: Place;
let folder: string;
beforeEach(async () => {
  here = await openPlace();
  folder = mkdtempSync(join(tmpdir(), 'offhook-cli-template-'));
});
afterEach(async () => {
  await here.close();
  rmSync(folder, { recursive: true });
});

const on = (words: readonly string[], input = '', io: Partial<Io> = {}) =>
  offhook(['template', ...words, ...here.words], input, io);

/** The same, which must succeed. */
async function done(words: readonly string[], input = '', io: Partial<Io> = {}): Promise<string> {
  const ran = await on(words, input, io);
  expect({ words, ...ran }).toMatchObject({ code: 0, err: '' });
  return ran.out;
}

const phone = ['acme-1', 'phone.tpl'];
const packageText = '{{ nothing.at.all }}';

/** As if the package had said this when the override was made. */
async function outdated(mine: string, before: string, which = phone): Promise<void> {
  await done(['override', ...which, '--from', '-'], mine);
  writeFileSync(join(here.stage.templates, '.bases', ...which), before);
}

test('an override is made from a file or standard input, listed, shown and removed', async () => {
  expect(await done(['list'])).toBe('There are no overrides.\n');
  expect(await done(['show', ...phone])).toBe(packageText);
  writeFileSync(join(folder, 'mine.tpl'), 'mine\n');
  expect(await done(['override', ...phone, '--from', join(folder, 'mine.tpl')])).toBe('');
  expect(await done(['show', ...phone])).toBe('mine\n');
  expect(await done(['show', ...phone, '--package'])).toBe(packageText);
  expect(await done(['show', ...phone, '--base'])).toBe(packageText);
  expect(JSON.parse(await done(['show', ...phone, '--json']))).toMatchObject({ state: 'current' });
  await done(['override', ...phone, '--from', '-'], 'other\n');
  expect(await done(['show', ...phone, '--former'])).toBe('mine\n');
  expect(await done(['list'])).toBe(
    [
      'PLUGIN  TEMPLATE   INSTEAD OF      STATE    MEANING',
      'acme-1  phone.tpl  acme/phone.tpl  current  the package has what it was made from',
      '',
    ].join('\n'),
  );
  expect(await done(['list', 'digium-2.8.1'])).toBe('There are no overrides.\n');
  expect(await done(['list', 'digium-2.8.1', '--all'])).toContain('digium-2.8.1  contacts.tpl  digium/contacts.tpl');
  await done(['remove', ...phone]);
  expect(await done(['show', ...phone])).toBe(packageText);
  expect(await done(['show', ...phone, '--former'])).toBe('other\n');
});

test('an override is edited in the editor that there is, first from what the package has', async () => {
  const environment = { PATH: process.env.PATH, EDITOR: "sed -i -e 's/nothing/lines/'" };
  await done(['override', ...phone, '--edit'], '', { environment });
  expect(await done(['show', ...phone])).toBe('{{ lines.at.all }}');
  await done(['override', ...phone, '--edit'], '', { environment: { ...environment, VISUAL: 'sed -i -e s/at.all/length/' } });
  expect(await done(['show', ...phone])).toBe('{{ lines.length }}');
  await done(['override', ...phone, '--edit'], '', { environment: { ...environment, EDITOR: 'true' } });
  expect(await done(['show', ...phone, '--former'])).toBe('{{ lines.at.all }}');
  const failed = await on(['override', ...phone, '--edit'], '', { environment: { ...environment, EDITOR: 'false' } });
  expect(failed).toMatchObject({ code: 1, err: expect.stringContaining('The editor false failed; nothing was changed') });
});

test('what was edited into no template is refused with its line, and not lost', async () => {
  const environment = { PATH: process.env.PATH, EDITOR: "sed -i -e 's/}}/}/'" };
  const { code, err } = await on(['override', ...phone, '--edit'], '', { environment });
  expect(code).toBe(1);
  expect(err).toContain('templates/acme-1/phone.tpl:1: ');
  const [, kept = ''] = /^Your text is kept in (.*)$/m.exec(err) ?? [];
  expect(readFileSync(kept, 'utf8')).toBe('{{ nothing.at.all }');
  await done(['override', ...phone, '--from', kept, '--force']);
  rmSync(join(kept, '..'), { recursive: true });
  expect(await done(['show', ...phone])).toBe('{{ nothing.at.all }');
});

test('a clean merge is shown, printed and taken over', async () => {
  const contacts = ['digium-2.8.1', 'contacts.tpl'];
  const now = await done(['show', ...contacts]);
  const mine = `{# mine #}\n${now}{# old #}\n`;
  await outdated(mine, `${now}{# old #}\n`, contacts);
  expect(await done(['list'])).toContain("outdated  the package's template changed; offhook template diff shows how\n");
  const page = await done(['diff', ...contacts]);
  expect(page.replaceAll(/\s+/g, ' ')).toContain('offhook template merge digium-2.8.1 contacts.tpl takes over the package');
  const parts = [
    'What the package changed\n--- digium/contacts.tpl as it was\n',
    'What you changed\n',
    '\n+{# mine #}\n',
    '\n-{# old #}\n',
  ];
  for (const part of parts) expect(page).toContain(part);
  expect(await done(['merge', ...contacts, '--print'])).toBe(`{# mine #}\n${now}`);
  expect(await done(['show', ...contacts])).toBe(mine);
  expect(await done(['merge', ...contacts])).toBe('');
  expect(await done(['show', ...contacts])).toBe(`{# mine #}\n${now}`);
  expect((await done(['diff', ...contacts])).replaceAll('\n', ' ')).toContain(
    'The package has the template that this override was made from.',
  );
});

test('conflicts are refused with their lines and with what to do, and that works', async () => {
  await outdated('first\nmine\n', 'old\n');
  expect(await done(['diff', ...phone])).toContain('from line 1 of yours');
  const { code, err } = await on(['merge', ...phone]);
  expect(code).toBe(1);
  expect(err).toBe(
    [
      'offhook: You and the package changed the same lines of phone.tpl in different ways; nothing was changed.',
      '  line 1: the package changed it, too',
      'Edit the merge between the first and the second of',
      '  offhook template merge acme-1 phone.tpl --print > phone.tpl',
      '  offhook template override acme-1 phone.tpl --from phone.tpl',
      '  offhook template accept acme-1 phone.tpl',
      '',
    ].join('\n'),
  );
  const marked = await done(['merge', ...phone, '--print']);
  expect(marked).toMatch(/^<<<<<<< override\nfirst\nmine\n\|{7} base\nold\n=======\n.*\n>>>>>>> package\n$/s);
  await done(['override', ...phone, '--from', '-'], marked.replaceAll(/^[<|=>]{7}.*\n/gm, ''));
  await done(['accept', ...phone]);
  expect(await done(['list'])).toContain('  current  ');
});

test.each([
  [['override', ...phone], 2, 'Say what the text is'],
  [['override', ...phone, '--edit', '--from', '-'], 2, 'cannot be used with'],
  [['override', 'acme-2', 'phone.tpl', '--from', '-'], 1, 'There is no plugin acme-2'],
  [['override', '..', 'phone.tpl', '--from', '-'], 2, 'has no template'],
  [['override', 'acme-1', '../x.tpl', '--from', '-'], 1, 'name must be a file name that ends with .tpl'],
  [['show', ...phone, '--base'], 1, 'there is no override of it'],
  [['show', 'acme-1', 'x.tpl'], 1, 'acme-1 has no template x.tpl'],
  [['merge', ...phone], 1, 'There is no override of phone.tpl for acme-1'],
] as const)('%j ends with %d: %s', async (words, code, why) => {
  expect(await on(words, 'x')).toMatchObject({ code, err: expect.stringContaining(why) });
  expect(readdirSync(here.stage.templates)).toEqual([]);
});

test('nothing in a template moves the cursor of a terminal; into a file it goes as it is', async () => {
  await done(['override', ...phone, '--from', '-'], 'a\u001b[2Jb\tc\n');
  expect(await done(['diff', ...phone], '', { terminal: true })).toContain('+a\\u{1b}[2Jb\tc\n');
  expect(await done(['diff', ...phone])).toContain('+a\u001b[2Jb\tc\n');
});
