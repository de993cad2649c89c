import { leavesOf } from '../../support/xml-leaves.ts';
import type { Values } from '../comparison.ts';

export function parse(text: string): Values {
  return leavesOf(text, ['priority']);
}
