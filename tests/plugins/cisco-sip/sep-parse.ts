import { leavesOf } from '../../support/xml-leaves.ts';
import type { Values } from '../comparison.ts';

/** Servers are counted by their priority, lines by the button that they are on. */
export function parse(text: string): Values {
  return leavesOf(text, ['priority', 'button']);
}
