import { leavesOf } from '../../support/xml-leaves.ts';
import type { Values } from '../comparison.ts';
import { parse as parseSep } from './sep-parse.ts';

/** In a flat profile the last setting of a name counts. */
export function parse(text: string, template: string): Values {
  return template === 'sep-phone.tpl' ? parseSep(text) : leavesOf(text, [], 'last');
}
