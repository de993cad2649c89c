import type { Difference } from '../comparison.ts';

/** What our files say otherwise than those that provd's plugins made of the same raw config, and why. */
export const differences: readonly Difference[] = [
  {
    keys: /^directoryURL$/,
    theirs: /^&$/,
    ours: /^$/,
    why: 'there is no phone book; provd leaves the sign that is to stand behind its address',
  },
];
