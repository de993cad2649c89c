import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';

export const provdDigium = join(import.meta.dirname, '../firmware/provd/wazo-digium-2.8.1.db');
export const capabilities = { 'Digium, D40, 2.8.1': { lines: 2, high_availability: true } };
export const info = { version: '1.1.4', description: 'Plugin for Digium', description_fr: 'Greffon pour Digium', capabilities };
export const id = 'wazo-digium-2.8.1';

/** A plugin as provd's build writes it, by the programs that it is written with. */
export function provdArchive(): Buffer {
  const script = `
import io, json, sys, tarfile
archive = tarfile.open(fileobj=sys.stdout.buffer, mode='w|bz2')
def add(name, data=None):
    member = tarfile.TarInfo('${id}/' + name if name else '${id}')
    member.mtime = 1700000000.25
    if data is None:
        member.type = tarfile.DIRTYPE
        archive.addfile(member)
    else:
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
add('')
for name in ['pkgs', 'templates', 'var', 'var/cache', 'var/installed', 'var/templates', 'var/tftpboot', 'var/tftpboot/Digium']:
    add(name)
add('entry.py', b'raise SystemExit("executed")')
add('plugin-info', sys.argv[1].encode())
add('pkgs/pkgs.db', open(sys.argv[2], 'rb').read())
add('pkgs/.hidden', b'[nonsense')
add('templates/base.tpl', b'<config/>')
archive.close()
`;
  return execFileSync('python3', ['-c', script, JSON.stringify(info), provdDigium]);
}

/** Its row in plugins.db. */
export function row(bytes: Buffer) {
  const sha1sum = createHash('sha1').update(bytes).digest('hex');
  return { ...info, filename: `${id}-1.1.4.tar.bz2`, dsize: bytes.length, sha1sum };
}
