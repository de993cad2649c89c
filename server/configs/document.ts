import type { z } from 'zod';
import { fieldFacts } from './raw-config-types.ts';
import { tables, vocabulary } from './vocabulary.ts';

const START = '<!-- Generated from server/configs/vocabulary.ts by `make docs`. -->';
const END = '<!-- end of what is made -->';

/** docs/configs.md with its tables made anew; what people wrote around them stays. */
export function configsPage(page: string): string {
  const start = page.indexOf(START);
  const end = page.indexOf(END);
  if (start < 0 || end < start) throw new Error('docs/configs.md has lost the marks around its tables');
  return `${page.slice(0, start)}${START}\n\n${allTables()}\n${page.slice(end)}`;
}

function allTables(): string {
  return [
    tableOf('The whole config', vocabulary),
    ...Object.entries(tables).map(([name, row]) => tableOf(`Each of \`${name}\``, row)),
  ].join('\n');
}

function tableOf(title: string, words: Readonly<Record<string, z.ZodType>>): string {
  const rows = Object.entries(words).map(([key, schema]) => {
    const facts = fieldFacts.get(schema);
    if (!facts) throw new Error(`${key} has no description`);
    return `| \`${key}\` | ${facts.type} | ${facts.allowed} | ${facts.default ?? ''} | ${facts.meaning} |`;
  });
  return [
    `### ${title}`,
    '',
    '| key | type | allowed | default | meaning |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
