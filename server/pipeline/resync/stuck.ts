import type { StoredDevice } from '../../devices/dao.ts';
import type { Delivery, Resync } from '../../devices/model.ts';

const at = (time: number) => new Date(time).toISOString();

/**
 * Why a device does not have its files as they are now, in words, as far as that is known.
 * @param fetched what it last fetched of its own files
 * @returns undefined when it has them
 */
export function whyStuck(
  { approved, condition, inSync }: StoredDevice,
  resync: Resync | undefined,
  fetched: readonly Delivery[],
): string | undefined {
  if (inSync === true) return undefined;
  if (!approved) return 'It waits for approval';
  if (!condition.configured) return `Its files cannot be made: ${condition.problem ?? 'nobody has tried yet'}`;
  const latest = fetched.reduce((last, delivery) => Math.max(last, delivery.at), 0);
  if (!resync) {
    return latest === 0
      ? 'Its phone has not fetched any of its files yet'
      : `Its files have changed since its phone fetched them (${at(latest)}), and it was not told`;
  }
  const { requested, told, problem } = resync;
  if (told === undefined) return problem ?? `It is to be told since ${at(requested)}`;
  if (latest < told) return `Its phone was told (${at(told)}), and has fetched none of its files since`;
  return `Its files have changed since its phone was told (${at(told)}) and fetched them (${at(latest)})`;
}
