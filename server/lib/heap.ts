import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';

/**
 * Lets the JavaScript heap of this process grow by a quarter over what is in use, where V8 would let it grow to four times that, and has
 * what is new begin among the new. Where the process has one core, the garbage collector does without threads of its own: they would
 * only take the core from it, 4 ms each at a time. The reasons and the figures: docs/decisions/0011-heap.md. To be called before work
 * begins.
 */
export function keepHeapSmall(): void {
  // V8 looks at all of them whenever it collects, so they count although it runs already.
  setFlagsFromString('--no-allocation-site-pretenuring');
  setFlagsFromString('--heap-growing-percent=25');
  if (availableParallelism() > 1) return;
  setFlagsFromString('--no-concurrent-marking');
  setFlagsFromString('--no-concurrent-sweeping');
  setFlagsFromString('--no-parallel-scavenge');
}
