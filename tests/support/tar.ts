export interface TarEntry {
  readonly name: string | Uint8Array;
  /** Of ustar: 0 file, 1 hard link, 2 symbolic link, 5 folder … */
  readonly type?: string;
  readonly link?: string;
  readonly content?: string | Uint8Array;
  readonly mode?: number;
  /** The text of the field, or how many bytes there are when the header tells another story. */
  readonly size?: string;
}

const block = 512;

/** A tar archive as no program would make it. */
export function tarOf(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.map(tarEntry), Buffer.alloc(2 * block)]);
}

export function tarEntry({ name, type = '0', link = '', content = '', mode = 0o644, size }: TarEntry): Buffer {
  const data = Buffer.from(content);
  const header = Buffer.alloc(block);
  header.set(Buffer.from(name), 0);
  header.write(mode.toString(8).padStart(7, '0'), 100);
  header.write(size ?? data.length.toString(8).padStart(11, '0'), 124);
  header.fill(' ', 148, 156);
  header.write(type, 156);
  header.write(link, 157);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((all, byte) => all + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, data, Buffer.alloc((block - (data.length % block)) % block)]);
}

export function paxEntry(records: Readonly<Record<string, string>>): Buffer {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = Buffer.byteLength(` ${key}=${value}\n`);
    const length = [1, 2, 3, 4, 5].map((digits) => rest + digits).find((total) => String(total).length === total - rest);
    return `${length} ${key}=${value}\n`;
  });
  return tarEntry({ name: 'pax', type: 'x', content: lines.join('') });
}

/** One member of an archive as its author wants it, honest or not. */
export interface Member {
  readonly path: string;
  readonly bytes?: Buffer | string;
  /** A file unless given, or a folder when the path ends in a slash. */
  readonly type?: keyof typeof types;
  /** Instead of the number of its bytes. */
  readonly size?: number;
  readonly linkpath?: string;
}

/** As headers have them (POSIX.1-2001 pax, GNU tar's tar.h). */
const types = {
  File: '0',
  Link: '1',
  SymbolicLink: '2',
  CharacterDevice: '3',
  BlockDevice: '4',
  Directory: '5',
  FIFO: '6',
  ExtendedHeader: 'x',
  GlobalExtendedHeader: 'g',
  NextFileHasLongPath: 'L',
} as const;

/** A tar archive of any members, without the checks of the real writer. */
export function rawTar(members: readonly Member[], end = Buffer.alloc(2 * block)): Buffer {
  const entries = members.map(({ path, bytes = '', type = path.endsWith('/') ? 'Directory' : 'File', size, linkpath = '' }) => {
    const entry = { name: path, type: types[type], link: linkpath, content: bytes };
    return tarEntry(size === undefined ? entry : { ...entry, size: size.toString(8).padStart(11, '0') });
  });
  return Buffer.concat([...entries, end]);
}
