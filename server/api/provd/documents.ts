import type { Caller } from '../../access/model.ts';
import type { Config } from '../../configs/model.ts';
import type { ConfigFields } from '../../configs/service.ts';
import type { StoredDevice } from '../../devices/dao.ts';
import { type DeviceChange, readChange } from '../../devices/validator.ts';
import type { OrderedJson } from '../../lib/ordered-json.ts';
import { shownTo, withSecretsOf } from '../secrets.ts';
import { Refusal } from './answer.ts';
import type { Document } from './selector.ts';

/** Names of fields that are others here. What this server has no field for is kept among the keys of others. */
const REMOTE_STATE = 'X_remote_state_sip_username';
const OURS: Readonly<Record<string, string>> = { sn: 'serial' };

/** Written by the server. */
const SERVER_OWNED = new Set(['id', 'tenant_uuid', 'configured', 'is_new', 'added', 'remote_state_sip_username']);

/** Section 2.4 of the contract. @param whose its tenant as clients know it, and whether unknown phones come to that */
export function deviceDocument(
  device: StoredDevice,
  whose: { readonly shown: string; readonly isMain: boolean },
  caller: Caller,
): Document {
  const extra = shownTo(caller, device.extra);
  const options = shownTo(caller, device.options);
  const fields: Readonly<Record<string, OrderedJson | undefined>> = {
    id: device.id,
    mac: device.mac,
    ip: device.ip,
    sn: device.serial,
    uuid: device.uuid,
    vendor: device.vendor,
    model: device.model,
    version: device.version,
    plugin: device.plugin,
    config: device.config,
    description: device.description,
    options: options.size === 0 ? undefined : new Map(options),
    added: device.added,
    tenant_uuid: whose.shown,
    configured: device.condition.configured,
    is_new: whose.isMain,
    remote_state_sip_username: device.account ?? extra.get(REMOTE_STATE),
  };
  const set = Object.entries(fields).filter((entry): entry is [string, OrderedJson] => entry[1] !== undefined);
  return new Map([...set, ...[...extra].filter(([key]) => key !== REMOTE_STATE)]);
}

const KNOWN = [
  'mac',
  'ip',
  'serial',
  'uuid',
  'vendor',
  'model',
  'version',
  'plugin',
  'config',
  'description',
  'options',
  'extra',
];

/**
 * What a document makes of a device: all of it, so that what it does not have is taken away.
 * @throws Refusal, ProvisioningError device-invalid
 */
export function deviceChange(document: Document, stored: StoredDevice | undefined): DeviceChange {
  checkNormal(document);
  const given = new Map<string, OrderedJson>();
  const extra = new Map<string, OrderedJson>();
  for (const [key, value] of document) {
    if (key.startsWith('X_')) extra.set(key, value);
    else if (!SERVER_OWNED.has(key)) given.set(OURS[key] ?? key, value);
  }
  const remoteState = stored?.extra.get(REMOTE_STATE);
  if (remoteState !== undefined) extra.set(REMOTE_STATE, remoteState);
  const options = given.get('options');
  if (options instanceof Map) given.set('options', withSecretsOf(stored?.options, options, 'options'));
  given.set('extra', withSecretsOf(stored?.extra, extra, 'extra'));
  for (const key of KNOWN) if (!given.has(key)) given.set(key, null);
  return readChange(given);
}

/** Clients normalise what they send; whoever does not has made a mistake of which provd tells him. */
function checkNormal(document: Document): void {
  const [mac, ip] = [document.get('mac'), document.get('ip')];
  if (mac !== undefined && !/^(?:[\da-f]{2}:){5}[\da-f]{2}$/.test(String(mac)))
    throw new Refusal(400, `Non-normalized MAC address ${String(mac)}`);
  const isDotted =
    String(ip).split('.').length === 4 &&
    String(ip)
      .split('.')
      .every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
  if (ip !== undefined && !isDotted) throw new Refusal(400, `Non-normalized IP address ${String(ip)}`);
}

/** Section 2.5 of the contract. */
export function configDocument(config: Config, caller: Caller): Document {
  const { id, parents, role, transient, deletable } = config;
  return new Map<string, OrderedJson>([
    ['id', id],
    ['parent_ids', [...parents]],
    ['raw_config', new Map(shownTo(caller, config.raw))],
    ...(role === undefined ? [] : [['role', role] as const]),
    ...(transient ? [['transient', true] as const] : []),
    ...(deletable ? [] : [['deletable', false] as const]),
    ...shownTo(caller, config.extra),
  ]);
}

/** @throws Refusal */
export function configFields(document: Document, stored: Config | undefined): ConfigFields {
  const parents = document.get('parent_ids');
  const raw = document.get('raw_config');
  const role = document.get('role');
  if (parents === undefined) throw new Refusal(400, 'missing "parent_ids" field in config');
  if (!Array.isArray(parents)) throw new Refusal(400, '"parent_ids" field must be a list');
  if (!parents.every((each) => typeof each === 'string')) throw new Refusal(400, 'parent id must be a string');
  if (raw === undefined) throw new Refusal(400, 'missing "raw_config" field in config');
  if (!(raw instanceof Map)) throw new Refusal(400, '"raw_config" field must be an object');
  if (role !== undefined && role !== null && role !== 'autocreate' && role !== 'default')
    throw new Refusal(400, '"role" field must be autocreate or default');
  const extra = new Map([...document].filter(([key]) => key.startsWith('X_')));
  const unknown = [...document.keys()].filter((key) => !key.startsWith('X_') && !CONFIG_KEYS.has(key));
  if (unknown.length > 0) throw new Refusal(400, `Custom fields must start with X_: ${unknown.join(', ')}`);
  const shown = extra.get('X_type') === 'device' ? withoutNulls(raw) : raw;
  return {
    parents,
    raw: withSecretsOf(stored?.raw, shown, 'raw_config'),
    extra: withSecretsOf(stored?.extra, extra, 'extra'),
    ...(role && { role }),
    transient: document.get('transient') === true,
    deletable: document.get('deletable') !== false,
    // provd knows of none.
    code: 'kept',
  };
}

const CONFIG_KEYS = new Set(['id', 'parent_ids', 'raw_config', 'role', 'transient', 'deletable']);

/** Of a phone's own config provd stores no null, however deep it stands. */
function withoutNulls(tree: Document): Map<string, OrderedJson> {
  const kept = [...tree].filter(([, value]) => value !== null);
  return new Map(kept.map(([key, value]) => [key, value instanceof Map ? withoutNulls(value) : value]));
}
