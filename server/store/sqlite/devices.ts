import type { DeviceDao, DeviceFilter, StoredDevice } from '../../devices/dao.ts';
import type { Delivery, Device, Identity, Resync } from '../../devices/model.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import type { Ip } from '../../lib/ip.ts';
import { changeOf } from './audit.ts';
import type { Connection } from './database.ts';
import { joined, type Listed, readPage, startingWith, when } from './page.ts';
import { type Cell, type Filter, shape, statementsFor, updaterOf } from './shape.ts';

const device = shape<Device>({
  id: 'plain',
  tenant: 'plain',
  mac: 'plain',
  serial: 'plain',
  uuid: 'plain',
  ip: 'plain',
  vendor: 'plain',
  model: 'plain',
  version: 'plain',
  plugin: 'plain',
  pinned: 'flag',
  config: 'plain',
  approved: 'flag',
  added: 'plain',
  description: 'plain',
  options: 'map',
  extra: 'map',
  created: 'plain',
  updated: 'plain',
  revision: 'plain',
});

const CELLS = [...device.columns, 'configured', 'problem', 'seenAt', 'seenIp', 'inSync', 'account'].join(', ');
const SELECT = `SELECT ${CELLS} FROM devices`;
const IDENTITIES = ['id', 'mac', 'serial', 'uuid', 'ip'] as const;
const FACTS = ['vendor', 'model', 'version', 'plugin', 'config'] as const;
/** What people write is found and sorted whatever the case. */
const DESCRIPTION = 'description COLLATE NOCASE';

const listed: Listed = {
  table: 'devices',
  cells: CELLS,
  sorts: {
    ...Object.fromEntries([...IDENTITIES, ...FACTS].map((name) => [name, { column: name, isFilled: name === 'id' }])),
    description: { column: DESCRIPTION, isFilled: false },
    created: { column: 'created', isFilled: true },
    updated: { column: 'updated', isFilled: true },
    seen: { column: 'seenAt', isFilled: false },
  },
};

/** What a phone tells by asking, and what follows from it. */
const TOLD = new Set(['mac', 'serial', 'uuid', 'ip', 'vendor', 'model', 'version', 'plugin']);

export function deviceDao(database: Connection): DeviceDao {
  const { insert } = statementsFor('devices', device.columns);
  const selectById = database.prepare<Cell[]>(`${SELECT} WHERE id = ?`).raw();
  const selectBy = (identity: Identity) =>
    database.prepare<Cell[]>(`${SELECT} WHERE ${identity} = ? ORDER BY created, ordinal`).raw();
  const selectByIdentity = { mac: selectBy('mac'), serial: selectBy('serial'), uuid: selectBy('uuid'), ip: selectBy('ip') };
  const selectWith = (fact: 'serial' | 'uuid') => database.prepare(`SELECT 1 FROM devices WHERE ${fact} = ? AND tenant = ?`);
  const selectTaken = { serial: selectWith('serial'), uuid: selectWith('uuid') };
  const insertRow = database.prepare(insert);
  const updateRow = updaterOf(database, 'devices', device);
  const deleteRow = database.prepare('DELETE FROM devices WHERE id = ?');
  const selectUsing = database.prepare<{ id: string }>(`
    SELECT id, created, ordinal FROM devices WHERE config IN (SELECT value FROM json_each(?))
    UNION
    SELECT id, created, ordinal FROM devices WHERE plugin IN (SELECT value FROM json_each(?))
    ORDER BY created, ordinal`);
  const selectOfAccount = database.prepare<{ id: string }>(`
    SELECT devices.id FROM device_accounts JOIN devices ON devices.id = device_accounts.device
    WHERE device_accounts.username = ? AND (? IS NULL OR devices.tenant IN (SELECT value FROM json_each(?))) LIMIT ?`);
  const selectAccounts = database.prepare<{ username: string }>(
    'SELECT username FROM device_accounts WHERE device = ? ORDER BY username',
  );
  const insertAccount = database.prepare('INSERT INTO device_accounts (username, device) VALUES (?, ?)');
  const deleteAccounts = database.prepare('DELETE FROM device_accounts WHERE device = ?');
  // Rows that stay as they are cost no write.
  const updateCondition = database.prepare(
    'UPDATE devices SET configured = ?, problem = ? WHERE id = ? AND (configured, problem) IS NOT (?, ?)',
  );
  const updateSighting = database.prepare('UPDATE devices SET seenAt = ?, seenIp = ? WHERE id = ?');
  const upsertDelivery = database.prepare<{ isOpen: number }>(`
    INSERT INTO deliveries (device, artefact, digest, at, ip, transport)
    SELECT id, ?, ?, ?, ?, ? FROM devices WHERE id = ?
    ON CONFLICT (device, artefact)
    DO UPDATE SET digest = excluded.digest, at = excluded.at, ip = excluded.ip, transport = excluded.transport
    RETURNING digest IS NOT wanted AS isOpen`);
  const selectWanted = database.prepare<{ artefact: string; wanted: string | null }>(
    'SELECT artefact, wanted FROM deliveries WHERE device = ?',
  );
  const updateWanted = database.prepare('UPDATE deliveries SET wanted = ? WHERE device = ? AND artefact = ?');
  const selectInSync = database.prepare<{ inSync: number | null }>(`
    SELECT coalesce(min(iif(wanted <> '', digest = wanted, NULL)), min(iif(wanted = '', 0, NULL))) AS inSync
    FROM deliveries WHERE device = ?`);
  const updateInSync = database.prepare('UPDATE devices SET inSync = ? WHERE id = ? AND inSync IS NOT ?');
  const selectFetches = database.prepare<{ id: string; at: number; inSync: number }>(`
    SELECT devices.id, max(deliveries.at) AS at, inSync
    FROM json_each(?) AS asked JOIN devices ON devices.id = asked.value JOIN deliveries ON deliveries.device = devices.id
    WHERE deliveries.wanted IS NOT NULL AND inSync IS NOT NULL GROUP BY devices.id`);
  const upsertResync = database.prepare(`
    INSERT INTO resyncs (device, operation, requested, told, way, problem) SELECT id, ?, ?, ?, ?, ? FROM devices WHERE id = ?
    ON CONFLICT (device) DO UPDATE SET operation = excluded.operation, requested = excluded.requested, told = excluded.told,
      way = excluded.way, problem = excluded.problem`);
  const selectResync = database.prepare<Record<keyof Resync, string | number | null>>(
    'SELECT device, operation, requested, told, way, problem FROM resyncs WHERE device = ?',
  );
  const updateAccount = database.prepare('UPDATE devices SET account = ?1 WHERE id = ?2 AND account IS NOT ?1');
  const updateUrl = database.prepare('UPDATE devices SET url = ? WHERE id = ?');
  const selectDeliveries = database.prepare<Delivery>(
    'SELECT device, artefact, digest, at, ip, transport FROM deliveries WHERE device = ? ORDER BY artefact',
  );

  const setWanted = (id: string, wanted: ReadonlyMap<string, string>) => {
    const changed = selectWanted.all(id).filter((row) => {
      // What was its own under another name says that it has fetched, until it has fetched something of what it has now.
      const digest = wanted.get(row.artefact) ?? (row.wanted === null ? null : '');
      return digest !== row.wanted && updateWanted.run(digest, id, row.artefact).changes > 0;
    });
    if (changed.length > 0) settleSync(id);
  };
  const setAccounts = (id: string, accounts: readonly string[]) => {
    updateAccount.run({ 1: accounts[0] ?? null, 2: id });
    const known = selectAccounts.all(id).map(({ username }) => username);
    const wanted = new Set(accounts);
    // Most phones fetch what they had.
    if (known.length === wanted.size && known.every((username) => wanted.has(username))) return;
    deleteAccounts.run(id);
    for (const username of wanted) insertAccount.run(username, id);
  };
  const settleSync = (id: string) => {
    const inSync = selectInSync.get(id)?.inSync ?? null;
    updateInSync.run(inSync, id, inSync);
  };

  const get = (id: string) => {
    const row = selectById.get(id);
    return row && deviceOf(row);
  };

  const note = (change: { before?: Device | undefined; after?: Device }) => {
    const noted = changeOf('device', device.columns, change);
    const isTold = noted.action === 'changed' && noted.diff.every(({ path }) => TOLD.has(path));
    if (!isTold || database.who.kind !== 'phone') database.note(noted);
  };

  const refusals = ({ id, tenant, mac }: Device) => ({
    'devices.id': ['device-id-taken', `There is a device with the id ${id} already`] as const,
    'devices.tenant, devices.mac': [
      'device-mac-taken',
      `The tenant ${tenant} has a device with the MAC address ${mac} already`,
    ] as const,
    'FOREIGN KEY': ['tenant-unknown', `No tenant has the id ${tenant}`] as const,
  });

  return {
    get: (id) => database.read(() => get(id)),

    findBy: (identity, value) => database.read(() => selectByIdentity[identity].all(value).map(deviceOf)),

    insert: (added, unless) =>
      database.write(() => {
        if (unless !== undefined && selectTaken[unless].get(added[unless], added.tenant)) {
          throw new ProvisioningError('device-known', `The tenant ${added.tenant} has a device with this ${unless} already`);
        }
        database.changed('device', added.id, insertRow.run(...device.encode(added)));
        note({ after: added });
      }, refusals(added)),

    update: (changed) =>
      database.write(() => {
        const { id, revision } = changed;
        const before = get(id);
        const after = { ...changed, revision: revision + 1 };
        if (before?.revision !== revision || !database.changed('device', id, updateRow(before, after))) return false;
        note({ before, after });
        return true;
      }, refusals(changed)),

    delete: (id) =>
      database.write(() => {
        const before = get(id);
        if (!database.changed('device', id, deleteRow.run(id))) return false;
        note({ before });
        return true;
      }),

    list: (query) =>
      database.read(() => {
        const { filter, isIndexed } = filterOf(query);
        const { rows, ...page } = readPage(database, listed, filter, { ...query, isIndexed });
        return { ...page, devices: rows.map(deviceOf) };
      }),

    count: (filter) => database.read(() => readPage(database, listed, filterOf(filter).filter, { limit: 0 }).total),

    ids: (query = {}) =>
      database.read(() => {
        const { sql, values } = filterOf(query).filter;
        const rows = database.prepare<{ id: string }>(`SELECT id FROM devices WHERE ${sql} ORDER BY created, ordinal`);
        return rows.all(...values).map(({ id }) => id);
      }),

    idsUsing: ({ configs = [], plugins = [] }) =>
      database.read(() => selectUsing.all(JSON.stringify(configs), JSON.stringify(plugins)).map(({ id }) => id)),

    idsOfAccount: (username, tenants, limit) =>
      database.read(() => {
        const only = tenants ? JSON.stringify(tenants) : null;
        return selectOfAccount.all(username, only, only, limit).map(({ id }) => id);
      }),

    setConditions: (conditions) =>
      database.write(() => {
        for (const [id, { configured, problem, wanted }] of conditions) {
          const cells = [Number(configured), problem ?? null];
          updateCondition.run(...cells, id, ...cells);
          if (wanted) setWanted(id, wanted);
        }
      }),

    noteSightings: (sightings) =>
      database.write(() => {
        for (const { device: id, at, ip } of sightings) updateSighting.run(at, ip, id);
      }),

    noteDeliveries: (deliveries) =>
      database.write(() => {
        const [devices, open] = [new Set<string>(), new Set<string>()];
        for (const { device: id, artefact, digest, at, ip, transport, own, accounts } of deliveries) {
          const noted = upsertDelivery.get(artefact, digest, at, ip, transport, id);
          if (!noted || !own) continue;
          devices.add(id);
          if (accounts) setAccounts(id, accounts);
          if (noted.isOpen === 1) open.add(id);
        }
        for (const id of devices) settleSync(id);
        return [...open];
      }),

    deliveries: (id) => database.read(() => selectDeliveries.all(id)),

    fetches: (ids) =>
      database.read(() => {
        const rows = selectFetches.all(JSON.stringify(ids));
        return new Map(rows.map(({ id, at, inSync }) => [id, { at, inSync: inSync === 1 }]));
      }),

    noteResync: ({ device: id, operation, requested, told, way, problem }) =>
      database.write(() => void upsertResync.run(operation, requested, told ?? null, way ?? null, problem ?? null, id)),

    resync: (id) =>
      database.read(() => {
        const row = selectResync.get(id);
        return row && (Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as unknown as Resync);
      }),

    noteUrls: (urls) =>
      database.write(() => {
        for (const [id, url] of urls) updateUrl.run(url ?? null, id);
      }),

    urls: () =>
      database.read(() => {
        const rows = database.prepare<{ id: string; url: string }>('SELECT id, url FROM devices WHERE url IS NOT NULL');
        return new Map(rows.all().map(({ id, url }) => [id, url]));
      }),
  };
}

/** That first of which there are likely the fewest. */
function filterOf({ tenants, where = {}, configured, inSync, recognised, state, seen, search, ...times }: DeviceFilter) {
  const { changedSince, seenSince, notSeenSince } = times;
  const exact = (name: keyof typeof where) => when(where[name], `${name === 'description' ? DESCRIPTION : name} IS ?`);
  const only = tenants?.length === 1 ? tenants[0] : undefined;
  return joined([
    ...([...IDENTITIES, 'description', 'config'] as const).flatMap(exact),
    ...(search === undefined ? [] : [beginning(search)]),
    ...when(changedSince, 'updated >= ?'),
    ...when(seenSince, 'seenAt >= ?'),
    ...(['model', 'version', 'plugin', 'vendor', 'added', 'pinned'] as const).flatMap(exact),
    ...when(inSync, 'inSync IS ?'),
    ...when(state, 'state IS ?'),
    ...when(only, 'tenant IS ?'),
    ...when(configured, 'configured IS ?'),
    ...exact('approved'),
    ...when(only === undefined && tenants ? JSON.stringify(tenants) : undefined, 'tenant IN (SELECT value FROM json_each(?))'),
    ...(recognised === undefined ? [] : [{ sql: `vendor IS ${recognised ? 'NOT ' : ''}NULL`, values: [] }]),
    ...(seen === undefined ? [] : [{ sql: `seenAt IS ${seen ? 'NOT ' : ''}NULL`, values: [] }]),
    ...when(notSeenSince, '(seenAt IS NULL OR seenAt < ?)'),
  ]);
}

/** What somebody types who looks for a phone: the beginning of any of its names. */
function beginning(text: string): Filter {
  const digits = text.replaceAll(/[:.-]/g, '').toLowerCase();
  const mac = /^[\da-f]{1,12}$/.test(digits) ? digits.match(/..?/g)?.join(':') : undefined;
  const columns = {
    id: text,
    mac,
    ip: text.toLowerCase(),
    'serial COLLATE NOCASE': text,
    'model COLLATE NOCASE': text,
    [DESCRIPTION]: text,
  };
  const all = Object.entries(columns).flatMap(([column, prefix]) => (prefix === undefined ? [] : [startingWith(column, prefix)]));
  // Joined by OR they would be looked for in all rows.
  const each = all.map(({ sql }) => `SELECT ordinal FROM devices WHERE ${sql}`);
  return {
    sql: `ordinal IN (${each.join(' UNION ')})`,
    ofRow: `(${all.map(({ sql }) => sql).join(' OR ')})`,
    values: all.flatMap(({ values }) => values),
  };
}

type FoundOut = readonly [number, string | null, number | null, Ip | null, number | null, string | null];

function deviceOf(row: readonly Cell[]): StoredDevice {
  const record = device.decode(row);
  const [configured, problem, at, ip, inSync, account] = row.slice(device.columns.length) as unknown as FoundOut;
  return Object.assign(record, {
    condition: { configured: configured === 1, ...(problem !== null && { problem }) },
    ...(at !== null && ip !== null && { seen: { device: record.id, at, ip } }),
    ...(inSync !== null && { inSync: inSync === 1 }),
    ...(account !== null && { account }),
  });
}
