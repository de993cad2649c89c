import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BuiltArchive, buildArchive } from '../../server/packaging/build.ts';
import { makeKey, readKey } from '../../server/packaging/key.ts';
import { publish } from '../../server/packaging/publish.ts';

/** A firmware file of the test vendor, and where it is. */
export interface FirmwareSource {
  readonly url: string;
  readonly bytes: Buffer;
}

export interface Version {
  readonly version: string;
  /** Firmware lines; default: acme-1. */
  readonly plugins?: readonly string[];
  /** What the phones' file says. */
  readonly text?: string;
  readonly firmware?: FirmwareSource;
  /** Code that the archive has besides the definition; nothing of it runs while it is made. */
  readonly code?: string;
}

/** The source of a vendor package: phones of Acme ask for /acme/<mac>.cfg, and for /fw/acme.rom. */
export function writeAcme(
  folder: string,
  { version, plugins = ['acme-1'], text = `version ${version}`, firmware }: Version,
): void {
  mkdirSync(join(folder, 'templates'), { recursive: true });
  mkdirSync(join(folder, 'pkgs'), { recursive: true });
  const lines = plugins.map(
    (id) => `'${id}': { series: [{ version: '1.0', images: ['fw/acme.rom'], models: { M1: { lines: 1 } } }] }`,
  );
  writeFileSync(
    join(folder, 'plugin.js'),
    `export default {
  vendor: 'Acme',
  version: '${version}',
  description: { en: 'Phones of Acme', fr: 'Téléphones Acme' },
  macPrefixes: ['00:11:22'],
  recognise: { path: [/^\\/acme\\/(?<mac>[\\da-f]{12})\\.cfg$/], userAgent: [/^Acme (?<model>M\\d)$/] },
  plugins: { ${lines.join(', ')} },
  artefacts: [{ name: 'acme/{mac}.cfg', template: 'phone.tpl', format: 'text', secret: true }],
};
`,
  );
  writeFileSync(join(folder, 'templates/phone.tpl'), `# ${text}\nmac {{ device.mac }}\n`);
  writeFileSync(join(folder, 'README.md'), '# Acme\n');
  writeFileSync(join(folder, 'CHANGELOG.md'), `# Changelog\n\n## ${version} - 2026-11-22\n\n- This is ${version}.\n`);
  writeFileSync(join(folder, 'pkgs/pkgs.db'), firmware ? pkgsOf(firmware) : '# none\n');
}

function pkgsOf({ url, bytes }: FirmwareSource): string {
  const sum = createHash('sha256').update(bytes).digest('hex');
  return `[pkg_rom]
version: 1.0
description: Firmware of Acme
description_fr: Micrologiciel Acme
files: rom
install: images

[install_images]
a-b: untar $FILE1
b-c: cp *.rom fw/

[file_rom]
url: ${url}
size: ${bytes.length}
sha256sum: ${sum}
`;
}

function withCode(archive: BuiltArchive, code: string): BuiltArchive {
  const folder = mkdtempSync(join(tmpdir(), 'offhook-code-'));
  try {
    execFileSync('tar', ['-C', folder, '-xzf', '-'], { input: archive.bytes });
    appendFileSync(join(folder, archive.info.id, 'plugin.js'), code);
    return { ...archive, bytes: execFileSync('tar', ['-C', folder, '-czf', '-', archive.info.id]) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A signed repository in a folder, to which versions of the package can be added. */
export interface TestRepository {
  readonly folder: string;
  /** The public key, as settings have it. */
  readonly key: string;
  /** @returns the serial of the index */
  add(version: Version, channel?: 'stable' | 'testing'): Promise<number>;
}

export async function makeRepository(root: string): Promise<TestRepository> {
  const folder = join(root, 'repository');
  mkdirSync(folder, { recursive: true });
  const keyFile = join(root, 'key.pem');
  const key = await makeKey(keyFile);
  const privateKey = await readKey(keyFile);
  return {
    folder,
    key,
    async add(version, channel = 'stable') {
      const source = join(root, `source-${version.version}`, 'acme');
      writeAcme(source, version);
      const archive = await buildArchive(source);
      const index = await publish(folder, [version.code === undefined ? archive : withCode(archive, version.code)], {
        channel,
        keys: [privateKey],
        replace: true,
        now: new Date(),
      });
      return index.serial;
    },
  };
}
