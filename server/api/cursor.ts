import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Position } from '../lib/paging.ts';

/** Of what a cursor holds. One of another release may mean something else. */
const VERSION = 1;

const content = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      // Whoever makes a cursor himself may put anything into it.
      context.addIssue({ code: 'custom' });
      return z.NEVER;
    }
  })
  .pipe(z.tuple([z.int(), z.string(), z.array(z.union([z.string(), z.number(), z.null()])).min(1)]));

/**
 * Where a page ended, as clients hand it back. It holds no more than they have seen: nothing is to be kept from them, and
 * whoever makes one gets what he could have asked for.
 * @param list which list it is of, with its order and filters
 */
export function cursorOf(position: Position, list: string): string {
  const text = JSON.stringify([VERSION, digest(list), position]);
  return `${Buffer.from(text).toString('base64url')}.${digest(text)}`;
}

/** @returns where to go on, or what is wrong with the cursor as a text */
export function readCursor(cursor: string, list: string): Position | string {
  const [encoded = '', sum, ...more] = cursor.split('.');
  const text = Buffer.from(encoded, 'base64url').toString();
  if (sum !== digest(text) || more.length > 0) return 'is not what an answer had as next';
  const [version, of, position] = content.safeParse(text).data ?? [];
  if (version !== VERSION || !position) return 'is of another release of the server; begin again without it';
  return of === digest(list)
    ? position
    : 'is of another list: sort and filters have to be as they were in the answer that had it';
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 11);
}
