import type { RepeatDao } from '../../access/dao.ts';
import type { KeptAnswer } from '../../access/model.ts';
import type { Database } from './database.ts';

interface Row {
  readonly fingerprint: string;
  readonly status: number | null;
  readonly headers: string | null;
  readonly body: string | null;
}

/** Some go with each that comes: nobody waits for all at once. */
const ROWS_AT_ONCE = 10;

export function repeatDao(database: Database): RepeatDao {
  const select = database.prepare<Row>('SELECT fingerprint, status, headers, body FROM repeats WHERE caller = ? AND key = ?');
  const insert = database.prepare('INSERT INTO repeats (caller, key, fingerprint, begun) VALUES (?, ?, ?, ?)');
  const update = database.prepare('UPDATE repeats SET status = ?, headers = ?, body = ? WHERE caller = ? AND key = ?');
  const remove = database.prepare('DELETE FROM repeats WHERE caller = ? AND key = ?');
  const forget = database.prepare(
    'DELETE FROM repeats WHERE ordinal IN (SELECT ordinal FROM repeats WHERE begun < ? ORDER BY begun LIMIT ?)',
  );

  return {
    begin: ({ caller, key, fingerprint }, at, forgetBefore) =>
      database.write(() => {
        forget.run(forgetBefore, ROWS_AT_ONCE);
        const found = select.get(caller, key);
        if (!found) {
          insert.run(caller, key, fingerprint, at);
          return undefined;
        }
        return { fingerprint: found.fingerprint, ...(found.status !== null && { answer: answerOf(found, found.status) }) };
      }),

    keep: ({ caller, key }, { status, headers, body }) =>
      database.write(() => {
        update.run(status, JSON.stringify(headers), body ?? null, caller, key);
      }),

    forget: ({ caller, key }) =>
      database.write(() => {
        remove.run(caller, key);
      }),
  };
}

function answerOf({ headers, body }: Row, status: number): KeptAnswer {
  return { status, headers: JSON.parse(headers ?? '{}'), ...(body !== null && { body }) };
}
