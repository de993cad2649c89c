import { execFile } from 'node:child_process';
import { ProvisioningError } from '../lib/errors.ts';

/**
 * Unpacks bzip2, by Debian's program of that name.
 *
 * @param most bytes that may come out
 * @throws ProvisioningError archive-invalid, tool-missing; the signal's reason
 */
export async function bunzip2(bytes: Buffer, most: number, signal?: AbortSignal): Promise<Buffer> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const env = { ...process.env, LC_ALL: 'C' };
    const options = { encoding: 'buffer' as const, maxBuffer: most, env, ...(signal && { signal }) };
    const child = execFile('bzip2', ['-dc'], options, (cause, out, err) => {
      if (!cause) resolve(out);
      else if (signal?.aborted) reject(signal.reason);
      else reject(explain(cause, err.toString().trim(), most));
    });
    // When it does not want to read on, its exit code and standard error say why.
    child.stdin?.on('error', () => {});
    child.stdin?.end(bytes);
  });
}

function explain(cause: Error & { code?: unknown }, told: string, most: number): ProvisioningError {
  if (cause.code === 'ENOENT') {
    return new ProvisioningError('tool-missing', 'The program bzip2 is not installed: apt-get install bzip2', { cause });
  }
  const problem =
    cause.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER' ? `it unpacks to more than ${most} bytes` : told || cause.message;
  return new ProvisioningError('archive-invalid', `The archive cannot be used: ${problem}`, { cause });
}
