import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Images, openImages } from '../../server/artefacts/images.ts';
import { testPackage } from '../support/packages.ts';

let place: string;
let images: string;
let installed: Map<string, string>;
let time: number;
let opened: Images;
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'offhook-images-'));
  images = join(place, 'images');
  installed = new Map();
  time = 0;
  opened = openImages(
    images,
    ({ id }, path) => installed.get(`${id}${path}`),
    () => time,
  );
});
afterEach(() => rm(place, { recursive: true }));

const series = [{ version: '1.0', models: { M1: { lines: 1 } } }];
const newer = testPackage('acme', { plugins: { 'acme-1': { series }, 'acme-2': { series } } }).plugins.find(
  ({ id }) => id === 'acme-2',
);
if (!newer) throw new Error('no plugin');
const plugin = newer;

async function put(plugin: string, name: string, text: string): Promise<void> {
  await mkdir(join(images, plugin, name, '..'), { recursive: true });
  await writeFile(join(images, plugin, name), text);
}

async function open(path: string): Promise<string | undefined> {
  time += 1_000;
  const image = await opened.open(path, plugin);
  const text = image && String(await image.read(0, image.size));
  await image?.close();
  return text;
}

test('where no image was ever installed there is none', async () => {
  expect(await open('/a.rom')).toBeUndefined();
  await writeFile(images, 'no folder');
  expect(await open('/a.rom')).toBeUndefined();
});

test('the image of its own line is found before that of another line of its package', async () => {
  await put('acme-1', 'firmware/a.rom', 'older');
  expect(await open('/firmware/a.rom')).toBe('older');
  await put('acme-2', 'firmware/a.rom', 'newer');
  expect(await open('/firmware/a.rom')).toBe('newer');
  await put('other-1', 'b.rom', 'of another package');
  expect([await open('/b.rom'), await open('/firmware'), await open('/firmware/')]).toEqual([undefined, undefined, undefined]);
});

test('a link within the folder of the line is followed, and one that leads out of it is not', async () => {
  await put('acme-2', 'a.rom', 'newer');
  await writeFile(join(place, 'secret'), 'secret');
  await symlink('a.rom', join(images, 'acme-2', 'link.rom'));
  await symlink(join(place, 'secret'), join(images, 'acme-2', 'out.rom'));
  expect([await open('/link.rom'), await open('/out.rom')]).toEqual(['newer', undefined]);
});

test('what a firmware package installed is served, where nobody put another file into the folder of the line by hand', async () => {
  const file = join(place, 'installed.rom');
  await writeFile(file, 'installed');
  installed.set('acme-2/firmware/a.rom', file);
  expect(await open('/firmware/a.rom')).toBe('installed');
  await put('acme-1', 'firmware/a.rom', 'of another line');
  expect(await open('/firmware/a.rom')).toBe('installed');
  await put('acme-2', 'firmware/a.rom', 'by hand');
  expect(await open('/firmware/a.rom')).toBe('by hand');
});

test('a folder that was made a moment ago is seen within a second', async () => {
  expect(await open('/a.rom')).toBeUndefined();
  await put('acme-2', 'a.rom', 'new');
  expect(await opened.open('/a.rom', plugin)).toBeUndefined();
  expect(await open('/a.rom')).toBe('new');
});

test('phones that ask in the same moment, while the folder is looked at for the first time, all get the image', async () => {
  await put('acme-2', 'a.rom', 'new');
  const fresh = openImages(images, () => undefined);
  const found = await Promise.all(Array.from({ length: 3 }, () => fresh.open('/a.rom', plugin)));
  expect(found.map((image) => image?.size)).toEqual([3, 3, 3]);
  for (const image of found) await image?.close();
});
