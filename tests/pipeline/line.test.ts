import { expect, test } from '@jest/globals';
import type { StoredDevice } from '../../server/devices/dao.ts';
import { type Heard, type LineParts, learn, type Recalled } from '../../server/pipeline/line.ts';

const device = { id: 'd1' } as StoredDevice;
const heard = { request: { ip: '10.0.0.1' }, tenant: undefined, identification: { info: {} } } as unknown as Heard;
const caller = { device: undefined, contradictions: [], addressOwner: 'd1', trusted: true } as unknown as Recalled;
const parts = {
  devices: { meet: async () => device, noteSighting() {} },
  newcomers: { told() {}, forget() {} },
  security: { deviceCreated() {} },
  tenants: { main: { id: 't' } },
} as unknown as LineParts;

test('a phone whose other request made its device a moment ago has its address, which is nobody else’s', async () => {
  expect(await learn(caller, heard, parts)).toMatchObject({ device, addressOwner: undefined });
});

test('an address that is another device’s stays that one’s', async () => {
  expect(await learn({ ...caller, addressOwner: 'd2' }, heard, parts)).toMatchObject({ device, addressOwner: 'd2' });
});
