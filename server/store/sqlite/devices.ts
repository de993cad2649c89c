import type { DeviceDao, DeviceFilter, StoredDevice } from '../../devices/dao.ts';
import type { Delivery, Device, Identity } from '../../devices/model.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import type { Ip } from '../../lib/ip.ts';
import { changeOf } from './audit.ts';
import type { Connection } from './database.ts';
import { joined, type Listed, readPage, startingWith, when } from './page.ts';
import { type Cell, type Filter, shape, statementsFor } from './shape.ts';

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

const CELLS = [...device.columns, 'configured', 'problem', 'seenAt', 'seenIp'].join(', ');
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
  const { insert, update } = statementsFor('devices', device.columns);
  const selectById = database.prepare<Cell[]>(`${SELECT} WHERE id = ?`).raw();
  const selectBy = (identity: Identity) =>
    database.prepare<Cell[]>(`${SELECT} WHERE ${identity} = ? ORDER BY created, ordinal`).raw();
  const selectByIdentity = { mac: selectBy('mac'), serial: selectBy('serial'), uuid: selectBy('uuid'), ip: selectBy('ip') };
  const selectWith = (fact: 'serial' | 'uuid') => database.prepare(`SELECT 1 FROM devices WHERE ${fact} = ? AND tenant = ?`);
  const selectTaken = { serial: selectWith('serial'), uuid: selectWith('uuid') };
  const insertRow = database.prepare(insert);
  const updateRow = database.prepare(update);
  const deleteRow = database.prepare('DELETE FROM devices WHERE id = ?');
  const selectUsing = database.prepare<{ id: string }>(`
    SELECT id, created, ordinal FROM devices WHERE config IN (SELECT value FROM json_each(?))
    UNION
    SELECT id, created, ordinal FROM devices WHERE plugin IN (SELECT value FROM json_each(?))
    ORDER BY created, ordinal`);
  // It ends as soon as there are enough, however many configs inherit from one.
  const selectNear = database.prepare<{ id: string }>(`
    WITH RECURSIVE near (config) AS (
      SELECT config FROM config_usernames WHERE username = ?
      UNION
      SELECT config_parents.config FROM near CROSS JOIN config_parents ON config_parents.parent = near.config
    )
    SELECT devices.id FROM near CROSS JOIN devices INDEXED BY devices_config ON devices.config = near.config
    WHERE ? IS NULL OR devices.tenant IN (SELECT value FROM json_each(?)) LIMIT ?`);
  // Rows that stay as they are cost no write.
  const updateCondition = database.prepare(
    'UPDATE devices SET configured = ?, problem = ? WHERE id = ? AND (configured, problem) IS NOT (?, ?)',
  );
  const updateSighting = database.prepare('UPDATE devices SET seenAt = ?, seenIp = ? WHERE id = ?');
  const upsertDelivery = database.prepare(`
    INSERT INTO deliveries (device, artefact, digest, at, ip, transport)
    SELECT id, ?, ?, ?, ?, ? FROM devices WHERE id = ?
    ON CONFLICT (device, artefact)
    DO UPDATE SET digest = excluded.digest, at = excluded.at, ip = excluded.ip, transport = excluded.transport`);
  const selectDeliveries = database.prepare<Delivery>(
    'SELECT device, artefact, digest, at, ip, transport FROM deliveries WHERE device = ? ORDER BY artefact',
  );

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
        if (!database.changed('device', id, updateRow.run(...device.encode(after), id, revision))) return false;
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

    idsNear: (username, tenants, limit) =>
      database.read(() => {
        const only = tenants ? JSON.stringify(tenants) : null;
        return selectNear.all(username, only, only, limit).map(({ id }) => id);
      }),

    setConditions: (conditions) =>
      database.write(() => {
        for (const [id, { configured, problem }] of conditions) {
          const cells = [Number(configured), problem ?? null];
          updateCondition.run(...cells, id, ...cells);
        }
      }),

    noteSightings: (sightings) =>
      database.write(() => {
        for (const { device: id, at, ip } of sightings) updateSighting.run(at, ip, id);
      }),

    noteDeliveries: (deliveries) =>
      database.write(() => {
        for (const { device: id, artefact, digest, at, ip, transport } of deliveries) {
          upsertDelivery.run(artefact, digest, at, ip, transport, id);
        }
      }),

    deliveries: (id) => database.read(() => selectDeliveries.all(id)),
  };
}

/** That first of which there are likely the fewest. */
function filterOf({ tenants, where = {}, configured, recognised, state, seen, search, ...times }: DeviceFilter) {
  const { changedSince, seenSince, notSeenSince } = times;
  const exact = (name: keyof typeof where) => when(where[name], `${name === 'description' ? DESCRIPTION : name} IS ?`);
  const only = tenants?.length === 1 ? tenants[0] : undefined;
  return joined([
    ...([...IDENTITIES, 'description', 'config'] as const).flatMap(exact),
    ...(search === undefined ? [] : [beginning(search)]),
    ...when(changedSince, 'updated >= ?'),
    ...when(seenSince, 'seenAt >= ?'),
    ...(['model', 'version', 'plugin', 'vendor', 'added', 'pinned'] as const).flatMap(exact),
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

function deviceOf(row: readonly Cell[]): StoredDevice {
  const record = device.decode(row);
  const [configured, problem, at, ip] = row.slice(device.columns.length) as [number, string | null, number | null, Ip | null];
  return Object.assign(record, {
    condition: { configured: configured === 1, ...(problem !== null && { problem }) },
    ...(at !== null && ip !== null && { seen: { device: record.id, at, ip } }),
  });
}
