import type { Command } from 'commander';
import { type Client, type Document, listOf, textOf } from './client.ts';
import { asking, count } from './command.ts';
import type { Io } from './io.ts';

export interface PageOptions {
  readonly limit?: number;
  readonly all?: boolean;
}

/** What the server gives at once. */
const page = 1_000;
const usual = 100;

/** Adds the options of commands that print a list which may be long. */
export function askingPages(command: Command): Command {
  return asking(command)
    .option('--limit <number>', `how many at most; default: ${usual}`, count)
    .option('--all', 'all of them, however many there are');
}

/** How many rows are wanted. */
export function mostOf({ limit = usual, all = false }: PageOptions): number {
  return all ? Number.POSITIVE_INFINITY : limit;
}

/**
 * A list, asked for page by page: rows that come or go meanwhile make no other row come twice or not at all.
 * @param name of the rows in the answer
 * @returns the last answer, with the rows of all
 */
export async function askList(
  client: Client,
  path: string,
  name: string,
  query: readonly (readonly [name: string, value: string])[] = [],
  most = Number.POSITIVE_INFINITY,
): Promise<Document> {
  const rows: Document[] = [];
  let cursor = '';
  for (;;) {
    const size = String(Math.min(page, most - rows.length));
    const asked = [...query, ['limit', size] as const, ...(cursor ? [['cursor', cursor] as const] : [])];
    const { document } = await client.ask('GET', path, { query: asked });
    rows.push(...listOf(document, name));
    cursor = textOf(document, 'next');
    if (cursor === '' || rows.length >= most) return new Map([...document, [name, rows]]);
  }
}

/** Tells that a list was cut. */
export function tellRest(io: Io, listed: number, document: Document): void {
  if (textOf(document, 'next') === '') return;
  io.err(`${listed} of ${textOf(document, 'total')} are shown; --limit shows more, and --all all of them\n`);
}
