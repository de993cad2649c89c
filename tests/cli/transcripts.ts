import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';

const root = join(import.meta.dirname, '../..');

/**
 * Compares with the transcript of this name in a document: the block of code behind its mark. `make golden` writes it anew; the
 * difference is reviewed as a reader of the document would read it.
 */
export function expectTranscript(document: string, name: string, text: string): void {
  const file = join(root, document);
  const page = readFileSync(file, 'utf8');
  const mark = `<!-- transcript: ${name} -->\n`;
  const start = page.indexOf(mark);
  if (start < 0) throw new Error(`${document} has no transcript ${name}`);
  const rest = page.slice(start + mark.length);
  const block = `\n\`\`\`\n${text}\`\`\`\n`;
  const [found = ''] = /^\n```\n.*?\n```\n/s.exec(rest) ?? [];
  if (process.env.UPDATE_GOLDEN) writeFileSync(file, page.slice(0, start) + mark + block + rest.slice(found.length));
  else expect(found).toBe(block);
}
