import { leavesOf } from '../../support/xml-leaves.ts';
import type { Values } from '../comparison.ts';

/** Settings and keys are counted by `idx`. Of a key that is told twice the last counts. What lies around a value is layout. */
export function parse(text: string): Values {
  return leavesOf(text, ['idx', 'name'], 'last');
}
