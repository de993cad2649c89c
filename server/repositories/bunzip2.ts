import { Readable } from 'node:stream';
import { outputOf } from '../lib/child.ts';
import { findTools } from '../lib/tools.ts';
import { invalid } from './tar.ts';

/**
 * Unpacks bzip2, by Debian's program of that name.
 *
 * @param most bytes that may come out
 * @throws ProvisioningError archive-invalid, tool-missing; the signal's reason
 */
export async function bunzip2(bytes: Buffer, most: number, signal?: AbortSignal): Promise<Buffer> {
  const child = { tools: await findTools(), input: () => Readable.from([bytes]), fault: invalid, signal };
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of outputOf('bzip2', ['-dc'], child)) {
    size += piece.length;
    if (size > most) throw invalid(`it unpacks to more than ${most} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
