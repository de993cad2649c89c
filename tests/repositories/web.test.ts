import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { shelfAt } from '../../server/repositories/web.ts';
import { type RudeServer, startRudeServer } from '../support/rude-server.ts';
import { archive, entry } from './sample.ts';

let web: RudeServer;
let folder: string;
beforeEach(async () => {
  web = await startRudeServer();
  folder = mkdtempSync(join(tmpdir(), 'offhook-web-'));
});
afterEach(async () => {
  await web.close();
  rmSync(folder, { recursive: true });
});

const at = (location: string) => shelfAt(location, { network: { proxies: {} }, patience: { tries: 1 }, folder });

test.each(['/repo', '/repo/', '/repo?token=1', '/repo/?token=1'])(
  'the files of a repository at %s lie below its path',
  async (path) => {
    const query = /\?.*$/.exec(path)?.[0] ?? '';
    web.serve(`/repo/stable/index.json${query}`, (_request, response) => response.end('index'));
    web.serve(`/repo/stable/acme.tar.gz${query}`, (_request, response) => response.end(archive()));
    const shelf = await at(`${web.origin}${path}`);
    expect((await shelf.read('stable/index.json', 100))?.toString()).toBe('index');
    expect(await shelf.read('stable/none.json', 100)).toBeUndefined();
    await shelf.fetch?.('stable/acme.tar.gz', entry(), join(folder, 'taken'));
    expect(readFileSync(join(folder, 'taken'))).toEqual(archive());
    expect(readdirSync(folder)).toEqual(['taken']);
  },
);

test('a login is in no name and no error', async () => {
  const shelf = await at(`http://user:hush@${web.origin.slice(7)}/repo`);
  expect(shelf.name).toBe(`${web.origin}/repo`);
  web.serve('/repo/stable/index.json', (_request, response) => response.writeHead(403).end());
  await expect(shelf.read('stable/index.json', 100)).rejects.toThrow('403');
  await expect(shelf.read('stable/index.json', 100)).rejects.not.toThrow('hush');
});

test('more than is allowed is not read', async () => {
  web.serve('/repo/stable/index.json', (_request, response) => response.end('x'.repeat(101)));
  await expect((await at(`${web.origin}/repo`)).read('stable/index.json', 100)).rejects.toMatchObject({
    code: expect.any(String),
  });
  expect(readdirSync(folder)).toEqual([]);
});
