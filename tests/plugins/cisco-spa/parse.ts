import { leavesOf } from '../../support/xml-leaves.ts';
import type { Values } from '../comparison.ts';

/**
 * In a flat profile the last setting of a name counts. The ATA190 is told as the phones of Cisco's own exchange are, with call managers in their
 * order where they have no number.
 */
export function parse(text: string, template: string): Values {
  if (!template.startsWith('ata190')) return leavesOf(text, [], 'last');
  return leavesOf(text.replace('<member>', '<member priority="0">'), ['priority']);
}
