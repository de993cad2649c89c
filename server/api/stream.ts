import { once } from 'node:events';
import type { Response } from 'express';

/** Aborted when nobody waits for the answer any more. */
export function goneOf(response: Response): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => controller.abort());
  return controller.signal;
}

/** How long somebody may take to read what is told as it comes. */
const patienceMs = 30_000;

/**
 * One piece after the other: who reads slowly is told as slowly, and who does not read at all is not told any more.
 * @param patience milliseconds
 */
export async function streamTo(response: Response, pieces: AsyncIterable<string>, patience = patienceMs): Promise<void> {
  const gone = goneOf(response);
  response.flushHeaders();
  for await (const text of pieces) {
    if (response.destroyed) return;
    if (response.write(text)) continue;
    const signal = AbortSignal.any([gone, AbortSignal.timeout(patience)]);
    await once(response, 'drain', { signal }).catch(() => response.destroy());
  }
  response.end();
}
