import { Header } from 'tar';

type Data = ConstructorParameters<typeof Header>[0] & object;

/** One member of an archive as its author wants it, honest or not. */
export interface Member {
  readonly path: string;
  readonly bytes?: Buffer | string;
  /** A type of tar: File unless given, or Directory when the path ends in a slash. */
  readonly type?: string;
  /** Instead of the number of its bytes. */
  readonly size?: number;
  readonly linkpath?: string;
}

/** A tar archive of any members, without the checks of the real writer. */
export function rawTar(members: readonly Member[], end = Buffer.alloc(1024)): Buffer {
  const blocks = members.flatMap(({ path, bytes = '', type, size, linkpath }) => {
    const body = Buffer.from(bytes);
    const block = Buffer.alloc(512);
    const kind = type ?? (path.endsWith('/') ? 'Directory' : 'File');
    const header = new Header({ path, mode: 0o644, size: size ?? body.length, mtime: new Date(0) } as Data);
    header.type = kind as Header['type'];
    if (linkpath !== undefined) header.linkpath = linkpath;
    header.encode(block);
    return [block, body, Buffer.alloc(-body.length & 511)];
  });
  return Buffer.concat([...blocks, end]);
}
