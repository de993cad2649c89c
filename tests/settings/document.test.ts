import { expect, test } from '@jest/globals';
import { settingsPage } from '../../server/settings/document.ts';
import { settingsKeys } from '../../server/settings/keys.ts';
import { loadSettings } from '../../server/settings/load.ts';

test('every setting stands on the page with its variable and a description', () => {
  for (const { path, variable, description } of settingsKeys.values()) {
    expect(settingsPage()).toContain(`| \`${path}\`<br>\`${variable}\` |`);
    expect(description.length).toBeGreaterThan(10);
  }
  expect([...settingsKeys.keys()]).toContain('http.tls.min_version');
});

test('the example sets nothing', () => {
  const { given, settings } = loadSettings({ config: 'offhook.yml.example', environment: {} });
  expect(given.size).toBe(0);
  expect(settings).toEqual(loadSettings({ config: '/dev/null', environment: {} }).settings);
});
