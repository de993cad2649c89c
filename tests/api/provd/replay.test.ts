import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../../support/eventually.ts';
import { complete, openStage, type Stage } from '../stage.ts';
import { askProvd, clientPath, MEDIA_TYPE, tenantOf, tokenOf } from './stage.ts';

/** What is remembered from one exchange for those behind it. */
const seen: Record<string, string> = {};
let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  seen.sub = await tenantOf(stage, 'sub');
  seen.other = await tenantOf(stage, 'other');
});
afterAll(() => stage.close());

interface Exchange {
  readonly status: number;
  /** Method and path behind `/0.2`; `{name}` is something that was remembered. */
  readonly asked: string;
  /** What is tried. */
  readonly what: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly type?: string | null;
  /** The whole answer, as JSON or as text. */
  readonly json?: unknown;
  readonly text?: string | RegExp;
  readonly location?: RegExp;
  /** The name under which the id, or the last part of Location, is remembered. */
  readonly remember?: string;
  /** How provd answered, where that is otherwise: docs/provd-compatibility.md says why. */
  readonly was?: number;
}

const raw = (raw_config: object, more: object = {}) => ({ config: { parent_ids: [], raw_config, ...more } });
const device = (fields: object) => ({ device: fields });
const mac = (last: string) => `00:0f:d3:00:00:${last}`;
const q = (selector: object) => `q=${encodeURIComponent(JSON.stringify(selector))}`;
const HTML = 'text/html';
const TEXT = 'text/plain; charset=utf-8';

const exchanges: readonly Exchange[] = [
  // Media types, and who asks ---------------------------------------------------------------------------------------------------
  { status: 401, asked: 'GET /status', what: 'no token', headers: { 'x-auth-token': '' }, type: TEXT, text: 'Unauthorized' },
  { status: 401, asked: 'GET /status', what: 'a wrong token', headers: { 'x-auth-token': 'wrong' }, text: 'Unauthorized' },
  { status: 200, asked: 'GET /status', what: 'well', type: MEDIA_TYPE, json: { bus_consumer: { status: 'ok' }, rest_api: 'ok' } },
  {
    status: 401,
    asked: 'GET /status',
    what: 'a tenant that there is not',
    headers: { 'wazo-tenant': 'nobody' },
    text: 'Unauthorized',
  },
  {
    status: 406,
    asked: 'GET /status',
    what: 'another media type',
    headers: { accept: 'application/json' },
    text: /You must accept the "/,
  },
  { status: 200, asked: 'GET /status', what: 'any application', headers: { accept: 'application/*' } },
  { status: 200, asked: 'GET /status', what: 'anything', headers: { accept: '*/*' } },
  {
    status: 415,
    asked: 'POST /cfg_mgr/configs',
    what: 'plain JSON',
    body: {},
    headers: { 'content-type': 'application/json' },
    text: /Entity must be/,
  },
  {
    status: 415,
    asked: 'POST /cfg_mgr/configs',
    what: 'with a charset',
    body: {},
    headers: { 'content-type': `${MEDIA_TYPE}; charset=utf-8` },
  },
  { status: 400, asked: 'POST /cfg_mgr/configs', what: 'no JSON', body: '{x', text: /^Invalid JSON document: / },
  { status: 400, asked: 'POST /cfg_mgr/configs', what: 'no config in it', body: {}, was: 500 },
  { status: 400, asked: 'POST /dev_mgr/devices', what: 'no device in it', body: {}, was: 500 },
  { status: 401, asked: 'POST /dev_mgr/devices', what: 'no token, and nothing in it', body: {}, headers: { 'x-auth-token': '' } },
  { status: 501, asked: 'PATCH /dev_mgr/devices', what: 'a method that there is not', body: {} },
  { status: 501, asked: 'DELETE /dev_mgr/devices', what: 'a method that there is not here' },
  { status: 200, asked: 'HEAD /status', what: 'the head alone', type: MEDIA_TYPE, text: '' },
  { status: 200, asked: 'OPTIONS /status', what: 'a browser', headers: { 'x-auth-token': '' }, text: '' },
  { status: 404, asked: 'GET /nope', what: 'a path that there is not' },
  {
    status: 200,
    asked: 'GET /api/api.yml',
    what: 'the description, without a token',
    headers: { 'x-auth-token': '' },
    text: /"swagger":"2.0"/,
  },
  { status: 404, asked: 'GET /dev_mgr/devices/', what: 'an empty id', text: 'No such resource' },
  {
    status: 200,
    asked: 'GET /',
    what: 'the roots',
    json: { links: expect.arrayContaining([{ rel: 'dev', href: '/0.2/dev_mgr' }]) },
  },
  {
    status: 200,
    asked: 'GET /dev_mgr',
    what: 'devices',
    json: { links: expect.arrayContaining([{ rel: 'dev.devices', href: '/0.2/dev_mgr/devices' }]) },
  },
  {
    status: 200,
    asked: 'GET /cfg_mgr',
    what: 'configs',
    json: { links: expect.arrayContaining([{ rel: 'cfg.configs', href: '/0.2/cfg_mgr/configs' }]) },
  },
  {
    status: 200,
    asked: 'GET /pg_mgr',
    what: 'plugins',
    json: { links: expect.arrayContaining([{ rel: 'srv.install', href: '/0.2/pg_mgr/install' }]) },
  },

  // Configs ---------------------------------------------------------------------------------------------------------------------
  { status: 400, asked: 'POST /cfg_mgr/autocreate', what: 'without a config to copy', body: {}, was: 0 },
  {
    status: 201,
    asked: 'POST /cfg_mgr/configs',
    what: 'a base',
    body: raw({ ntp_ip: '10.0.0.1', ntp_enabled: true }, { id: 'base', deletable: false, X_type: 'internal' }),
    type: HTML,
    json: { id: 'base' },
    location: /^\/0\.2\/cfg_mgr\/configs\/base$/,
  },
  { status: 400, asked: 'POST /cfg_mgr/configs', what: 'an id that is taken', body: raw({}, { id: 'base' }), type: TEXT },
  {
    status: 201,
    asked: 'POST /cfg_mgr/configs',
    what: 'nulls of a phone',
    body: raw(
      { admin_username: 'admin', admin_password: 'x', locale: null, X_own: { deep: null } },
      { id: 'phone', X_type: 'device' },
    ),
  },
  {
    status: 200,
    asked: 'GET /cfg_mgr/configs/phone',
    what: 'they are gone',
    type: MEDIA_TYPE,
    json: {
      config: {
        id: 'phone',
        X_type: 'device',
        parent_ids: [],
        raw_config: { admin_username: 'admin', admin_password: 'x', X_own: {} },
      },
    },
  },
  {
    status: 201,
    asked: 'POST /cfg_mgr/configs',
    what: 'no id',
    body: raw({}),
    remember: 'made',
    location: /^\/0\.2\/cfg_mgr\/configs\/[\da-f]{32}$/,
  },
  {
    status: 400,
    asked: 'POST /cfg_mgr/configs',
    what: 'no parents',
    body: { config: { raw_config: {} } },
    text: 'missing "parent_ids" field in config',
  },
  {
    status: 400,
    asked: 'POST /cfg_mgr/configs',
    what: 'parents that are no list',
    body: { config: { parent_ids: 'x', raw_config: {} } },
    text: /must be a list/,
  },
  {
    status: 400,
    asked: 'POST /cfg_mgr/configs',
    what: 'a parent that is a number',
    body: { config: { parent_ids: [1], raw_config: {} } },
    text: /parent id must be a string/,
  },
  {
    status: 400,
    asked: 'POST /cfg_mgr/configs',
    what: 'no raw config',
    body: { config: { parent_ids: [] } },
    text: 'missing "raw_config" field in config',
  },
  ...[
    ['a locale', { locale: 'french' }],
    ['a time zone', { timezone: 'Mars/Phobos' }],
    ['a key without X_', { foo: 1 }],
    ['a kind of key', { funckeys: { 1: { type: 'what', value: '1' } } }],
    ['a number of a key', { funckeys: { x: { type: 'park', value: '1' } } }],
    ['a VLAN', { vlan_id: 9999 }],
    ['a transport', { sip_transport: 'smoke' }],
    ['a port', { syslog_port: 'many' }],
    ['a number of a line', { sip_lines: { x: {} } }],
  ].map(([what, body]) => ({
    status: 400,
    asked: 'POST /cfg_mgr/configs',
    what: `${what} that is none`,
    body: raw(body as object),
    type: TEXT,
  })),
  {
    status: 400,
    asked: 'POST /cfg_mgr/configs',
    what: 'an id that leads elsewhere',
    body: raw({}, { id: '../escaped' }),
    was: 201,
  },
  { status: 400, asked: 'POST /cfg_mgr/configs', what: 'an id with a slash', body: raw({}, { id: 'a/b' }) },
  { status: 404, asked: 'GET /cfg_mgr/configs/a%2Fb', what: 'it is not there either', was: 200 },
  {
    status: 201,
    asked: 'POST /cfg_mgr/configs',
    what: 'a config with parents',
    body: { config: { id: 'd1', parent_ids: ['base', 'phone'], raw_config: { ...complete, timezone: 'Europe/Paris' } } },
  },
  {
    status: 200,
    asked: 'GET /cfg_mgr/configs/d1/raw',
    what: 'with all that it inherits',
    json: { raw_config: expect.objectContaining({ ntp_ip: '10.0.0.1', admin_username: 'admin', timezone: 'Europe/Paris' }) },
  },
  { status: 404, asked: 'GET /cfg_mgr/configs/nope/raw', what: 'one that there is not', text: 'No such resource' },
  { status: 404, asked: 'GET /cfg_mgr/configs/nope', what: 'one that there is not', text: 'No such resource' },
  { status: 404, asked: 'GET /cfg_mgr/configs/d1/other', what: 'a path below that there is not' },
  { status: 404, asked: 'PUT /cfg_mgr/configs/nope', what: 'one that there is not', body: raw({}), text: 'No such resource' },
  {
    status: 400,
    asked: 'PUT /cfg_mgr/configs/d1',
    what: 'no parents',
    body: { config: { raw_config: {} } },
    text: 'missing "parent_ids" field in config',
    was: 500,
  },
  { status: 400, asked: 'PUT /cfg_mgr/configs/d1', what: 'no config in it', body: {}, was: 500 },
  { status: 403, asked: 'DELETE /cfg_mgr/configs/base', what: 'one that stays', text: 'The document base is not deletable' },
  { status: 404, asked: 'DELETE /cfg_mgr/configs/nope', what: 'one that there is not', text: 'No such resource' },
  {
    status: 200,
    asked: `GET /cfg_mgr/configs?${q({ X_type: 'internal' })}&fields=id,raw_config.ntp_ip`,
    what: 'q and fields',
    json: { configs: [{ id: 'base', raw_config: { ntp_ip: '10.0.0.1' } }] },
  },
  {
    status: 200,
    asked: 'GET /cfg_mgr/configs?q=%7Bbad&fields=id&limit=1',
    what: 'a selector that is no JSON',
    json: { configs: [{ id: 'base' }] },
  },
  {
    status: 200,
    asked: `GET /cfg_mgr/configs?q64=${Buffer.from('{"id":{"$in":["base","d1"]}}').toString('base64')}&sort=id&sort_ord=DESC&fields=id`,
    what: 'q64, $in and sort',
    json: { configs: [{ id: 'd1' }, { id: 'base' }] },
  },
  {
    status: 200,
    asked: 'GET /cfg_mgr/configs?sort=id&skip=1&limit=1&fields=id&q=%7B%22X_type%22%3A%7B%22%24exists%22%3Atrue%7D%7D',
    what: 'sort, skip and limit',
    json: { configs: [{ id: 'phone' }] },
    was: 500,
  },
  { status: 200, asked: 'GET /cfg_mgr/configs?skip=zz&limit=-1&fields=id', what: 'a limit below nothing', json: { configs: [] } },
  { status: 400, asked: `GET /cfg_mgr/configs?${q({ id: { $regex: 'x' } })}`, what: 'an operator that there is not', was: 500 },
  { status: 400, asked: 'GET /cfg_mgr/configs?q=%5B1%5D', what: 'a selector that is a list', was: 500 },

  // Devices ---------------------------------------------------------------------------------------------------------------------
  {
    status: 201,
    asked: 'POST /dev_mgr/devices',
    what: 'one with all',
    body: device({
      id: 'dev1',
      mac: mac('01'),
      sn: 'S1',
      vendor: 'Digium',
      model: 'D40',
      version: '1.4.0.0',
      plugin: 'digium-1.4.0.0',
      config: 'd1',
      options: { switchboard: true },
      X_foo: 1,
      configured: false,
      is_new: false,
      tenant_uuid: 'x',
    }),
    type: HTML,
    json: { id: 'dev1' },
    location: /^\/0\.2\/dev_mgr\/devices\/dev1$/,
  },
  {
    status: 200,
    asked: 'GET /dev_mgr/devices/dev1',
    what: 'it',
    type: MEDIA_TYPE,
    json: {
      device: {
        id: 'dev1',
        mac: mac('01'),
        sn: 'S1',
        vendor: 'Digium',
        model: 'D40',
        version: '1.4.0.0',
        plugin: 'digium-1.4.0.0',
        config: 'd1',
        options: { switchboard: true },
        X_foo: 1,
        tenant_uuid: '{main}',
        configured: true,
        is_new: true,
      },
    },
  },
  { status: 400, asked: 'POST /dev_mgr/devices', what: 'an id that is taken', body: device({ id: 'dev1' }) },
  {
    status: 400,
    asked: 'POST /dev_mgr/devices',
    what: 'a MAC address that is taken',
    body: device({ mac: mac('01') }),
    was: 201,
  },
  {
    status: 201,
    asked: 'POST /dev_mgr/devices',
    what: 'no id',
    body: device({ mac: mac('02') }),
    remember: 'second',
    location: /^\/0\.2\/dev_mgr\/devices\/\w{32}$/,
  },
  {
    status: 400,
    asked: 'POST /dev_mgr/devices',
    what: 'a MAC address in capitals',
    body: device({ mac: '00:0F:D3:00:00:09' }),
    text: 'Non-normalized MAC address 00:0F:D3:00:00:09',
  },
  {
    status: 400,
    asked: 'POST /dev_mgr/devices',
    what: 'an address that is none',
    body: device({ ip: '10.0.0.256' }),
    text: 'Non-normalized IP address 10.0.0.256',
  },
  { status: 400, asked: 'POST /dev_mgr/devices', what: 'empty ones', body: device({ ip: '', mac: '' }) },
  {
    status: 201,
    asked: 'POST /dev_mgr/devices',
    what: 'a config that there is not',
    body: device({ id: 'nocfg', mac: mac('03'), plugin: 'digium-1.4.0.0', config: 'missing' }),
  },
  {
    status: 200,
    asked: 'GET /dev_mgr/devices/nocfg',
    what: 'it is not configured',
    json: { device: expect.objectContaining({ config: 'missing', configured: false }) },
  },
  {
    status: 201,
    asked: 'POST /dev_mgr/devices',
    what: 'a plugin that there is not',
    body: device({ id: 'noplug', mac: mac('04'), plugin: 'not-installed', config: 'd1' }),
  },
  {
    status: 200,
    asked: 'GET /dev_mgr/devices/noplug',
    what: 'it is not configured',
    json: { device: expect.objectContaining({ plugin: 'not-installed', configured: false }) },
  },
  {
    status: 201,
    asked: 'POST /dev_mgr/devices',
    what: 'no MAC address',
    body: device({ id: 'broken', plugin: 'digium-1.4.0.0', config: 'd1' }),
  },
  {
    status: 201,
    asked: 'POST /dev_mgr/devices',
    what: 'in another tenant',
    body: device({ id: 'sub', mac: mac('05') }),
    headers: { 'wazo-tenant': '{sub}' },
  },
  {
    status: 200,
    asked: 'GET /dev_mgr/devices/sub',
    what: 'from the tenant above',
    json: { device: { id: 'sub', mac: mac('05'), tenant_uuid: '{sub}', configured: false, is_new: false } },
  },
  {
    status: 200,
    asked: 'GET /dev_mgr/devices?fields=id&sort=id',
    what: 'those of the tenant alone',
    json: { devices: ['broken', 'dev1', 'nocfg', 'noplug', '{second}'].sort().map((id) => ({ id })) },
  },
  {
    status: 200,
    asked: `GET /dev_mgr/devices?fields=id&recurse=true&${q({ id: 'sub' })}`,
    what: 'those below it as well',
    json: { devices: [{ id: 'sub' }] },
  },
  {
    status: 200,
    asked: 'GET /dev_mgr/devices?fields=id',
    what: 'of one below',
    headers: { 'wazo-tenant': '{sub}' },
    json: { devices: [{ id: 'sub' }] },
  },
  {
    status: 404,
    asked: 'GET /dev_mgr/devices/dev1',
    what: 'one above, from below',
    headers: { 'wazo-tenant': '{sub}' },
    text: 'No such resource',
  },
  {
    status: 200,
    asked: `GET /dev_mgr/devices?${q({ mac: mac('01') })}&fields=mac`,
    what: 'by its MAC address',
    json: { devices: [{ id: 'dev1', mac: mac('01') }] },
  },
  {
    status: 200,
    asked: `GET /dev_mgr/devices?${q({ sn: 'S1', 'options.switchboard': true })}&fields=sn`,
    what: 'by its serial number',
    json: { devices: [{ id: 'dev1', sn: 'S1' }] },
  },
  { status: 404, asked: 'GET /dev_mgr/devices/nope', what: 'one that there is not', text: 'No such resource' },
  { status: 404, asked: 'PUT /dev_mgr/devices/nope', what: 'one that there is not', body: device({}), text: 'No such resource' },
  {
    status: 400,
    asked: 'PUT /dev_mgr/devices/dev1',
    what: 'a MAC address that is none',
    body: device({ mac: 'zz' }),
    text: 'Non-normalized MAC address zz',
    was: 500,
  },
  {
    status: 204,
    asked: 'PUT /dev_mgr/devices/sub',
    what: 'one below, without its tenant',
    body: device({ id: 'sub', mac: mac('05') }),
    was: 500,
  },
  {
    status: 204,
    asked: 'PUT /dev_mgr/devices/sub',
    what: 'one below, with its tenant',
    body: device({ id: 'sub', mac: mac('05'), description: 'x', tenant_uuid: '{sub}' }),
    type: null,
    text: '',
  },
  {
    status: 200,
    asked: 'GET /dev_mgr/devices/sub',
    what: 'it stayed there',
    json: { device: { id: 'sub', mac: mac('05'), description: 'x', tenant_uuid: '{sub}', configured: false, is_new: false } },
  },
  {
    status: 404,
    asked: 'PUT /dev_mgr/devices/sub',
    what: 'from a tenant beside it',
    body: device({}),
    headers: { 'wazo-tenant': '{other}' },
  },
  {
    status: 204,
    asked: 'PUT /dev_mgr/devices/sub',
    what: 'a tenant in the body',
    body: device({ mac: mac('05'), tenant_uuid: '{other}' }),
  },
  {
    status: 200,
    asked: 'GET /dev_mgr/devices/sub',
    what: 'it moves nothing',
    json: { device: { id: 'sub', mac: mac('05'), tenant_uuid: '{sub}', configured: false, is_new: false } },
  },
  {
    status: 204,
    asked: 'PUT /dev_mgr/devices/dev1',
    what: 'without a config',
    body: device({ mac: mac('01'), vendor: 'Digium', model: 'D40', plugin: 'digium-1.4.0.0' }),
  },
  {
    status: 200,
    asked: 'GET /dev_mgr/devices/dev1',
    what: 'what was not there is gone',
    json: {
      device: {
        id: 'dev1',
        mac: mac('01'),
        vendor: 'Digium',
        model: 'D40',
        plugin: 'digium-1.4.0.0',
        tenant_uuid: '{main}',
        configured: false,
        is_new: true,
      },
    },
  },
  {
    status: 204,
    asked: 'PUT /dev_mgr/devices/dev1',
    what: 'with it again',
    body: device({ mac: mac('01'), vendor: 'Digium', model: 'D40', plugin: 'digium-1.4.0.0', config: 'd1' }),
  },
  { status: 204, asked: 'POST /dev_mgr/reconfigure', what: 'a device', body: { id: 'dev1' } },
  {
    status: 400,
    asked: 'POST /dev_mgr/reconfigure',
    what: 'one that there is not',
    body: { id: 'nope' },
    text: 'invalid device ID "nope"',
  },
  { status: 400, asked: 'POST /dev_mgr/reconfigure', what: 'none', body: {}, text: 'Missing "id" key' },
  { status: 204, asked: 'POST /dev_mgr/reconfigure', what: 'one that cannot be', body: { id: 'broken' } },
  {
    status: 201,
    asked: 'POST /dev_mgr/synchronize',
    what: 'a device',
    body: { id: 'broken' },
    type: HTML,
    text: '',
    location: /^\/0\.2\/dev_mgr\/synchronize\/1$/,
  },
  { status: 200, asked: 'GET /dev_mgr/synchronize/1', what: 'it fails', json: { status: 'fail' } },
  {
    status: 404,
    asked: 'POST /dev_mgr/synchronize',
    what: 'one that there is not',
    body: { id: 'nope' },
    text: 'No such resource',
  },
  { status: 204, asked: 'DELETE /dev_mgr/synchronize/1', what: 'it is forgotten' },
  { status: 404, asked: 'DELETE /dev_mgr/synchronize/1', what: 'it is not there any more' },
  { status: 404, asked: 'GET /dev_mgr/synchronize/1', what: 'it is not there any more' },
  {
    status: 204,
    asked: 'POST /dev_mgr/dhcpinfo',
    what: 'a lease',
    body: {
      dhcp_info: {
        op: 'commit',
        ip: '10.0.9.1',
        mac: mac('55'),
        options: ['06064.69.67.69.75.6d.5f.44.34.30.5f.31.5f.34.5f.30.5f.30'],
      },
    },
  },
  {
    status: 200,
    asked: `GET /dev_mgr/devices?${q({ ip: '10.0.9.1' })}&fields=vendor,model,added,mac`,
    what: 'the device that it made',
    json: { devices: [expect.objectContaining({ mac: mac('55'), vendor: 'Digium', added: 'auto' })] },
  },
  { status: 204, asked: 'POST /dev_mgr/dhcpinfo', what: 'its end', body: { dhcp_info: { op: 'expiry', ip: '10.0.9.1' } } },
  {
    status: 204,
    asked: 'POST /dev_mgr/dhcpinfo',
    what: 'that it is given back',
    body: { dhcp_info: { op: 'release', ip: '10.0.9.1' } },
  },
  {
    status: 400,
    asked: 'POST /dev_mgr/dhcpinfo',
    what: 'what there is not',
    body: { dhcp_info: { op: 'renew', ip: '10.0.9.1' } },
    text: 'invalid operation value',
  },
  {
    status: 400,
    asked: 'POST /dev_mgr/dhcpinfo',
    what: 'a MAC address that is none',
    body: { dhcp_info: { op: 'commit', ip: '10.0.9.1', mac: 'x', options: [] } },
    text: 'invalid MAC string',
  },
  {
    status: 400,
    asked: 'POST /dev_mgr/dhcpinfo',
    what: 'an address that is none',
    body: { dhcp_info: { op: 'commit', ip: '10.0.9', mac: mac('55'), options: [] } },
  },
  {
    status: 400,
    asked: 'POST /dev_mgr/dhcpinfo',
    what: 'no options',
    body: { dhcp_info: { op: 'commit', ip: '10.0.9.1', mac: mac('55') } },
  },
  {
    status: 400,
    asked: 'POST /dev_mgr/dhcpinfo',
    what: 'an option that is none',
    body: { dhcp_info: { op: 'commit', ip: '10.0.9.1', mac: mac('55'), options: ['60x'] } },
  },

  // A device of the main tenant is taken into another, and does not come back -----------------------------------------------------
  {
    status: 204,
    asked: 'PUT /dev_mgr/devices/{second}',
    what: 'a new one for a tenant',
    body: device({ mac: mac('02') }),
    headers: { 'wazo-tenant': '{sub}' },
  },
  {
    status: 200,
    asked: 'GET /dev_mgr/devices/{second}',
    what: 'it is there',
    headers: { 'wazo-tenant': '{sub}' },
    json: { device: expect.objectContaining({ tenant_uuid: '{sub}', is_new: false }) },
  },
  { status: 204, asked: 'PUT /dev_mgr/devices/{second}', what: 'from above', body: device({ mac: mac('02') }) },
  {
    status: 200,
    asked: 'GET /dev_mgr/devices/{second}',
    what: 'it is there still',
    json: { device: expect.objectContaining({ tenant_uuid: '{sub}' }) },
  },

  // What the server is set to ---------------------------------------------------------------------------------------------------
  {
    status: 200,
    asked: 'GET /configure',
    what: 'all',
    json: {
      params: expect.arrayContaining([
        expect.objectContaining({ id: 'NAT', value: 0, links: [{ rel: 'srv.configure.param', href: '/0.2/configure/NAT' }] }),
      ]),
    },
  },
  ...['plugin_server', 'http_proxy', 'https_proxy', 'ftp_proxy', 'locale', 'provisioning_key'].map((name) => ({
    status: 200,
    asked: `GET /configure/${name}`,
    what: 'one',
    json: { param: { value: null } },
  })),
  { status: 404, asked: 'GET /configure/tenants', what: 'the keys of all tenants', was: 200 },
  { status: 404, asked: 'GET /configure/nope', what: 'one that there is not', text: 'No such resource' },
  {
    status: 404,
    asked: 'PUT /configure/nope',
    what: 'one that there is not',
    body: { param: { value: 'x' } },
    text: 'No such resource',
  },
  { status: 400, asked: 'PUT /configure/locale', what: 'nothing', body: {}, text: 'Wrong information in entity' },
  { status: 204, asked: 'PUT /configure/http_proxy', what: 'what it is', body: { param: { value: null } } },
  { status: 204, asked: 'PUT /configure/NAT', what: 'what it is', body: { param: { value: '0' } } },
  ...(
    [
      [400, 'plugin_server', 'nope', null],
      [400, 'plugin_server', 'http:///x', null],
      [204, 'plugin_server', 'http://127.0.0.1:18080/', 'http://127.0.0.1:18080/'],
      [204, 'plugin_server', null, null],
      [204, 'http_proxy', 'http://p:3128', 'http://p:3128'],
      [400, 'http_proxy', 'http://p:3128/x', 'http://p:3128'],
      [400, 'http_proxy', 'p:3128', 'http://p:3128'],
      [204, 'http_proxy', '', null],
      [204, 'ftp_proxy', 'http://u:s3cr3t@p:3128', 'http://u:s3cr3t@p:3128'],
      [204, 'ftp_proxy', null, null],
      [400, 'https_proxy', 'http://p:1', null],
      [204, 'https_proxy', 'p:1', 'p:1'],
      [400, 'https_proxy', '', 'p:1'],
      [204, 'https_proxy', null, null],
      [204, 'locale', 'fr_FR', 'fr_FR'],
      [400, 'locale', 'x-y', 'fr_FR'],
      [204, 'locale', null, null],
      [204, 'NAT', '1', 1],
      [400, 'NAT', 1, 1],
      [400, 'NAT', '2', 1],
      [204, 'NAT', '0', 0],
      [204, 'NAT', null, 0],
    ] as const
  ).flatMap(([status, name, value, after]): Exchange[] => [
    { status, asked: `PUT /configure/${name}`, what: JSON.stringify(value), body: { param: { value } } },
    { status: 200, asked: `GET /configure/${name}`, what: 'what it is then', json: { param: { value: after } } },
  ]),
  { status: 400, asked: 'PUT /configure/provisioning_key', what: 'one that is short', body: { param: { value: 'short' } } },
  {
    status: 400,
    asked: 'PUT /configure/provisioning_key',
    what: 'one with other characters',
    body: { param: { value: 'with_underscore_x' } },
  },
  {
    status: 204,
    asked: 'PUT /configure/provisioning_key',
    what: 'a key of a tenant',
    body: { param: { value: 'Key-1.2~$3abc' } },
    headers: { 'wazo-tenant': '{sub}' },
  },
  {
    status: 400,
    asked: 'PUT /configure/provisioning_key',
    what: 'the key of another',
    body: { param: { value: 'Key-1.2~$3abc' } },
    headers: { 'wazo-tenant': '{other}' },
  },
  {
    status: 200,
    asked: 'GET /configure/provisioning_key',
    what: 'it',
    headers: { 'wazo-tenant': '{sub}' },
    json: { param: { value: 'Key-1.2~$3abc' } },
  },
  {
    status: 200,
    asked: 'GET /configure/provisioning_key',
    what: 'that of another',
    headers: { 'wazo-tenant': '{other}' },
    json: { param: { value: null } },
  },
  {
    status: 204,
    asked: 'PUT /configure/provisioning_key',
    what: 'none again',
    body: { param: { value: null } },
    headers: { 'wazo-tenant': '{sub}' },
  },

  // Plugins ---------------------------------------------------------------------------------------------------------------------
  {
    status: 200,
    asked: 'GET /pg_mgr/install',
    what: 'links',
    json: { links: expect.arrayContaining([{ rel: 'srv.install.upgrade', href: '/0.2/pg_mgr/install/upgrade' }]) },
  },
  {
    status: 200,
    asked: 'GET /pg_mgr/install/installed',
    what: 'what there is',
    type: MEDIA_TYPE,
    json: {
      pkgs: expect.objectContaining({
        'digium-1.4.0.0': expect.objectContaining({
          version: '1.0.0',
          capabilities: expect.any(Object),
        }),
      }),
    },
  },
  { status: 200, asked: 'GET /pg_mgr/install/installable', what: 'before it was looked', json: { pkgs: {} } },
  {
    status: 201,
    asked: 'POST /pg_mgr/install/update',
    what: 'to look',
    body: {},
    type: HTML,
    text: '',
    location: /^\/0\.2\/pg_mgr\/install\/update\/1$/,
  },
  {
    status: 200,
    asked: 'GET /pg_mgr/install/update/1',
    what: 'how far it is',
    json: { status: expect.stringMatching(/^update\|/) },
  },
  {
    status: 200,
    asked: 'GET /pg_mgr/plugins',
    what: 'plugins',
    json: {
      plugins: expect.objectContaining({
        'digium-1.4.0.0': { links: [{ rel: 'pg.plugin', href: '/0.2/pg_mgr/plugins/digium-1.4.0.0' }] },
      }),
    },
  },
  {
    status: 200,
    asked: 'GET /pg_mgr/plugins/digium-1.4.0.0',
    what: 'one',
    json: {
      links: [
        { rel: 'pg.info', href: '/0.2/pg_mgr/plugins/digium-1.4.0.0/info' },
        { rel: 'srv.install', href: '/0.2/pg_mgr/plugins/digium-1.4.0.0/install' },
      ],
    },
  },
  {
    status: 200,
    asked: 'GET /pg_mgr/plugins/digium-1.4.0.0/info',
    what: 'what it says of itself',
    json: { plugin_info: expect.objectContaining({ version: '1.0.0', vendor: 'Digium' }) },
  },
  {
    status: 200,
    asked: 'GET /pg_mgr/plugins/digium-1.4.0.0/install',
    what: 'its firmware',
    json: {
      links: expect.arrayContaining([
        { rel: 'srv.install.installable', href: '/0.2/pg_mgr/plugins/digium-1.4.0.0/install/installable' },
      ]),
    },
  },
  {
    status: 200,
    asked: 'GET /pg_mgr/plugins/digium-1.4.0.0/install/installable',
    what: 'what can be installed',
    json: { pkgs: expect.any(Object) },
  },
  { status: 200, asked: 'GET /pg_mgr/plugins/digium-1.4.0.0/install/installed', what: 'what is', json: { pkgs: {} } },
  {
    status: 400,
    asked: 'POST /pg_mgr/plugins/digium-1.4.0.0/install/install',
    what: 'firmware that there is not',
    body: { id: 'nope' },
    text: 'package not found',
  },
  {
    status: 400,
    asked: 'POST /pg_mgr/plugins/digium-1.4.0.0/install/uninstall',
    what: 'firmware that there is not',
    body: { id: 'nope' },
  },
  {
    status: 404,
    asked: 'POST /pg_mgr/plugins/digium-1.4.0.0/install/upgrade',
    what: 'what clients ask for and there is not',
    body: { id: 'nope' },
  },
  { status: 404, asked: 'GET /pg_mgr/plugins/nope', what: 'one that there is not' },
  {
    status: 401,
    asked: 'GET /pg_mgr/plugins/nope',
    what: 'one that there is not, with a wrong token',
    headers: { 'x-auth-token': 'x' },
    was: 404,
  },
  { status: 400, asked: 'POST /pg_mgr/install/install', what: 'one that there is not', body: { id: 'nope' }, text: "'nope'" },
  {
    status: 400,
    asked: 'POST /pg_mgr/install/install',
    what: 'one that is there',
    body: { id: 'digium-1.4.0.0' },
    text: 'plugin digium-1.4.0.0 is already installed',
  },
  { status: 400, asked: 'POST /pg_mgr/install/install', what: 'none', body: {}, text: 'Missing "id" key' },
  {
    status: 400,
    asked: 'POST /pg_mgr/install/uninstall',
    what: 'one that there is not',
    body: { id: 'nope' },
    text: 'plugin not found',
  },
  {
    status: 400,
    asked: 'POST /pg_mgr/install/upgrade',
    what: 'one that there is not',
    body: { id: 'nope' },
    text: 'plugin nope is not already installed',
  },
  {
    status: 400,
    asked: 'POST /pg_mgr/reload',
    what: 'one that there is not',
    body: { id: 'nope' },
    text: 'plugin nope is not installed',
  },
  { status: 204, asked: 'POST /pg_mgr/reload', what: 'one', body: { id: 'digium-1.4.0.0' } },

  // Copies for new phones -------------------------------------------------------------------------------------------------------
  {
    status: 201,
    asked: 'POST /cfg_mgr/configs',
    what: 'what is copied',
    body: raw(complete, { id: 'autoprov', role: 'autocreate' }),
  },
  {
    status: 201,
    asked: 'POST /cfg_mgr/autocreate',
    what: 'a copy',
    body: {},
    type: HTML,
    remember: 'copy',
    location: /^\/0\.2\/cfg_mgr\/configs\/autoprov/,
  },
  {
    status: 200,
    asked: 'GET /cfg_mgr/configs/{copy}',
    what: 'it',
    json: { config: expect.objectContaining({ parent_ids: ['autoprov'], transient: true }) },
  },
  {
    status: 204,
    asked: 'PUT /cfg_mgr/configs/base',
    what: 'another',
    body: raw({ ntp_ip: '9.9.9.9', ntp_enabled: true }, { X_type: 'internal' }),
  },
  {
    status: 200,
    asked: 'GET /cfg_mgr/configs/d1/raw',
    what: 'who inherits has it',
    json: { raw_config: expect.objectContaining({ ntp_ip: '9.9.9.9' }) },
  },
  { status: 204, asked: 'DELETE /cfg_mgr/configs/d1', what: 'one that a device has', text: '' },
  {
    status: 200,
    asked: 'GET /dev_mgr/devices/dev1',
    what: 'it has it no longer',
    json: { device: expect.objectContaining({ config: 'd1', configured: false }) },
  },
  { status: 204, asked: 'DELETE /dev_mgr/devices/dev1', what: 'a device' },
  { status: 404, asked: 'DELETE /dev_mgr/devices/dev1', what: 'it is not there any more', text: 'No such resource' },
  { status: 404, asked: 'DELETE /dev_mgr/devices/noplug', what: 'from another tenant', headers: { 'wazo-tenant': '{sub}' } },
];

/** With what is remembered in its places. */
function filled<Value>(value: Value): Value {
  if (typeof value === 'string') return value.replaceAll(/\{(\w+)\}/g, (whole, name) => seen[name] ?? whole) as Value;
  if (Array.isArray(value)) return value.map(filled) as Value;
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filled(item)])) as Value;
}

test('clients of provd are answered as provd answers, or better', async () => {
  seen.main = stage.main;
  for (const [index, exchange] of exchanges.entries()) {
    const { what, status, body, headers = {}, type, json, text, location, remember } = exchange;
    const [method = '', path = ''] = filled(exchange.asked).split(' ');
    const told = `${index}: ${method} ${path} (${what})`;
    // What a device comes to, and what an operation does, is known a moment later.
    await stage.settled();
    const answer = async () => {
      const reply = await askProvd(stage, method, path, filled(body), filled(headers));
      expect({ told, status: reply.status, text: reply.status === status ? '' : reply.text }).toEqual({ told, status, text: '' });
      return reply;
    };
    const reply = await answer();
    if (type !== undefined) expect({ told, type: reply.type }).toEqual({ told, type });
    if (json !== undefined) {
      // A sequence whose keys are in any order; nothing is there that is not named.
      const wanted = (method === 'GET' ? filledMatchers(json) : filled(json)) as object;
      if (method === 'GET') {
        await eventually(async () => {
          const { json: now } = await answer();
          expect({ told, json: sortedIds(now) }).toEqual({ told, json: sortedIds(wanted) });
        });
      } else expect({ told, json: reply.json }).toEqual({ told, json: wanted });
    }
    if (typeof text === 'string') expect({ told, text: reply.text }).toEqual({ told, text });
    else if (text) expect(`${told}: ${reply.text}`).toMatch(new RegExp(text.source.replace(/^\^/, ': ')));
    if (location) expect(reply.location ?? '').toMatch(location);
    expect(reply.headers.get('access-control-allow-origin')).toBe('*');
    if (remember !== undefined) seen[remember] = reply.json?.id ?? clientPath(reply.location).split('/').at(-1) ?? '';
  }
}, 120_000);

/** The same for what is told in the words of a matcher. */
function filledMatchers(value: unknown): unknown {
  if (value !== null && typeof value === 'object' && 'sample' in value && 'asymmetricMatch' in value) {
    const { sample } = value as { sample: unknown };
    if (Array.isArray(sample)) return expect.arrayContaining(sample.map(filledMatchers));
    if (sample !== null && typeof sample === 'object' && Object.getPrototypeOf(sample) === Object.prototype)
      return expect.objectContaining(filledMatchers(sample) as Record<string, unknown>);
    return value;
  }
  if (Array.isArray(value)) return value.map(filledMatchers);
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return filled(value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filledMatchers(item)]));
}

/** Devices by their ids, some of which are made by chance. */
function sortedIds(answer: unknown): unknown {
  const { devices } = answer as { devices?: { id: string }[] };
  if (!Array.isArray(devices)) return answer;
  return { devices: [...devices].sort((one, other) => (one.id < other.id ? -1 : 1)) };
}

test('every exchange of the table is one of the server’s routes, and every route is in the table or has a test of its own', async () => {
  const { provdRoutes } = await import('../../../server/api/provd/provd.ts');
  const parts = { operations: {}, settings: { network: {}, phones: {} } } as unknown as Parameters<typeof provdRoutes>[0];
  const asked = exchanges.map(({ asked }) => asked.replace(/\?.*/, '').split(' '));
  const missing = provdRoutes(parts)
    .filter(({ method, path }) => {
      const pattern = new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+')}$`);
      return !asked.some(([verb, where = '']) => verb === method && pattern.test(where));
    })
    .map(({ method, path }) => `${method} ${path}`);
  // Operations of what is installed: tests/e2e/provd-plugins.test.ts.
  expect(missing).toEqual([
    'GET /pg_mgr/plugins/:id/install/install/:operation',
    'DELETE /pg_mgr/plugins/:id/install/install/:operation',
    'GET /pg_mgr/install/install/:operation',
    'DELETE /pg_mgr/install/install/:operation',
    'GET /pg_mgr/install/upgrade/:operation',
    'DELETE /pg_mgr/install/upgrade/:operation',
    'DELETE /pg_mgr/install/update/:operation',
  ]);
});

test('a caller is let in by this server’s permission or by provd’s, in his tenants, and by nothing else', async () => {
  const sub = seen.sub ?? '';
  for (const permissions of [['devices.read'], ['provd.dev_mgr.devices.read'], ['provd.#']]) {
    const headers = await tokenOf(stage, sub, permissions);
    expect((await askProvd(stage, 'GET', '/dev_mgr/devices', undefined, headers)).status).toBe(200);
    const isAll = permissions.includes('provd.#');
    expect((await askProvd(stage, 'GET', '/cfg_mgr/configs', undefined, headers)).status).toBe(isAll ? 200 : 401);
    expect((await askProvd(stage, 'GET', '/pg_mgr/install', undefined, headers)).status).toBe(401);
    for (const tenant of [stage.main, seen.other ?? ''])
      expect((await askProvd(stage, 'GET', '/dev_mgr/devices', undefined, { ...headers, 'wazo-tenant': tenant })).status).toBe(
        401,
      );
  }
});
