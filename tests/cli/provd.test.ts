import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { capabilities, id, provdArchive, row } from '../support/provd.ts';
import { type RudeServer, startRudeServer } from '../support/rude-server.ts';
import { offhook } from './terminal.ts';

let root: string;
let repository: string;
let web: RudeServer | undefined;
const archive = provdArchive();

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'offhook-cli-provd-'));
  repository = join(root, 'stable');
  mkdirSync(repository);
  writeFileSync(join(repository, 'plugins.db'), JSON.stringify({ [id]: row(archive) }));
  writeFileSync(join(repository, `${id}-1.1.4.tar.bz2`), archive);
});
afterEach(async () => {
  await web?.close();
  web = undefined;
  rmSync(root, { recursive: true });
});

test('a repository of provd is listed, for people and for programs', async () => {
  const { code, out, err } = await offhook(['provd', 'list', repository]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/^PLUGIN +VERSION +BYTES +DESCRIPTION\nwazo-digium-2\.8\.1 +1\.1\.4 +[\d,]+ +Plugin for Digium\n$/);
  expect(JSON.parse((await offhook(['provd', 'list', repository, '--json'])).out)).toEqual({
    plugins: [expect.objectContaining({ id, version: '1.1.4', capabilities, size: archive.length })],
  });
});

test('a plugin of provd is downloaded, checked and unpacked as data', async () => {
  web = await startRudeServer();
  web.serve('/stable/plugins.db', (_request, response) => response.end(JSON.stringify({ [id]: row(archive) })));
  web.serve(`/stable/${id}-1.1.4.tar.bz2`, (_request, response) => response.end(archive));
  const { code, out, err } = await offhook(['provd', 'fetch', `${web.origin}/stable`, id, '--into', join(root, 'taken')]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/wazo-digium-2\.8\.1 +1\.1\.4 +\S+ +1\n$/);
  expect(readdirSync(join(root, 'taken', id)).sort()).toEqual(['entry.py', 'pkgs', 'plugin-info', 'templates']);
});

test.each<readonly [string, (place: string) => void, string]>([
  ['is not there', (place) => rmSync(join(place, `${id}-1.1.4.tar.bz2`)), 'although plugins.db names it'],
  ['was changed', (place) => writeFileSync(join(place, `${id}-1.1.4.tar.bz2`), Buffer.alloc(archive.length)), 'sha1'],
])('an archive that %s is told, and nothing is unpacked', async (_what, spoil, told) => {
  spoil(repository);
  const { code, err } = await offhook(['provd', 'fetch', repository, id, '--into', join(root, 'taken')]);
  expect([code, err]).toEqual([1, expect.stringContaining(told)]);
  expect(existsSync(join(root, 'taken', id))).toBe(false);
});

test('what is no repository of provd, and what it does not have, is told', async () => {
  expect((await offhook(['provd', 'list', root])).err).toContain('it is no repository of provd');
  expect((await offhook(['provd', 'fetch', repository, 'wazo-digium-2.8', '--into', root])).err).toContain(`did you mean ${id}?`);
});
