import { setImmediate as nextTurn } from 'node:timers/promises';
import * as z from 'zod';
import type { Caller } from '../../access/model.ts';
import { authorise } from '../authenticate.ts';
import { count, text } from '../fields.ts';
import type { ApiParts, Changes } from '../parts.ts';
import { problemAnswer, problemSchema, statusOf } from '../problem.ts';

/** One change of one record, which is done as if it were asked for by itself. */
export interface Row {
  /** Where it stands in what was asked: `{ index: 3 }`, `{ line: 5 }`. */
  readonly place: Readonly<Record<string, number>>;
  readonly permission: string;
  /** The id that was given, if one was. */
  readonly id?: string | undefined;
  /** @throws whatever the API answers */
  run(changes: Changes): Promise<Done>;
}

/** What became of a record: 201 it was created, 200 changed, 204 removed. */
export interface Done {
  readonly status: 200 | 201 | 204;
  readonly id: string;
  readonly revision?: number;
}

/** Stands for as many rows as are found when its turn comes. */
export interface Many {
  readonly place: Row['place'];
  readonly permission: string;
  rows(changes: Changes): Promise<Row[]>;
}

export interface Order {
  readonly dryRun: boolean;
  /** All rows or none. */
  readonly atomic: boolean;
}

interface Failed {
  readonly status: number;
  readonly problem: unknown;
}

/** So many rows are committed together: some 100 ms in which others who write wait. */
export const ROWS_AT_ONCE = 250;

/** Others have their turn of the event loop after so long. Milliseconds. */
const TURN_MS = 4;

/** @param place the fields by which a row tells where it stood */
export const bulkAnswer = (place: Readonly<Record<string, z.ZodType>>, name: string) =>
  z
    .strictObject({
      stored: z
        .boolean()
        .meta({ description: 'What was done is kept: not of a dry run, nor where all or nothing was asked for.' }),
      created: count,
      updated: count,
      deleted: count,
      failed: count,
      rows: z.array(
        z.strictObject({
          ...place,
          status: z.int().meta({ description: 'That of the request for this row alone.' }),
          id: text.optional(),
          revision: count.optional(),
          problem: problemSchema.optional(),
        }),
      ),
    })
    .meta({ id: name });

/**
 * Does rows one after the other; each sees what those before it did, and one that fails undoes itself alone, but where all or nothing is
 * asked for. A dry run does the same and undoes it.
 *
 * @param slices rows as they come: those of a slice are at hand, and nobody waits for a client to send them
 * @returns what `bulkAnswer` describes
 */
export async function runRows(
  slices: AsyncIterable<readonly (Row | Many)[]> | Iterable<readonly (Row | Many)[]>,
  { dryRun, atomic }: Order,
  caller: Caller,
  { together, log }: Pick<ApiParts, 'together' | 'log'>,
) {
  const isWhole = dryRun || atomic;
  const told: (Row | Many)[] = [];
  const outcomes: (Done | Failed)[] = [];

  /** Does rows in one transaction: all of them, or some. @param waiting the next stands last */
  async function runSome(waiting: (Row | Many)[]): Promise<void> {
    const [rows, done]: [(Row | Many)[], (Done | Failed)[]] = [[], []];
    try {
      await together(async (changes) => {
        let turnEnds = performance.now() + TURN_MS;
        for (let next = waiting.pop(); next; next = isWhole || done.length < ROWS_AT_ONCE ? waiting.pop() : undefined) {
          rows.push(next);
          const outcome = await attempt(next, changes, caller);
          if (Array.isArray(outcome)) {
            // They stand in the place of what stood for them.
            rows.pop();
            for (const row of outcome.reverse()) waiting.push(row);
          } else done.push(outcome);
          if (performance.now() < turnEnds) continue;
          await nextTurn();
          turnEnds = performance.now() + TURN_MS;
        }
        return !dryRun && !(atomic && done.some(hasFailed));
      });
    } catch (cause) {
      for (const row of rows.reverse()) waiting.push(row);
      throw cause;
    }
    for (const row of rows) told.push(row);
    for (const each of done) outcomes.push(each);
  }

  let broken: Failed | undefined;
  for await (const slice of slices) {
    const waiting = [...slice].reverse();
    while (waiting.length > 0 && !broken) {
      try {
        await runSome(waiting);
      } catch (cause) {
        if (isWhole) throw cause;
        // What was done before is stored, and whoever asked has to know how far it went: nothing more is tried.
        log.error({ event: 'api.failed', err: cause }, 'could not go on with the rows of a client');
        broken = failure(cause);
      }
    }
    if (!broken) continue;
    for (const row of waiting.reverse()) {
      told.push(row);
      outcomes.push(broken);
    }
  }
  const failed = outcomes.filter(hasFailed).length;
  const counted = (status: Done['status']) => outcomes.filter((each) => each.status === status).length;
  return {
    stored: !dryRun && !(atomic && failed > 0),
    created: counted(201),
    updated: counted(200),
    deleted: counted(204),
    failed,
    rows: told.map((row, index) => tell(row, outcomes[index], dryRun)),
  };
}

/** Ids that are given out are others when it is done in earnest. */
function tell(row: Row | Many, outcome: Done | Failed | undefined, dryRun: boolean): object {
  const given = 'id' in row ? row.id : undefined;
  const made = outcome && 'id' in outcome && !(dryRun && outcome.status === 201) ? outcome.id : undefined;
  const id = given ?? made;
  return { ...row.place, ...outcome, id };
}

function hasFailed({ status }: Done | Failed): boolean {
  return status >= 400;
}

async function attempt(next: Row | Many, changes: Changes, caller: Caller): Promise<Done | Failed | Row[]> {
  try {
    authorise(caller, next);
    return 'rows' in next ? await next.rows(changes) : await changes.part(() => next.run(changes));
  } catch (cause) {
    // What is no fault of the row is none of the others' either.
    if (statusOf(cause) >= 500) throw cause;
    return failure(cause);
  }
}

function failure(cause: unknown): Failed {
  return { status: statusOf(cause), problem: problemAnswer(cause).json };
}
