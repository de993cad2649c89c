import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { make, removeFolders } from '../support/archives.ts';
import { startBuiltServer } from '../support/built-server.ts';
import { pluginsFolder } from '../support/packages.ts';

const checkout = join(import.meta.dirname, '../..');
const readme = readFileSync(join(checkout, 'README.md'), 'utf8');

/** The commands that the README has behind this mark. */
function commands(name: string): string {
  const [, found] = new RegExp(`^<!-- life: ${name} -->\\n\\n\`\`\`\\n(.*?)^\`\`\``, 'ms').exec(readme) ?? [];
  if (found === undefined) throw new Error(`README.md has no commands ${name}`);
  return found;
}

const rom = 'T46U(T43U,T46U,T41U,T48U,T42U,T44U,T44W)-108.86.0.90.rom';
const images = { digium: 'image of the D40 '.repeat(20_000), yealink: 'image of the T46U '.repeat(50_000) };
const eff = '2_8_1_D40_firmware.eff';

/** What a vendor has on its web server; large enough to be on its way while phones ask. */
const archives = {
  digium: make({ [`package/${eff}`]: images.digium }, 'tar', '-czf', 'made.tar.gz', 'package'),
  yealink: Buffer.from(images.yealink),
};
const sections = { digium: 'firmware-2.8.1', yealink: 'T43U_T46U_T41U_T48U_T42U_T44-fw-108.86.0.90' };
type Vendor = keyof typeof archives;
const vendors: readonly Vendor[] = ['digium', 'yealink'];

/** The vendor package of the checkout, but with firmware that is here. */
function copyPackage(id: Vendor, folder: string, url: string): void {
  cpSync(join(pluginsFolder, id), folder, { recursive: true });
  const file = join(folder, 'pkgs/pkgs.db');
  const [before = '', after = ''] = readFileSync(file, 'utf8').split(`[file_${sections[id]}]\n`);
  const rest = after.includes('\n[') ? after.slice(after.indexOf('\n[')) : '';
  const sum = createHash('sha1').update(archives[id]).digest('hex');
  const name = id === 'yealink' ? `filename: ${rom}\n` : '';
  const section = `url: ${url}/${id}\n${name}size: ${archives[id].length}\nsha1sum: ${sum}\n`;
  writeFileSync(file, `${before}[file_${sections[id]}]\n${section}${rest}`);
}

/** As its author brings out a version whose files are others. */
function bringOut(folder: string, version: string, comment: string, template: string): void {
  const edit = (name: string, before: string, after: string) => {
    const source = readFileSync(join(folder, name), 'utf8');
    expect(source).toContain(before);
    writeFileSync(join(folder, name), source.replace(before, after));
  };
  edit('plugin.ts', "version: '1.0.0'", `version: '${version}'`);
  edit('CHANGELOG.md', '## 1.0.0', `## ${version} - 2026-12-01\n\n- Better.\n\n## 1.0.0`);
  appendFileSync(join(folder, 'templates', template), `${comment}\n`);
}

test('the README takes Digium and Yealink through their whole life, and no phone ever gets a wrong file or half of one', async () => {
  const place = mkdtempSync(join(tmpdir(), 'offhook-life-'));
  const vendor = createServer((request, response) => response.end(archives[request.url?.slice(1) as Vendor]));
  await new Promise<void>((resolve) => vendor.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(vendor.address() as AddressInfo).port}`;
  for (const id of vendors) copyPackage(id, join(place, 'plugins', id), url);
  mkdirSync(join(place, 'bin'));
  const shim = join(place, 'bin/offhook');
  writeFileSync(shim, `#!/bin/sh\nexec '${process.execPath}' '${join(checkout, 'dist/server/main.js')}' "$@"\n`);
  chmodSync(shim, 0o755);
  mkdirSync(join(place, 'none'));
  const server = await startBuiltServer([`plugins.directories=${join(place, 'none')}`, 'phones.nat=true'], ['--development']);

  /** Runs lines of a shell in the place of the checkout, against the server. */
  async function shell(lines: string): Promise<string> {
    const child = spawn('sh', ['-e', '-c', lines], {
      cwd: place,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: `${join(place, 'bin')}:${process.env.PATH}`,
        OFFHOOK_DATA: server.data,
        OFFHOOK_ADMIN_LISTEN: '127.0.0.1',
        OFFHOOK_ADMIN_PORT: String(server.admin),
        OFFHOOK_HTTP_PORT: String(server.http),
        OFFHOOK_TFTP_PORT: String(server.tftp),
      },
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    if ((await ended) !== 0) throw new Error(`${lines}\n${out}${err}`);
    return out;
  }

  const paths = {
    digium: { config: 'Digium/000fd3054848.cfg', image: `Digium/firmware/${eff}` },
    yealink: { config: '001565aabbcc.cfg', image: `firmware/${rom}` },
  };
  const agents = { digium: 'Digium D40 2_8_1', yealink: 'Yealink SIP-T46U 108.86.0.90 00:15:65:aa:bb:cc' };
  const get = async (id: Vendor, what: 'config' | 'image') => {
    const url = `http://127.0.0.1:${server.http}/${encodeURI(paths[id][what])}`;
    const response = await fetch(url, { headers: { 'user-agent': agents[id] } });
    return { status: response.status, body: await response.text() };
  };
  /** What each phone got, without what it got before once more. */
  const got: Record<Vendor, string[]> = { digium: [], yealink: [] };
  const wrong: string[] = [];
  let going = true;
  const phone = async (id: Vendor) => {
    while (going) {
      const { status, body } = await get(id, 'config');
      const answer = status === 200 ? body : String(status);
      if (got[id].at(-1) !== answer) got[id].push(answer);
      const image = await get(id, 'image');
      const isRight = image.status === 404 || (image.status === 200 && image.body === images[id]);
      if (!isRight) wrong.push(`${image.status} with ${image.body.length} of ${paths[id].image}`);
      await sleep(2);
    }
  };
  const config = async (id: Vendor) => (await get(id, 'config')).body;

  let phones: Promise<unknown> | undefined;
  try {
    await shell(commands('publish'));
    await shell(
      'offhook config set alice sip_lines.1.username=alice sip_lines.1.password=s3cret sip_lines.1.display_name=Alice sip_lines.1.proxy_ip=192.0.2.20\n' +
        'offhook device add mac=000fd3054848 vendor=Digium model=D40 version=2.8.1 config=alice\n' +
        'offhook device add mac=001565aabbcc vendor=Yealink model=T46U version=108.86.0.90 config=alice\n',
    );
    phones = Promise.all(vendors.map(phone));

    expect(await shell(commands('install'))).toMatch(
      /digium 1\.0\.0 is installed\.\nyealink 1\.0\.0 is installed\.\n.*digium\/firmware-2\.8\.1 is installed\.\nyealink\/\S+ is installed\./s,
    );
    const first = { digium: await config('digium'), yealink: await config('yealink') };
    for (const id of vendors) expect((await get(id, 'image')).body).toBe(images[id]);

    bringOut(join(place, 'plugins/digium'), '1.1.0', '<!-- as 1.1.0 has it -->', 'phone.tpl');
    bringOut(join(place, 'plugins/yealink'), '1.1.0', '# as 1.1.0 has it', 'phone.tpl');
    await shell('offhook repository build plugins/* --into repository --key repository.pem');
    const upgraded = await shell(commands('upgrade'));
    expect(upgraded).toMatch(/^digium 1\.1\.0 is installed\.\nyealink 1\.1\.0 is installed\.\ndigium 1\.0\.0 is back\.$/m);
    expect(await config('digium')).toBe(first.digium);
    const second = await config('yealink');
    expect(second).toContain('# as 1.1.0 has it');

    expect(await shell(commands('uninstall'))).toMatch(
      /^digium is uninstalled\.\nThese devices lost their plugin:\n.*^digium-2\.8\.1 /ms,
    );
    expect((await get('digium', 'config')).status).toBe(404);
    expect(await config('yealink')).toBe(second);

    going = false;
    await phones;
    expect(wrong).toEqual([]);
    // Each file in its turn, and never nothing in between.
    const between = got.digium[2] ?? '';
    expect(between).toContain('<!-- as 1.1.0 has it -->');
    expect(got.digium).toEqual(['404', first.digium, between, first.digium, '404']);
    expect(got.yealink).toEqual(['404', first.yealink, second]);
  } finally {
    going = false;
    await phones;
    await server.stop();
    vendor.closeAllConnections();
    vendor.close();
    rmSync(place, { recursive: true });
    removeFolders();
  }
}, 120_000);
