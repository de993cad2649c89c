import type { DeviceDao, DeviceQuery, StoredDevice } from '../../devices/dao.ts';
import type { Delivery, Device, Identity } from '../../devices/model.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import type { Ip } from '../../lib/ip.ts';
import type { Database } from './database.ts';
import { allOf, type Cell, shape, statementsFor } from './shape.ts';

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

const SELECT = `SELECT ${device.columns.join(', ')}, configured, problem, seenAt, seenIp FROM devices`;
const FILTERS = ['mac', 'serial', 'uuid', 'ip', 'vendor', 'model', 'plugin', 'config', 'approved', 'pinned'] as const;
const SORTS = ['created', 'id', 'mac', 'ip', 'vendor', 'model', 'plugin', 'config'] as const;

export function deviceDao(database: Database): DeviceDao {
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
  const selectIds = database.prepare<{ id: string }>('SELECT id FROM devices ORDER BY created, ordinal');
  const selectIdsOf = database.prepare<{ id: string }>('SELECT id FROM devices WHERE tenant = ? ORDER BY created, ordinal');
  const selectUsing = database.prepare<{ id: string }>(`
    SELECT id, created, ordinal FROM devices WHERE config IN (SELECT value FROM json_each(?))
    UNION
    SELECT id, created, ordinal FROM devices WHERE plugin IN (SELECT value FROM json_each(?))
    ORDER BY created, ordinal`);
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

  const refusals = ({ id, tenant, mac }: Device) => ({
    'devices.id': ['device-id-taken', `There is a device with the id ${id} already`] as const,
    'devices.tenant, devices.mac': [
      'device-mac-taken',
      `The tenant ${tenant} has a device with the MAC address ${mac} already`,
    ] as const,
    'FOREIGN KEY': ['tenant-unknown', `No tenant has the id ${tenant}`] as const,
  });

  return {
    get: (id) =>
      database.read(() => {
        const row = selectById.get(id);
        return row && deviceOf(row);
      }),

    findBy: (identity, value) => database.read(() => selectByIdentity[identity].all(value).map(deviceOf)),

    insert: (added, unless) =>
      database.write(() => {
        if (unless !== undefined && selectTaken[unless].get(added[unless], added.tenant)) {
          throw new ProvisioningError('device-known', `The tenant ${added.tenant} has a device with this ${unless} already`);
        }
        database.changed('device', added.id, insertRow.run(...device.encode(added)));
      }, refusals(added)),

    update: (changed) =>
      database.write(() => {
        const { id, revision } = changed;
        const next = device.encode({ ...changed, revision: revision + 1 });
        return database.changed('device', id, updateRow.run(...next, id, revision));
      }, refusals(changed)),

    delete: (id) => database.write(() => database.changed('device', id, deleteRow.run(id))),

    list: (query) =>
      database.read(() => {
        const { sql, values } = conditionsOf(query);
        const sort = SORTS.find((known) => known === query.sort) ?? 'created';
        const direction = query.descending ? 'DESC' : 'ASC';
        const rows = database
          .prepare<Cell[]>(`${SELECT} WHERE ${sql} ORDER BY ${sort} ${direction}, ordinal ${direction} LIMIT ? OFFSET ?`)
          .raw()
          .all(...values, query.limit ?? -1, query.offset ?? 0);
        const count = database.prepare<{ total: number }>(`SELECT count(*) AS total FROM devices WHERE ${sql}`).get(...values);
        return { devices: rows.map(deviceOf), total: count?.total ?? 0 };
      }),

    ids: (tenant) => database.read(() => (tenant === undefined ? selectIds.all() : selectIdsOf.all(tenant)).map(({ id }) => id)),

    idsUsing: ({ configs = [], plugins = [] }) =>
      database.read(() => selectUsing.all(JSON.stringify(configs), JSON.stringify(plugins)).map(({ id }) => id)),

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

function conditionsOf({ tenants, where = {}, configured }: DeviceQuery) {
  const exact = FILTERS.map((column) => [`${column} = ?`, where[column]] as const);
  return allOf({
    'tenant IN (SELECT value FROM json_each(?))': tenants,
    'configured = ?': configured,
    ...Object.fromEntries(exact),
  });
}

function deviceOf(row: readonly Cell[]): StoredDevice {
  const record = device.decode(row);
  const [configured, problem, at, ip] = row.slice(device.columns.length) as [number, string | null, number | null, Ip | null];
  return Object.assign(record, {
    condition: { configured: configured === 1, ...(problem !== null && { problem }) },
    ...(at !== null && ip !== null && { seen: { device: record.id, at, ip } }),
  });
}
