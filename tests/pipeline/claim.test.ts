import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ApiParts, Changes } from '../../server/api/parts.ts';
import { Secret } from '../../server/lib/secret.ts';
import type { Operation } from '../../server/operations/model.ts';
import { type ClaimParts, claim, release } from '../../server/pipeline/claim/claim.ts';
import { deviceOf } from '../../server/pipeline/claim/phone.ts';
import { openStage, type Stage } from '../api/stage.ts';
import { raw } from '../support/app.ts';
import { ip } from '../support/requests.ts';

let stage: Stage;
let api: ApiParts;
/** What somebody else does between the first look at a claim and its being stored. */
let meanwhile: (changes: Changes) => Promise<unknown>;
let parts: ClaimParts;
const line = { username: '1001', password: 'p', display_name: 'N', proxy_ip: '192.0.2.5' };
const config = (id: string) => ({ id, tenant: stage.main, parents: [], raw: raw({ sip_lines: { 1: line } }) });

beforeEach(async () => {
  stage = await openStage((real) => {
    api = real;
    return {};
  });
  await api.configs.create({ ...config('auto'), role: 'autocreate' });
  await api.configs.create({ ...config('alice'), code: new Secret('4711') });
  await api.configs.create(config('bob'));
  await stage.devices.create(stage.main, { ip: ip('192.0.2.1') }, 'd');
  meanwhile = async () => {};
  parts = {
    devices: stage.devices,
    configs: { get: api.configs.get, byCode: (tenant, code) => stage.store.configs.byCode(tenant, code) },
    configOf: (device) => api.desired.configOf(device),
    tenants: api.tenants,
    async together(work) {
      await api.together(async (changes) => (await meanwhile(changes)) !== false);
      await api.together(work);
    },
    limiter: { begin: () => ({ succeeded() {} }) },
    security: { wrongCode() {}, codesLimited() {} },
    resync: async () => ({}) as Operation,
  };
});
afterEach(() => stage.close());

const caller = { kind: 'token', id: 't', sees: () => true, tenants: undefined } as const;
const order = { caller, from: ip('192.0.2.9'), phone: { by: 'device', value: 'd' } } as const;
const claiming = () => claim({ ...order, code: new Secret('4711'), take: false }, parts);

test.each<[string, string, (changes: Changes) => Promise<unknown>]>([
  ['the device is removed', 'phone-unknown', ({ devices }) => devices.remove('d')],
  ['the device is given a config', 'phone-prepared', ({ devices }) => devices.change('d', { config: 'bob' })],
  ['the device is held', 'phone-held', ({ devices }) => devices.change('d', { approved: false })],
  ['the config is removed', 'claim-code-unknown', ({ configs }) => configs.remove('alice')],
  ['the code is taken away', 'claim-code-unknown', ({ configs }) => configs.replace('alice', config('alice'))],
  ['another device is given the config', 'config-in-use', ({ devices }) => devices.create(stage.main, { config: 'alice' }, 'e')],
])('a claim changes nothing when meanwhile %s', async (_, code, change) => {
  let before = '';
  meanwhile = async (changes) => {
    await change(changes);
    before = JSON.stringify([await changes.devices.get('d'), (await changes.configs.list({})).total]);
  };
  await expect(claiming()).rejects.toMatchObject({ code });
  expect(JSON.stringify([await stage.devices.get('d'), (await api.configs.list({})).total])).toBe(before);
});

test('a device that goes to another tenant meanwhile is not given the code of the one before, nor released', async () => {
  const { id } = await api.tenants.create('north');
  meanwhile = ({ devices }) => devices.change('d', {}, undefined, id);
  await expect(claiming()).rejects.toMatchObject({ code: 'phone-unknown' });
  meanwhile = ({ devices }) => devices.change('d', {}, undefined, stage.main);
  await expect(release(order, parts)).rejects.toMatchObject({ code: 'phone-unknown' });
});

test('what cannot be stored is told, and the phone is not', async () => {
  parts = {
    ...parts,
    together: async () => {
      throw new Error('The disk is full');
    },
    resync: async () => {
      throw new Error('Nobody is told');
    },
  };
  await expect(claiming()).rejects.toThrow('The disk is full');
});

test('an address that phones share names none of them', async () => {
  const shared = { ...parts, devices: { ...stage.devices, ownsAddresses: () => false } };
  const asked = deviceOf({ by: 'ip', value: ip('192.0.2.1') }, caller, shared);
  await expect(asked).rejects.toMatchObject({ code: 'phone-ambiguous', message: expect.stringContaining('phones.nat') });
});
