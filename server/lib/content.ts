import { read } from 'node:fs';
import { constants, open } from 'node:fs/promises';
import { ifThere } from './errors.ts';

/**
 * What is sent to a phone: bytes in memory, or a file that is read piece by piece, so that any number of phones can fetch a
 * large image at once. Whoever is handed a content closes it, sent or not.
 */
export interface Content {
  /** Bytes in all. */
  readonly size: number;
  /** The bytes in memory; undefined when they have to be read. */
  readonly bytes?: Buffer;
  /**
   * `length` bytes from `offset`, fewer only at the end. Rejects when the file cannot be read or has become shorter.
   * @param into memory for them that may be used, and is the caller's to use again
   */
  read(offset: number, length: number, into?: Buffer): Promise<Buffer>;
  close(): Promise<void>;
}

export function bytesContent(bytes: Buffer): Content {
  return {
    size: bytes.length,
    bytes,
    read: async (offset, length) => bytes.subarray(offset, offset + length),
    close: async () => {},
  };
}

/** Opens a regular file for reading. @returns undefined when there is no such file, or it is not a regular one. */
export async function fileContent(path: string): Promise<(Content & { modified: Date }) | undefined> {
  // Without O_NONBLOCK, opening a named pipe waits until somebody writes into it.
  const handle = await ifThere(open(path, constants.O_RDONLY | constants.O_NONBLOCK), ['ENOENT', 'ENOTDIR', 'EISDIR']);
  if (!handle) return undefined;
  const { size, mtime, ...stats } = await handle.stat();
  if ((stats.mode & 0o170000) !== 0o100000) {
    await handle.close();
    return undefined;
  }
  return {
    size,
    modified: mtime,
    async read(offset, length, into) {
      const wanted = Math.max(Math.min(length, size - offset), 0);
      const buffer = into && into.length >= wanted ? into.subarray(0, wanted) : Buffer.allocUnsafe(wanted);
      let filled = 0;
      while (filled < wanted) {
        const bytesRead = await readSome(handle.fd, buffer, filled, offset + filled);
        if (bytesRead === 0) throw new Error(`${path} became shorter while it was read`);
        filled += bytesRead;
      }
      return buffer;
    },
    close: () => handle.close(),
  };
}

/** As `FileHandle.read`, for less processor time. @returns how many bytes it read behind the `filled` ones of the buffer */
function readSome(file: number, buffer: Buffer, filled: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(file, buffer, filled, buffer.length - filled, position, (cause, count) => (cause ? reject(cause) : resolve(count)));
  });
}
