import { ProvisioningError } from '../lib/errors.ts';
import type { Words } from './model.ts';

const PART = /\\(?<escaped>.)|\$(?:\{(?<braced>\w+)\}|(?<bare>\w+))|(?<text>[^\\$\s]+)|(?<blank>\s+)/gsuy;

/**
 * Splits what a step says into words, which blanks divide. `$NAME` and `${NAME}` are variables; a backslash takes the sign after it as it
 * is: `\$`, `\ `, `\\`.
 *
 * @throws Error that says what is wrong where
 */
export function readWords(text: string): Words[] {
  const words: (string | { variable: string })[][] = [];
  let word: (string | { variable: string })[] | undefined;
  PART.lastIndex = 0;
  for (let at = 0; at < text.length; at = PART.lastIndex) {
    PART.lastIndex = at;
    const groups = PART.exec(text)?.groups;
    if (!groups) throw new Error(`${text[at]} at the ${at + 1}. sign stands for nothing; a sign of its own is \\${text[at]}`);
    if (groups.blank !== undefined) {
      word = undefined;
      continue;
    }
    if (!word) {
      word = [];
      words.push(word);
    }
    const variable = groups.braced ?? groups.bare;
    const literal = groups.escaped ?? groups.text ?? '';
    if (variable !== undefined) word.push({ variable });
    else if (typeof word.at(-1) === 'string') word.push(`${word.pop()}${literal}`);
    else word.push(literal);
  }
  return words;
}

/** A word with its variables' values. @throws ProvisioningError firmware-variable-unknown */
export function expand(word: Words, variables: ReadonlyMap<string, string>): string {
  const texts = word.map((part) => {
    if (typeof part === 'string') return part;
    const value = variables.get(part.variable);
    if (value !== undefined) return value;
    const known = [...variables.keys()].map((name) => `$${name}`).join(', ') || 'none';
    throw new ProvisioningError('firmware-variable-unknown', `$${part.variable} has no value; there is ${known}`);
  });
  return texts.join('');
}
