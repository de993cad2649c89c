import type { Difference } from '../comparison.ts';
import { differences as mpp } from './mpp-differences.ts';
import { differences as sep } from './sep-differences.ts';

/** What our files say otherwise than those that provd's plugins made of the same raw config, and why. */
export const differences: readonly Difference[] = [...mpp, ...sep];
