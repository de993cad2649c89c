import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parameterService } from '../../server/parameters/service.ts';
import { openSqliteStore } from '../../server/store/sqlite/store.ts';
import type { Store } from '../../server/store/store.ts';

let store: Store;
beforeEach(async () => {
  store = await openSqliteStore(':memory:');
});
afterEach(() => store.close());

test('what was set is there, and after a restart, until it is taken away', async () => {
  const parameters = await parameterService(store.parameters);
  expect(parameters.get('NAT')).toBeUndefined();
  await parameters.set('NAT', '1');
  await parameters.set('NAT', '0');
  await parameters.set('locale', 'fr');
  expect(parameters.get('NAT')).toBe('0');
  const again = await parameterService(store.parameters);
  expect([again.get('NAT'), again.get('locale')]).toEqual(['0', 'fr']);
  await again.set('locale', null);
  await parameters.changedElsewhere();
  expect([parameters.get('NAT'), parameters.get('locale')]).toEqual(['0', undefined]);
});

test.each([
  ['http_proxy', 'http://u:marker-s3cr3t@p:1/x'],
  ['http_proxy', 'p:1'],
  ['https_proxy', 'http://p:1'],
  ['locale', 'french'],
  ['NAT', 'yes'],
] as const)('%s is not %s, and the error does not show it', async (name, value) => {
  const parameters = await parameterService(store.parameters);
  const refused = parameters.set(name, value);
  await expect(refused).rejects.toMatchObject({ code: 'parameter-invalid', message: expect.stringContaining(name) });
  await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining(value) });
  expect(parameters.get(name)).toBeUndefined();
});
