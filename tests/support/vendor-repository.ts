import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buildArchive } from '../../server/packaging/build.ts';
import { makeKey, readKey } from '../../server/packaging/key.ts';
import { publish } from '../../server/packaging/publish.ts';
import { make } from './archives.ts';
import { pluginsFolder } from './packages.ts';

export interface Images {
  readonly url: string;
  /** The firmware 2.8.1 of Digium as the test has it: an archive with one image. */
  readonly archive: Buffer;
  readonly image: string;
  /** What is asked for from now on is gone. */
  remove(): void;
  close(): void;
}

/** A vendor's web server with a firmware archive. */
export async function serveImages(): Promise<Images> {
  const image = 'image of the D40 '.repeat(10_000);
  const path = 'firmware_2_8_1_package/2_8_1_D40_firmware.eff';
  const archive = make({ [path]: image }, 'tar', '-czf', 'made.tar.gz', 'firmware_2_8_1_package');
  let gone = false;
  const server = createServer((request, response) => {
    response.statusCode = gone ? 404 : 200;
    response.setHeader('content-length', gone ? 0 : archive.length);
    response.end(gone || request.method === 'HEAD' ? undefined : archive);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/firmware.tar.gz`,
    archive,
    image,
    remove() {
      gone = true;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A change that phones see: what the vendor's templates begin with says the version. */
export const marker = (version: string): string => `<!-- package ${version} -->`;

/**
 * A signed repository with Digium's vendor package, whose firmware 2.8.1 comes from here, in some versions. The one of a package whose
 * version is not 1.0.0 lacks what `without` names.
 *
 * @returns the public key that it is signed by
 */
export async function buildRepository(root: string, versions: readonly string[], { url, archive }: Images): Promise<string> {
  const keyFile = join(root, 'key.pem');
  const line = await makeKey(keyFile);
  const archives = [];
  for (const version of versions) {
    const folder = join(root, version, 'digium');
    mkdirSync(folder, { recursive: true });
    cpSync(join(pluginsFolder, 'digium'), folder, { recursive: true });
    const edit = (name: string, change: (text: string) => string) =>
      writeFileSync(join(folder, name), change(readFileSync(join(folder, name), 'utf8')));
    edit('plugin.ts', (text) => text.replace("version: '1.0.0'", `version: '${version}'`));
    edit('CHANGELOG.md', (text) =>
      version === '1.0.0' ? text : text.replace('## 1.0.0', `## ${version} - 2026-12-01\n\n- Better in ${version}.\n\n## 1.0.0`),
    );
    const sum = createHash('sha1').update(archive).digest('hex');
    edit('pkgs/pkgs.db', (text) =>
      text.replace(
        /(\[file_firmware-2\.8\.1\]\n).*/s,
        `$1url: ${url}\nsize: ${archive.length}\nsha1sum: ${sum}\n\n` +
          `[pkg_extra]\nversion: 1\ndescription: Ringtones\nfiles: extra\ninstall: extra\n\n` +
          `[install_extra]\na-b: cp $FILE1 Digium/ringtones/\n\n` +
          `[file_extra]\nurl:\nfilename: ringtones.bin\nsize: 9\nsha1sum: ${createHash('sha1').update('ringtones').digest('hex')}\n`,
      ),
    );
    archives.push(await buildArchive(folder));
    rmSync(join(root, version), { recursive: true });
  }
  await publish(join(root, 'www'), archives, {
    channel: 'stable',
    keys: [await readKey(keyFile)],
    replace: false,
    now: new Date(),
  });
  return line;
}
