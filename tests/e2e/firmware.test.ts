import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Administrator, administratorOf } from '../support/administrator.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { httpGet, tftpGet } from '../support/phones.ts';
import { writeAcme } from '../support/repository.ts';
import { type Behaviour, type RudeServer, startRudeServer } from '../support/rude-server.ts';

let root: string;
let server: TestApp;
let web: RudeServer;
let administrator: Administrator;
/** The archive of the vendor, and the image in it. */
let archive: Buffer;
const image = Buffer.alloc(300_000, 'firmware of acme ');

function archiveOf(files: Readonly<Record<string, Buffer>>): Buffer {
  const folder = mkdtempSync(join(root, 'archive-'));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  return execFileSync('tar', ['-C', folder, '-czf', '-', ...Object.keys(files)]);
}

/** Puts the vendor package into the directory of packages, with its firmware behind this. */
async function describe(...behaviours: Behaviour[]): Promise<void> {
  const url = web.serve('/rom.tar.gz', ...behaviours);
  writeAcme(join(root, 'packages/acme'), { version: '1.0', plugins: ['acme-1', 'acme-2'], firmware: { url, bytes: archive } });
  await administrator.succeed('POST', '/reload');
}

const whole: Behaviour = (_request, response) => response.end(archive);
const install = () => administrator.run('POST', '/firmware/acme/rom/install');
const installed = async () => (await administrator.ask('GET', '/firmware/acme/rom')).json.installed;
const phone = () => httpGet(server.http, '/fw/acme.rom', '127.0.1.1', { 'user-agent': 'Acme M1' });
/** Nothing but lists and caches is left of what failed. */
const left = () => readdirSync(join(server.data, 'firmware/installed')).filter((name) => name !== 'list.json');

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'offhook-e2e-firmware-'));
  mkdirSync(join(root, 'packages'));
  archive = archiveOf({ 'acme.rom': image, 'notes.txt': Buffer.from('notes') });
  web = await startRudeServer();
  const settings = ['network.tries=2', 'network.stall_seconds=1', 'firmware.unpacked_megabytes=8', 'firmware.unpacked_files=100'];
  server = await startTestApp([`plugins.directories=${join(root, 'packages')}`, ...settings]);
  administrator = administratorOf(server);
});
afterEach(async () => {
  await server.stop();
  await web.close();
  rmSync(root, { recursive: true });
});

test('firmware is listed, installed, served over HTTP and TFTP, and uninstalled', async () => {
  await describe(whole);
  const { json } = await administrator.ask('GET', '/firmware?plugin=acme-1');
  expect(json).toMatchObject({
    total: 1,
    problems: [],
    firmware: [
      {
        vendor: 'acme',
        id: 'rom',
        version: '1.0',
        descriptions: { default: 'Firmware of Acme', fr: 'Micrologiciel Acme' },
        download_bytes: archive.length,
        to_be_supplied: [],
        installed: null,
      },
    ],
  });
  expect((await phone()).status).toBe(404);
  const operation = await install();
  expect(operation).toMatchObject({ state: 'success', error: null, result: { installed: ['acme/rom'] } });
  expect(operation.status).toBe(`install_pkg|success(download|success;${archive.length}/${archive.length})(install|success;1/1)`);
  expect((await administrator.ask('GET', '/firmware/acme/rom')).json).toMatchObject({
    installed: '1.0',
    asked: true,
    installed_files: [{ path: 'fw/acme.rom', size: image.length }],
  });
  expect((await phone()).body).toBe(image.toString());
  // Over TFTP a phone is known by its address.
  await httpGet(server.http, '/acme/001122000001.cfg', '127.0.1.1');
  expect((await tftpGet(server.tftp, 'fw/acme.rom', '127.0.1.1')).body).toBe(image.toString());

  expect((await administrator.ask('DELETE', '/firmware/acme/rom')).json).toEqual({ removed: ['acme/rom'] });
  expect([(await phone()).status, left()]).toEqual([404, []]);
  expect(
    readdirSync(join(server.data, 'firmware/cache'), { recursive: true, withFileTypes: true }).filter((each) => each.isFile()),
  ).toEqual([]);
});

const cut: Behaviour = (_request, response) => {
  response.writeHead(200, { 'content-length': archive.length });
  response.write(archive.subarray(0, 100), () => response.destroy());
};

test.each<readonly [string, string, RegExp, Behaviour]>([
  ['is gone', 'download-missing', /404/, (_request, response) => response.writeHead(404).end()],
  ['wants a login', 'download-refused', /401/, (_request, response) => response.writeHead(401).end()],
  ['is another file', 'download-mismatch', /SHA-256/, (_request, response) => response.end(Buffer.alloc(archive.length))],
  [
    'is too long',
    'download-mismatch',
    /1?,?\d+ bytes, \d+ were expected/,
    (_request, response) => response.end(Buffer.concat([archive, archive])),
  ],
  ['is too short', 'download-mismatch', /bytes/, (_request, response) => response.end(archive.subarray(1))],
  ['is cut off each time', 'download-failed', /tr(?:y|ies)/, cut],
  [
    'stalls',
    'download-failed',
    /no byte|stall|second/i,
    (_request, response) => void response.writeHead(200, { 'content-length': archive.length }).write('x'),
  ],
  [
    'goes round in a circle',
    'download-redirect',
    /circle|loop|redirect/i,
    (_request, response) => response.writeHead(302, { location: '/rom.tar.gz' }).end(),
  ],
])('a file that %s is told with its URL, and nothing is installed or left', async (_what, code, told, behaviour) => {
  await describe(behaviour);
  const { state, error } = await install();
  expect({ state, code: error.code }).toEqual({ state: 'fail', code });
  expect(error.message).toMatch(told);
  expect(error.message).toContain(`${web.origin}/rom.tar.gz`);
  expect([await installed(), left(), (await phone()).status]).toEqual([null, [], 404]);
  // The same once more, from a server that is itself again.
  await describe(whole);
  expect(await install()).toMatchObject({ state: 'success', error: null });
});

test('a download that was cut off goes on where it ended', async () => {
  const ranges: (string | undefined)[] = [];
  const resumed: Behaviour = ({ headers: { range } }, response) => {
    ranges.push(range);
    const from = Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
    response.writeHead(from > 0 ? 206 : 200, {
      etag: '"one"',
      'content-length': archive.length - from,
      ...(from > 0 && { 'content-range': `bytes ${from}-${archive.length - 1}/${archive.length}` }),
    });
    if (ranges.length > 1) response.end(archive.subarray(from));
    else response.write(archive.subarray(0, 200), () => setTimeout(() => response.destroy(), 100));
  };
  await describe(resumed);
  expect(await install()).toMatchObject({ state: 'success' });
  expect(ranges).toEqual([undefined, 'bytes=200-']);
});

test.each<readonly [string, () => Buffer, string, RegExp]>([
  [
    'unpacks to more than is allowed',
    () => archiveOf({ 'acme.rom': Buffer.alloc(9_000_000) }),
    'firmware-too-large',
    /a-b: untar rom\.tar\.gz/,
  ],
  [
    'holds too many files',
    () => archiveOf(Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`f${index}`, image.subarray(0, 1)]))),
    'firmware-too-large',
    /100/,
  ],
  [
    'is none',
    () => Buffer.from('not an archive at all, but long enough to be one'),
    'firmware-archive-broken',
    /a-b: untar rom\.tar\.gz/,
  ],
  ['lacks what is to be installed', () => archiveOf({ 'other.bin': image }), 'firmware-file-missing', /b-c: cp \*\.rom fw\//],
])('an archive that %s is told with the step, and nothing is installed or left', async (_what, make, code, told) => {
  archive = make();
  await describe(whole);
  const { state, error } = await install();
  expect({ state, code: error.code }).toEqual({ state: 'fail', code });
  expect(error.message).toMatch(told);
  expect([await installed(), left()]).toEqual([null, []]);
});

test('an archive with a link that leads out is refused', async () => {
  const folder = mkdtempSync(join(root, 'evil-'));
  execFileSync('ln', ['-s', '/etc/passwd', join(folder, 'acme.rom')]);
  archive = execFileSync('tar', ['-C', folder, '-czf', '-', 'acme.rom']);
  await describe(whole);
  expect((await install()).error).toMatchObject({
    code: 'firmware-archive-forbidden',
    message: expect.stringContaining('acme.rom'),
  });
  expect([await installed(), left()]).toEqual([null, []]);
});

test('a file that the vendor does not offer is supplied by the administrator, and known by its sum', async () => {
  writeAcme(join(root, 'packages/acme'), { version: '1.0', firmware: { url: '\nfilename: rom.tar.gz', bytes: archive } });
  await administrator.succeed('POST', '/reload');
  expect((await administrator.ask('GET', '/firmware')).json.firmware[0].to_be_supplied).toEqual(['rom.tar.gz']);
  expect((await install()).error).toMatchObject({ code: 'firmware-file-missing', message: expect.stringContaining('supply') });
  const wrong = await administrator.send('/firmware/files', Buffer.from('something else'));
  expect([wrong.status, wrong.json.code]).toEqual([422, 'firmware-file-unknown']);
  expect(wrong.json.detail).toContain(createHash('sha256').update('something else').digest('hex'));
  expect(await administrator.send('/firmware/files', archive)).toEqual({
    status: 200,
    json: { files: [{ name: 'rom.tar.gz', size: archive.length, firmware: ['acme/rom'] }] },
  });
  expect(await install()).toMatchObject({ state: 'success' });
  expect((await phone()).body).toBe(image.toString());
  // What nobody could fetch again stays when it is uninstalled.
  await administrator.ask('DELETE', '/firmware/acme/rom');
  expect(await install()).toMatchObject({ state: 'success' });
});

/** Sends a file piece by piece, without saying how long it is. @returns the answer, or what broke the connection */
function upload(pieces: Iterable<Buffer>, isCut = false): Promise<string> {
  const { url = '' } = server.app.addresses.find(({ name }) => name === 'admin') ?? {};
  const token = readFileSync(join(server.data, 'admin.token'), 'utf8').trim();
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' };
    const sending = request(`${url}/api/v1/firmware/files`, { method: 'POST', headers }, async (response) => {
      const { code, files } = (await json(response)) as { code?: string; files?: object[] };
      resolve(`${response.statusCode} ${code ?? files?.length}`);
    });
    sending.on('error', (cause: NodeJS.ErrnoException) => resolve(cause.code ?? cause.message));
    const source = Readable.from(pieces);
    source.pipe(sending, { end: !isCut });
    if (isCut) source.once('end', () => setTimeout(() => sending.destroy(), 100));
  });
}

test('a file that nobody wants, however long, is refused with an answer, and the connection is not broken', async () => {
  const pieces = function* () {
    for (let piece = 0; piece < 400; piece++) yield Buffer.alloc(65_536);
  };
  expect(await upload(pieces())).toBe('422 firmware-file-unknown');
  await describe(whole);
  expect(await upload(pieces())).toBe('422 firmware-file-unknown');
  expect(await upload([archive.subarray(0, 100), archive.subarray(100)])).toBe('200 1');
});

test('an upload that is broken off leaves nothing, and is no fault of the server', async () => {
  await describe(whole);
  await upload([archive.subarray(0, 100)], true);
  const incoming = join(server.data, 'firmware/cache/incoming');
  await eventually(() => expect(readdirSync(incoming)).toEqual([]));
  expect(readFileSync(join(server.data, 'offhook.log'), 'utf8')).not.toContain('api.failed');
  expect(await upload([archive])).toBe('200 1');
});

test('firmware of a vendor package whose description of it is broken cannot be shown or installed, and it is said why', async () => {
  await describe(whole);
  writeFileSync(join(root, 'packages/acme/pkgs/pkgs.db'), '[pkg_rom]\nversion: 1.0\n');
  await administrator.succeed('POST', '/reload');
  expect((await administrator.ask('GET', '/firmware')).json).toMatchObject({ total: 0, problems: [{ vendor: 'acme' }] });
  for (const [method, path] of [
    ['GET', '/firmware/acme/rom'],
    ['POST', '/firmware/acme/rom/install'],
  ] as const) {
    const { status, json } = await administrator.ask(method, path);
    expect([status, json.code]).toEqual([409, 'firmware-broken']);
    expect(json.detail).toMatch(
      /^The vendor package acme: The firmware packages cannot be read: .*pkgs\.db.*install another version of it$/,
    );
    expect(json.complaints).not.toEqual([]);
  }
  expect((await administrator.ask('GET', '/firmware/other/rom')).status).toBe(404);
});

test('links are checked, and what is gone is told', async () => {
  await describe((_request, response) => response.writeHead(404).end());
  expect(await administrator.succeed('POST', '/firmware/check')).toEqual({
    checked: 1,
    wrong: [
      { name: 'rom.tar.gz', url: `${web.origin}/rom.tar.gz`, kind: 'gone', problem: expect.any(String), firmware: ['acme/rom'] },
    ],
    problems: [],
  });
  await describe(whole);
  expect(await administrator.succeed('POST', '/firmware/check')).toEqual({ checked: 1, wrong: [], problems: [] });
});

test('what is downloading can be cancelled, and begins again when it is asked for again', async () => {
  await describe(
    (_request, response) => void response.writeHead(200, { 'content-length': archive.length }).write(archive.subarray(0, 100)),
    whole,
  );
  const { json } = await administrator.ask('POST', '/firmware/acme/rom/install');
  expect((await administrator.ask('POST', '/firmware/acme/rom/install')).status).toBe(409);
  await administrator.ask('POST', `/operations/${json.id}/cancel`);
  await server.app.core.operations.wait(json.id);
  expect((await administrator.ask('GET', `/operations/${json.id}`)).json.error.code).toBe('operation-cancelled');
  expect([await installed(), left()]).toEqual([null, []]);
  expect(await install()).toMatchObject({ state: 'success' });
});

test('what was installed is served after a restart', async () => {
  await describe(whole);
  await install();
  const { data } = server;
  await server.app.close();
  server = await startTestApp([`plugins.directories=${join(root, 'packages')}`], data);
  administrator = administratorOf(server);
  expect(await installed()).toBe('1.0');
  expect((await phone()).body).toBe(image.toString());
  expect(readFileSync(join(data, 'offhook.log'), 'utf8')).not.toContain('"level":"fatal"');
});
