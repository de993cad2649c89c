import { expect, test } from '@jest/globals';
import { loadSettings } from '../../../server/settings/load.ts';
import { ask, openStage } from '../stage.ts';
import { askProvd, tokenOf } from './stage.ts';

const put = (stage: { url: string }, name: string, value: string | null, headers?: Record<string, string>) =>
  askProvd(stage, 'PUT', `/configure/${name}`, { param: { value } }, headers);
const shownAs = async (stage: { url: string }, name: string, headers?: Record<string, string>) =>
  (await askProvd(stage, 'GET', `/configure/${name}`, undefined, headers)).json.param?.value;

test('what stands in the settings is read, sent back as it is, and not changed', async () => {
  const set = ['network.http_proxy=http://u:s3cr3t@p:3128', 'phones.nat=true'];
  const stage = await openStage({ settings: loadSettings({ environment: {}, set }).settings });
  try {
    expect(await shownAs(stage, 'NAT')).toBe(1);
    expect((await put(stage, 'NAT', '1')).status).toBe(204);
    expect(await put(stage, 'NAT', '0')).toMatchObject({ status: 400, text: expect.stringContaining('phones.nat') });
    const other = await put(stage, 'http_proxy', 'http://q:1');
    expect(other).toMatchObject({ status: 400, text: expect.stringContaining('network.http_proxy') });
    expect(other.text).not.toContain('s3cr3t');
    expect(await shownAs(stage, 'http_proxy')).toBe('http://u:s3cr3t@p:3128');
  } finally {
    await stage.close();
  }
});

test('passwords of proxies are shown to whoever may read secrets, and stay when others send back what they were shown', async () => {
  const stage = await openStage();
  try {
    await put(stage, 'http_proxy', 'http://u:s3cr3t@p:3128');
    const reader = await tokenOf(stage, stage.main, ['settings.*']);
    expect(await shownAs(stage, 'http_proxy', reader)).toBe('http://p:3128');
    expect((await put(stage, 'http_proxy', 'http://p:3128', reader)).status).toBe(204);
    expect(await shownAs(stage, 'http_proxy')).toBe('http://u:s3cr3t@p:3128');
  } finally {
    await stage.close();
  }
});

test('descriptions are in the language of the locale', async () => {
  const stage = await openStage();
  const nat = async () => {
    const { params } = (await askProvd(stage, 'GET', '/configure')).json as unknown as {
      params: { id: string; description: string }[];
    };
    return params.find(({ id }) => id === 'NAT')?.description;
  };
  try {
    expect(await nat()).toContain('phones');
    await put(stage, 'locale', 'fr_FR');
    expect(await nat()).toContain('téléphones');
    await put(stage, 'locale', null);
    expect(await nat()).toContain('phones');
  } finally {
    await stage.close();
  }
});

test('the plugin server is a repository, which is believed when its key was entered', async () => {
  const stage = await openStage();
  try {
    await put(stage, 'plugin_server', 'https://plugins.example.com/stable');
    const { json } = await ask(stage, 'GET', '/api/v1/repositories');
    expect(json).toMatchObject({
      repositories: [{ name: 'plugin_server', location: 'https://plugins.example.com/stable', keys: [], allow_unsigned: false }],
    });
    await put(stage, 'plugin_server', null);
    expect((await ask(stage, 'GET', '/api/v1/repositories')).json).toMatchObject({ repositories: [] });
  } finally {
    await stage.close();
  }
});
