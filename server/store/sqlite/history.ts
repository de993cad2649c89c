import type { EntryQuery, HistoryDao } from '../../history/dao.ts';
import type { Entry, Version, VersionSummary } from '../../history/model.ts';
import type { Actor } from '../../lib/actor.ts';
import type { Ip } from '../../lib/ip.ts';
import { decodeDiff } from './audit.ts';
import type { Database } from './database.ts';
import { allOf, type Cell, shape } from './shape.ts';

interface EntryRow {
  readonly number: number;
  readonly at: number;
  readonly kind: Actor['kind'];
  readonly actor: string;
  readonly name: string | null;
  readonly ip: Ip | null;
  readonly resource: string;
  readonly id: string;
  readonly tenant: string | null;
  readonly revision: number | null;
  readonly action: string;
  readonly diff: string | null;
}

const summary = shape<Omit<VersionSummary, 'parents'>>({
  id: 'plain',
  revision: 'plain',
  tenant: 'plain',
  role: 'plain',
  transient: 'flag',
  deletable: 'flag',
  created: 'plain',
  updated: 'plain',
  replaced: 'plain',
  entry: 'plain',
});
const content = shape<Pick<Version, 'raw' | 'extra' | 'code'>>({ raw: 'map', extra: 'map', code: 'secret' });

/** Some 20 microseconds a row, and nobody else gets the store meanwhile. */
const ROWS_AT_ONCE = 100;

export function historyDao(database: Database): HistoryDao {
  const selectRows = database.prepare<EntryRow>(
    'SELECT * FROM audit WHERE number IN (SELECT value FROM json_each(?)) ORDER BY number DESC',
  );
  const selectAfter = database.prepare<EntryRow>('SELECT * FROM audit WHERE number > ? ORDER BY number LIMIT ?');
  // AUTOINCREMENT: a number is never used again, also when all entries are forgotten.
  const selectRange = database.prepare<{ oldest: number; newest: number }>(`
    SELECT newest, coalesce((SELECT min(number) FROM audit), newest + 1) AS oldest
    FROM (SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'audit'), 0) AS newest)`);
  const selectFirst = database.prepare<{ number: number }>('SELECT number FROM audit WHERE at >= ? ORDER BY at, number LIMIT 1');
  const selectLast = database.prepare<{ number: number }>(
    'SELECT number FROM audit WHERE at < ? ORDER BY at DESC, number DESC LIMIT 1',
  );
  const summaryColumns = [...summary.columns, 'parents'].join(', ');
  const selectVersions = database
    .prepare<Cell[]>(`SELECT ${summaryColumns} FROM config_versions WHERE id = ? ORDER BY revision DESC`)
    .raw();
  const selectVersion = database
    .prepare<Cell[]>(`SELECT ${summaryColumns}, ${content.columns.join(', ')} FROM config_versions WHERE id = ? AND revision = ?`)
    .raw();
  const deleteEntries = database.prepare(
    'DELETE FROM audit WHERE number IN (SELECT number FROM audit WHERE at < ? ORDER BY at LIMIT ?)',
  );
  const deleteVersions = database.prepare(
    'DELETE FROM config_versions WHERE ordinal IN (SELECT ordinal FROM config_versions WHERE replaced < ? ORDER BY replaced LIMIT ?)',
  );
  const selectNextConfig = database.prepare<{ id: string }>('SELECT id FROM config_versions WHERE id > ? ORDER BY id LIMIT 1');
  const selectBeyond = database.prepare('SELECT 1 FROM config_versions WHERE id = ? ORDER BY revision DESC LIMIT 1 OFFSET ?');
  const deleteBeyond = database.prepare(`
    DELETE FROM config_versions WHERE ordinal IN
      (SELECT ordinal FROM config_versions WHERE id = ? ORDER BY revision DESC LIMIT ? OFFSET ?)`);

  /** Of each tenant by themselves, what is asked for: those of all together would have to be sorted. undefined: nothing was in that time. */
  const partsOf = (query: Omit<EntryQuery, 'limit'>) => {
    const { tenants, resource, id, who, from, to, ascending = false, after } = query;
    // Times rise with numbers.
    const first = from === undefined ? undefined : selectFirst.get(from)?.number;
    const last = to === undefined ? undefined : selectLast.get(to)?.number;
    if ((from !== undefined && first === undefined) || (to !== undefined && last === undefined)) return [];
    return (tenants ?? [undefined]).map((tenant) => ({
      index: indexFor(query, tenant),
      ...allOf({
        'tenant = ?': tenant,
        'resource = ?': resource,
        'id = ?': id,
        'kind = ?': who?.kind,
        'actor = ?': who && (who.id ?? ''),
        [`number ${ascending ? '>' : '<'} ?`]: after,
        'number >= ?': first,
        'number <= ?': last,
      }),
    }));
  };

  return {
    note: (noted) =>
      database.write(() => {
        database.note(noted);
      }),

    entries: (query) =>
      database.read(() => {
        const { limit, ascending = false } = query;
        const found = partsOf(query).flatMap(({ index, sql, values }) =>
          database
            .prepare<{ number: number }>(
              `SELECT number FROM audit ${index} WHERE ${sql} ORDER BY number ${ascending ? '' : 'DESC'} LIMIT ?`,
            )
            .all(...values, limit)
            .map(({ number }) => number),
        );
        const wanted = found.sort((one, other) => (ascending ? one - other : other - one)).slice(0, limit);
        const entries = selectRows.all(JSON.stringify(wanted)).map(entryOf);
        return ascending ? entries.reverse() : entries;
      }),

    count: (query) =>
      database.read(() =>
        partsOf(query)
          .map(({ index, sql, values }) => database.count(`SELECT count(*) AS total FROM audit ${index} WHERE ${sql}`, values))
          .reduce((sum, each) => sum + each, 0),
      ),

    after: (number, limit) => database.read(() => selectAfter.all(number, limit).map(entryOf)),

    range: () => database.read(() => selectRange.get() ?? { oldest: 1, newest: 0 }),

    versions: (config, tenants) =>
      database.read(() => {
        const versions = selectVersions.all(config).map(summaryOf);
        return tenants ? versions.filter(({ tenant }) => tenants.includes(tenant)) : versions;
      }),

    version: (config, revision) =>
      database.read(() => {
        const row = selectVersion.get(config, revision);
        return row && Object.assign(summaryOf(row), content.decode(row.slice(summary.columns.length + 1)));
      }),

    forgetBefore: (entries, versions) =>
      database.write(() => {
        const forgotten = deleteEntries.run(entries, ROWS_AT_ONCE).changes;
        return forgotten + deleteVersions.run(versions, ROWS_AT_ONCE - forgotten).changes;
      }),

    crowded: (most, after) =>
      database.read(() => {
        const configs: string[] = [];
        let last: string | undefined;
        for (let looked = 0; looked < ROWS_AT_ONCE; looked++) {
          const next = selectNextConfig.get(last ?? after);
          if (!next) break;
          last = next.id;
          if (selectBeyond.get(last, most)) configs.push(last);
        }
        return last === undefined ? undefined : { configs, last };
      }),

    forgetBeyond: (config, most) => database.write(() => deleteBeyond.run(config, ROWS_AT_ONCE, most).changes),
  };
}

/** The planner knows nothing of the values; of what is asked for, that goes first of which there are the fewest. */
function indexFor({ id, who, resource }: Pick<EntryQuery, 'id' | 'who' | 'resource'>, tenant: string | undefined): string {
  if (id !== undefined) return 'INDEXED BY audit_id';
  if (who !== undefined) return resource === undefined ? 'INDEXED BY audit_who' : 'INDEXED BY audit_who_resource';
  if (tenant !== undefined) return resource === undefined ? 'INDEXED BY audit_tenant' : 'INDEXED BY audit_tenant_resource';
  return resource === undefined ? 'NOT INDEXED' : 'INDEXED BY audit_resource';
}

function entryOf({ number, at, kind, actor, name, ip, resource, id, tenant, revision, action, diff }: EntryRow): Entry {
  return {
    number,
    at,
    who: { kind, ...(actor !== '' && { id: actor }), ...(name !== null && { name }) },
    ...(ip !== null && { from: ip }),
    what: { resource, id, ...(tenant !== null && { tenant }), ...(revision !== null && { revision }) },
    action,
    diff: decodeDiff(diff),
  };
}

function summaryOf(row: readonly Cell[]): VersionSummary {
  return Object.assign(summary.decode(row), { parents: JSON.parse(String(row[summary.columns.length])) });
}
