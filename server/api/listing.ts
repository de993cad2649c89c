import * as z from 'zod';
import { type Ended, type Page, type Position, pageOf, type SortValue } from '../lib/paging.ts';
import { cursorOf, readCursor } from './cursor.ts';
import { count, text } from './fields.ts';
import { MOST_ITEMS, queryInvalid, whole } from './input.ts';
import { type Answer, type Call, type Endpoint, endpoint } from './route.ts';
import { partOf, readSelection, type Selection, select } from './selection.ts';

/** What a query gives, without what it leaves out. */
export type Given<Query extends z.ZodObject> = { [Name in keyof z.output<Query>]?: Exclude<z.output<Query>[Name], undefined> };

interface Outline<Filters extends z.ZodObject, Sort extends string>
  extends Pick<Endpoint, 'summary' | 'about' | 'permission' | 'serverWide'> {
  /** Of the rows in the answer: `devices`. */
  readonly name: string;
  /** A row. */
  readonly item: z.ZodObject;
  /** What rows can be asked for by, an object of which nothing is needed. */
  readonly filters?: Filters;
  /** The order of rows when none is asked for; `-` before it: the last first. */
  readonly usual: NoInfer<Sort | `-${Sort}`>;
  /** What else the answer has. */
  readonly besides?: z.ZodRawShape;
}

export interface StoredList<Filters extends z.ZodObject, Sort extends string> extends Outline<Filters, Sort> {
  readonly sorts: readonly Sort[];
  find(
    call: Call<Given<Filters>>,
    page: Required<Omit<Page<Sort>, 'after'>> & Pick<Page, 'after'>,
  ): Promise<
    Ended & {
      readonly rows: readonly unknown[];
      readonly total: number;
      readonly besides?: object;
    }
  >;
}

export interface ListInMemory<Filters extends z.ZodObject, Sort extends string, Row> extends Outline<Filters, Sort> {
  readonly sorts: Readonly<Record<Sort, (row: Row) => SortValue | undefined>>;
  /** What no two rows have in common. */
  key(row: Row): SortValue | Position;
  /** All rows that are asked for, in any order. */
  find(call: Call<Given<Filters>>): readonly Row[] | Promise<readonly Row[]>;
  /** May take its time. */
  document(row: Row, call: Call): unknown;
  readonly more?: (call: Call<Given<Filters>>) => object;
}

const paging = {
  limit: whole(0, MOST_ITEMS).default(100).meta({ description: 'How many at most. 0: only the total.' }),
  cursor: z.string().meta({ description: '`next` of the answer before, with the same sort and filters.' }),
};

/**
 * The one way in which lists are asked for: filters, `sort`, `limit`, `cursor`, `fields`. Rows that come and go between two pages make no
 * other row come twice or not at all.
 */
export function listing<Sort extends string, Filters extends z.ZodObject = z.ZodObject<Record<never, never>>>(
  list: StoredList<Filters, Sort>,
): Endpoint {
  const { name, item, filters, sorts, usual, besides = {}, find, ...outline } = list;
  const orders = sorts.flatMap((sort): (Sort | `-${Sort}`)[] => [sort, `-${sort}`]);
  const query = z
    .strictObject({
      ...filters?.shape,
      sort: z
        .enum(orders, { error: `must be ${enumeration(sorts)}, or one of these with - before it` })
        .meta({ default: usual, description: 'With - before it the last come first.' }),
      ...paging,
      fields: selectionOf(item),
    })
    .partial();
  const answer = (row: z.ZodType) => z.strictObject({ [name]: z.array(row), total: count, next, ...besides });
  const part = partOf(item).meta({ description: 'With `fields`: those that were asked for.' });

  return endpoint({
    ...outline,
    query,
    answers: { 200: z.union([answer(item), answer(part)]) },
    async handle(call): Promise<Answer> {
      const {
        limit = 100,
        sort = usual,
        cursor,
        fields,
        ...where
      } = call.query as z.output<typeof query> & {
        sort?: Sort | `-${Sort}`;
        limit?: number;
        cursor?: string;
        fields?: Selection;
      };
      const descending = sort.startsWith('-');
      const place = JSON.stringify([outline.summary, call.params, sort, Object.entries(where).sort()]);
      const after = cursor === undefined ? undefined : positionIn(cursor, place);
      const found = await find(
        { ...call, query: where as Given<Filters> },
        { sort: (descending ? sort.slice(1) : sort) as Sort, descending, limit, ...(after && { after }) },
      );
      const rows = fields ? found.rows.map((row) => select(row, fields)) : found.rows;
      const following = found.next ? cursorOf(found.next, place) : null;
      return { json: { [name]: rows, total: found.total, next: following, ...found.besides } };
    },
  });
}

const next = text.nullable().meta({ description: 'The `cursor` of the next page; null at the end.' });

/** A list of what is in memory. */
export function listingOf<Row, Sort extends string, Filters extends z.ZodObject = z.ZodObject<Record<never, never>>>(
  list: ListInMemory<Filters, Sort, Row>,
): Endpoint {
  const { sorts, key, find, document, more, ...outline } = list;
  return listing<Sort, Filters>({
    ...outline,
    sorts: Object.keys(sorts) as Sort[],
    async find(call, page) {
      const all = await find(call);
      const positionOf = (row: Row): Position => [sorts[page.sort](row) ?? null, ...[key(row)].flat()];
      const { rows, ...ended } = pageOf(all, positionOf, page);
      const documents = await Promise.all(rows.map((row) => document(row, call)));
      return { ...ended, rows: documents, total: all.length, ...(more && { besides: more(call) }) };
    },
  });
}

function selectionOf(item: z.ZodObject) {
  return z
    .string()
    .transform((asked, context): Selection => {
      const selection = readSelection(asked, item);
      if (typeof selection !== 'string') return selection;
      context.addIssue({ code: 'custom', message: selection });
      return z.NEVER;
    })
    .meta({ description: 'Only these fields of each, separated by commas; `seen.at` is a field in a field.' });
}

function positionIn(cursor: string, place: string): Position {
  const position = readCursor(cursor, place);
  if (typeof position === 'string') throw queryInvalid([{ path: 'cursor', message: position }]);
  return position;
}

function enumeration(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
