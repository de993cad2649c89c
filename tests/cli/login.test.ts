import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openPlace, type Place } from './place.ts';
import { offhook, type Ran } from './terminal.ts';

const PASSWORD = 'several words are easy to remember';
let place: Place;
let home: string;
let logins: string;
beforeEach(async () => {
  place = await openPlace();
  home = mkdtempSync(join(tmpdir(), 'offhook-home-'));
  logins = join(home, '.config/offhook/logins.json');
});
afterEach(async () => {
  await place.close();
  rmSync(home, { recursive: true });
});

/** As the administrator. */
const on = (...words: string[]) => offhook([...words, ...place.words], PASSWORD);
/** As somebody on another host, who types the password where it is asked for. */
const away = (words: readonly string[], typed: string | undefined = PASSWORD): Promise<Ran> =>
  offhook(words, typed, { environment: { HOME: home }, secret: async () => typed });

async function done(ran: Promise<Ran>): Promise<string> {
  const { code, out, err } = await ran;
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out;
}

test('a user who has logged in asks the server without naming it, until he logs out', async () => {
  await done(on('user', 'add', 'ann', 'devices.#', '--password-file', '-'));
  const told = await done(away(['login', 'ann', '--server', place.stage.url]));
  expect(told).toContain(`ann is logged in to ${place.stage.url} until `);
  expect(statSync(logins).mode & 0o777).toBe(0o600);
  expect(readFileSync(logins, 'utf8')).not.toContain(PASSWORD);
  expect(await done(away(['whoami']))).toBe(`user ann at ${place.stage.url}\npermits devices.#\n`);
  expect(await done(away(['device', 'list']))).toBe('There are no such devices.\n');
  expect(await away(['config', 'list'])).toMatchObject({ code: 1, err: expect.stringContaining('configs.read') });

  expect(await done(away(['logout']))).toBe(`ann is logged out of ${place.stage.url}.\n`);
  expect(JSON.parse(readFileSync(logins, 'utf8'))).toEqual({ servers: {} });
  expect((await away(['logout', '--server', place.stage.url])).err).toContain('Nobody is logged in');
});

test('a login that has ended says so, and how to begin another', async () => {
  await done(on('user', 'add', 'ann', '#', '--password-file', '-'));
  await done(away(['login', 'ann', '--server', place.stage.url]));
  await done(on('user', 'set', 'ann', '--disable'));
  expect(await away(['device', 'list'])).toMatchObject({
    code: 1,
    err: `offhook: The login of ann at ${place.stage.url} has ended: offhook login ann --server ${place.stage.url}\n`,
  });
  expect(await done(away(['logout']))).toContain('logged out');
});

test('a wrong password logs nobody in, and is not shown; without a terminal the password comes from a file', async () => {
  await done(on('user', 'add', 'ann', '#', '--password-file', '-'));
  const wrong = await away(['login', 'ann', '--server', place.stage.url], 'marker-of-a-guess');
  expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('The name or the password is wrong') });
  expect(wrong.err).not.toContain('marker');
  expect(existsSync(logins)).toBe(false);
  const blind = await offhook(['login', 'ann', '--server', place.stage.url], '', { environment: { HOME: home } });
  expect(blind).toMatchObject({ code: 2, err: expect.stringContaining('--password-file') });
  writeFileSync(join(home, 'password'), `${PASSWORD}\n`);
  await done(away(['login', 'ann', '--server', place.stage.url, '--password-file', join(home, 'password')]));
});

test('whoever says where the data lies asks with the token, whoever is logged in', async () => {
  await done(on('user', 'add', 'ann', 'devices.#', '--password-file', '-'));
  await done(away(['login', 'ann', '--server', place.stage.url]));
  expect(await done(away(['whoami', ...place.words]))).toContain('administrator');
});

test('logins that cannot be read are told, and where they lie', async () => {
  await done(on('user', 'add', 'ann', '#', '--password-file', '-'));
  await done(away(['login', 'ann', '--server', place.stage.url]));
  writeFileSync(logins, '{');
  expect(await away(['whoami'])).toMatchObject({ code: 1, err: expect.stringContaining(logins) });
});

test('users are listed, changed and removed, and change their passwords', async () => {
  await done(on('tenant', 'add', 'north'));
  const id = (
    await done(on('user', 'add', 'ann', 'devices.#', '!devices.delete', '--tenant', 'north', '--password-file', '-'))
  ).trim();
  expect(await done(on('user', 'list'))).toMatch(
    new RegExp(`^ann +north +let in +devices\\.# !devices\\.delete +\\S+ \\S+ +${id}$`, 'm'),
  );
  await done(away(['login', 'ann', '--server', place.stage.url]));
  const fresh = join(home, 'fresh');
  writeFileSync(fresh, 'another phrase that is long');
  expect(await done(away(['user', 'password', '--password-file', fresh]))).toContain('The password of ann is another');
  expect(await done(away(['whoami']))).toContain('user ann');
  await done(on('user', 'set', 'ann', '--name', 'anna', '--permissions', 'devices.read', '--disable'));
  expect(await done(on('user', 'list', '--json'))).toContain('"disabled": true');
  expect(await on('user', 'set', 'anna')).toMatchObject({ code: 2, err: expect.stringContaining('--permissions') });
  expect(await on('user', 'remove', 'ann')).toMatchObject({ code: 1, err: expect.stringContaining('offhook user list') });
  await done(on('user', 'remove', 'anna'));
  expect(await done(on('user', 'list'))).toBe('There are no users: offhook user add\n');
});

test('the audit tells who changed what, and what was otherwise', async () => {
  await done(on('config', 'set', 'alice', 'locale=fr_FR'));
  await done(on('config', 'set', 'alice', 'locale=de_DE', 'admin_password=marker'));
  const listed = await done(on('audit', '--resource', 'config', '--id', 'alice'));
  expect(listed).toMatch(/administrator +127\.0\.0\.1 +config alice +changed +raw_config\.locale, raw_config\.admin_password\n/);
  const { out: page, err } = await on('audit', '--resource', 'config', '--diff', '--limit', '1');
  expect(err).toBe('1 of 2 are shown; --limit shows more, and --all all of them\n');
  expect(page).toContain('  - raw_config.locale: fr_FR\n  + raw_config.locale: de_DE\n');
  expect(page).not.toContain('marker');
  expect(await done(on('audit', '--actor', 'phone'))).toBe('There are no such changes.\n');
});

test('a config is shown as it was, and rolled back', async () => {
  await done(on('config', 'set', 'alice', 'locale=fr_FR'));
  expect(await done(on('config', 'versions', 'alice'))).toBe('The config alice has no earlier versions.\n');
  await done(on('config', 'set', 'alice', 'locale=de_DE'));
  expect(await done(on('config', 'versions', 'alice'))).toMatch(/^REVISION +FROM +UNTIL\n1 /);
  expect(await done(on('config', 'show', 'alice', '--revision', '1'))).toMatch(/^locale +fr_FR$/m);
  expect(await done(on('config', 'rollback', 'alice', '1'))).toBe('The config alice is what it was, as revision 3.\n');
  expect(await done(on('config', 'show', 'alice'))).toMatch(/^locale +fr_FR$/m);
  expect(await done(on('audit', '--id', 'alice'))).toMatch(/config alice +rolled-back +raw_config\.locale\n/);
  expect(await on('config', 'rollback', 'alice', '9')).toMatchObject({ code: 1, err: expect.stringContaining('No version 9') });
});
