import { Failure } from './failure.ts';

/**
 * Waits, but not for ever: what comes later is nobody's.
 *
 * @throws Failure that passes; the signal's reason
 */
export function within<Result>(
  work: Promise<Result>,
  milliseconds: number,
  { where, what, signal }: { readonly where: string; readonly what: string; readonly signal?: AbortSignal | undefined },
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const cancel = () => reject(signal?.reason);
    const timer = setTimeout(
      () => reject(new Failure('download-failed', `${where}: ${what} within ${milliseconds / 1_000} s`, { passing: true })),
      milliseconds,
    );
    if (signal?.aborted) cancel();
    signal?.addEventListener('abort', cancel);
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
    });
  });
}
