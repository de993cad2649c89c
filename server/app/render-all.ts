import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ENDED, heard, values, type Which, type Workers } from './workers.ts';

/** How often the workers are asked how far they are. */
const lookMs = 100;

/**
 * Has all workers look at their devices again, and resolves when they have.
 * @param which only some of them; all when absent
 * @param progress is told devices
 */
export async function renderAll(
  workers: Workers,
  { signal, progress }: { readonly signal: AbortSignal; progress(current: number, end: number): void },
  which?: Which,
): Promise<void> {
  const job = randomUUID();
  try {
    const begun = await workers.ask('beginRendering', job, which);
    // One that ended looks at its devices of its own accord when it is started again.
    values(begun.filter((answer) => !('problem' in answer && answer.problem.code === ENDED)));
    for (;;) {
      const shares = heard(await workers.ask('rendering', job));
      const [total, left] = [sum(shares.map((share) => share.total)), sum(shares.map((share) => share.left))];
      progress(total - left, total);
      if (left === 0) return;
      await sleep(lookMs, undefined, { signal });
    }
  } finally {
    await workers.ask('endRendering', job);
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((one, other) => one + other, 0);
