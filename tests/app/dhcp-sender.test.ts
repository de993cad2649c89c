import { expect, test } from '@jest/globals';
import type { Core } from '../../server/app/core.ts';
import { createSenders } from '../../server/app/dhcp-sender.ts';
import { readOption } from '../../server/lib/dhcp/options.ts';
import type { Ip } from '../../server/lib/ip.ts';
import type { Noted } from '../../server/pipeline/note-lease.ts';

const tenant = { provisioningKey: { reveal: () => 'the-key-of-main' } };
const core = { tenants: { main: tenant, get: () => tenant }, devices: {}, log: {} } as unknown as Core;
const acme = { id: 'acme', definition: { version: '1.0.0', dhcp: { 66: '{server.url}/acme' } } };
const noted = { info: { vendor: 'Acme' }, plugin: { package: acme }, contradictions: [] } as unknown as Noted;

test('who is believed is told its key in the URL, and nobody else; one answer does not stand in for the other', async () => {
  const { senderOf } = createSenders(core);
  const reached = { base: 'http://10.0.0.1:8667', server: '10.0.0.1' as Ip };
  const told = async (trusted: boolean) => readOption((await senderOf(noted, { ...reached, trusted })).boot, 66);
  expect([await told(false), await told(true), await told(false)]).toEqual([
    'http://10.0.0.1:8667/acme',
    'http://10.0.0.1:8667/the-key-of-main/acme',
    'http://10.0.0.1:8667/acme',
  ]);
});
