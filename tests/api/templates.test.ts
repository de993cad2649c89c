import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ask, complete, openStage, type Stage } from './stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

const path = '/api/v1/templates/acme-1/phone.tpl';
const packageText = '{{ nothing.at.all }}';
const put = (text: string, headers = {}) => ask(stage, 'PUT', path, { text }, headers);

test('an override is made, read, listed, changed and removed', async () => {
  expect((await ask(stage, 'GET', '/api/v1/templates')).json).toEqual({ templates: [], total: 0, next: null });
  const before = await ask(stage, 'GET', path);
  const none = { plugin: 'acme-1', name: 'phone.tpl', state: null, instead_of: 'acme/phone.tpl', former: null };
  expect(before.json).toEqual({ ...none, override: null, base: null, package: packageText });
  const made = await put('mine\n', { 'if-match': before.headers.get('etag') ?? '' });
  expect(made.json).toEqual({ ...none, state: 'current', override: 'mine\n', base: packageText, package: packageText });
  const summary = { plugin: 'acme-1', name: 'phone.tpl', state: 'current', instead_of: 'acme/phone.tpl' };
  expect((await ask(stage, 'GET', '/api/v1/templates')).json).toEqual({ templates: [summary], total: 1, next: null });
  expect((await put('')).json).toMatchObject({ override: '', former: 'mine\n' });
  expect((await ask(stage, 'DELETE', path)).status).toBe(204);
  expect((await ask(stage, 'GET', path)).json).toMatchObject({ override: null, former: '' });
  expect((await ask(stage, 'DELETE', path)).json).toMatchObject({ status: 404, code: 'template-unknown' });
});

test('the list has a page, one plugin, one state, or also what there is no override of', async () => {
  await put('mine\n');
  const list = async (query: string) => (await ask(stage, 'GET', `/api/v1/templates?${query}`)).json;
  const all = await list('all=true');
  expect(all.templates?.map((each) => `${each.plugin}/${each.name} ${each.state}`)).toEqual([
    'acme-1/phone.tpl current',
    ...['digium-1.1.0.0', 'digium-1.4.0.0', 'digium-2.8.1'].flatMap((id) => [`${id}/contacts.tpl null`, `${id}/phone.tpl null`]),
  ]);
  expect((await list('all=true&limit=1')).templates).toMatchObject([{ plugin: 'acme-1' }]);
  expect(await list('all=true&plugin=digium-2.8.1')).toMatchObject({ total: 2 });
  expect(await list('all=true&state=current')).toMatchObject({ total: 1 });
  expect(await list('state=good')).toMatchObject({ code: 'query-invalid' });
});

test('a change is live at once: the phone’s file is another, and its device is looked at', async () => {
  const config = { id: 'alice', raw_config: complete };
  expect((await ask(stage, 'POST', '/api/v1/configs', config)).status).toBe(201);
  await ask(stage, 'POST', '/api/v1/devices', { id: 'd', mac: '00005e005301', vendor: 'Acme', model: 'M1', config: 'alice' });
  await stage.settled();
  const device = async () => (await ask(stage, 'GET', '/api/v1/devices/d')).json;
  expect(await device()).toMatchObject({ configured: false });
  await put('user={{ lines[0].username }}\n');
  await stage.settled();
  expect(await device()).toMatchObject({ configured: true, files: [{ template: 'templates/acme-1/phone.tpl' }] });
  expect((await ask(stage, 'GET', '/api/v1/devices/d/files/acme/00005e005301.cfg')).text).toBe('user=1001');
  await ask(stage, 'DELETE', path);
  await stage.settled();
  expect(await device()).toMatchObject({ configured: false });
});

test.each([
  ['PUT', '', { text: 'theirs\n' }],
  ['DELETE', '', undefined],
  ['POST', '/merge', {}],
  ['POST', '/accept', undefined],
] as const)('%s %s is refused to who looked at another text', async (method, action, body) => {
  const old = (await ask(stage, 'GET', path)).headers.get('etag') ?? '';
  await put('mine\n');
  const { status, json } = await ask(stage, method, path + action, body, { 'if-match': old });
  expect({ status, code: json.code }).toEqual({ status: 412, code: 'revision-mismatch' });
  expect(readFileSync(join(stage.templates, 'acme-1/phone.tpl'), 'utf8')).toBe('mine\n');
});

/** As if the package had said this when the override was made. */
function base(text: string): void {
  mkdirSync(join(stage.templates, '.bases/acme-1'), { recursive: true });
  writeFileSync(join(stage.templates, '.bases/acme-1/phone.tpl'), text);
}

test('what the package changed is shown, merged and taken over', async () => {
  await ask(stage, 'PUT', path, { text: `mine\n\n{{ old }}\n` });
  base('\n{{ old }}\n');
  expect((await ask(stage, 'GET', '/api/v1/templates')).json.templates).toMatchObject([{ state: 'outdated' }]);
  const { json } = await ask(stage, 'GET', `${path}/diff`);
  expect(json.of_operator).toBe(
    '--- acme/phone.tpl as it was\n+++ templates/acme-1/phone.tpl\n@@ -1,2 +1,3 @@\n+mine\n \n {{ old }}\n',
  );
  expect(json.of_package).toContain(`+${packageText}\n\\ No newline at end of file\n`);
  expect(json.from_package).toContain('+++ templates/acme-1/phone.tpl');
  expect(json.merge).toMatchObject({ conflicts: [{ line: 1, marked: 1, base: '\n{{ old }}\n', package: packageText }] });
  const refused = (await ask(stage, 'POST', `${path}/merge`, {})).json;
  expect(refused).toMatchObject({ status: 409, code: 'template-conflicting', complaints: [{ path: 'line 1' }] });
  await ask(stage, 'POST', `${path}/accept`);
  expect((await ask(stage, 'GET', path)).json).toMatchObject({ state: 'current', base: packageText });
});

test('a clean merge answers the template as it is now', async () => {
  const where = '/api/v1/templates/digium-2.8.1/contacts.tpl';
  const now = (await ask(stage, 'GET', where)).json.package ?? '';
  await ask(stage, 'PUT', where, { text: `{# mine #}\n${now}{# old #}\n` });
  writeFileSync(join(stage.templates, '.bases/digium-2.8.1/contacts.tpl'), `${now}{# old #}\n`);
  const merged = `{# mine #}\n${now}`;
  expect((await ask(stage, 'GET', `${where}/diff`)).json.merge).toMatchObject({ text: merged, conflicts: [] });
  expect((await ask(stage, 'POST', `${where}/merge`)).json).toMatchObject({
    state: 'current',
    override: merged,
    base: now,
    former: `{# mine #}\n${now}{# old #}\n`,
  });
});

test.each([
  ['GET', '/api/v1/templates/acme-2/phone.tpl', 404, 'plugin-unknown'],
  ['GET', '/api/v1/templates/acme-1/other.tpl', 404, 'template-unknown'],
  ['GET', '/api/v1/templates/..%2facme-1/phone.tpl', 404, 'plugin-unknown'],
  ['GET', '/api/v1/templates/acme-1/..%2f..%2fx.tpl', 404, 'template-unknown'],
  ['GET', '/api/v1/templates/acme-1/phone.tpl/diff', 404, 'template-unknown'],
  ['PUT', '/api/v1/templates/acme-2/phone.tpl', 404, 'plugin-unknown'],
  ['PUT', '/api/v1/templates/.bases/phone.tpl', 404, 'plugin-unknown'],
  ['PUT', '/api/v1/templates/acme-1/..%2f..%2fx.tpl', 400, 'template-invalid'],
  ['PUT', '/api/v1/templates/acme-1/phone.txt', 400, 'template-invalid'],
])('%s %s is answered with %d %s', async (method, where, status, code) => {
  const body = method === 'PUT' ? { text: 'x' } : undefined;
  expect((await ask(stage, method, where, body)).json).toMatchObject({ status, code });
});

test('what is no template is refused with its line, and taken when it is forced', async () => {
  expect((await put('a\n{% endif %}')).json).toMatchObject({
    status: 400,
    code: 'template-invalid',
    complaints: [{ path: 'line 2' }],
  });
  expect((await ask(stage, 'PUT', path, { text: '{% endif %}', force: true })).status).toBe(200);
  expect((await ask(stage, 'PUT', path, { text: 1 })).json).toMatchObject({ code: 'body-invalid' });
});

test('a preview shows the files of a device with another text, and what is otherwise, and keeps nothing', async () => {
  await ask(stage, 'POST', '/api/v1/configs', { id: 'alice', raw_config: complete });
  await ask(stage, 'POST', '/api/v1/devices', { id: 'd', mac: '00005e005301', vendor: 'Acme', model: 'M1', config: 'alice' });
  await put('user={{ lines[0].username }}\n');
  await stage.settled();
  const before = await ask(stage, 'GET', path);
  const preview = (text: string, headers = {}) => ask(stage, 'POST', `${path}/preview`, { device: 'd', text }, headers);
  const { json } = await preview('user={{ lines[0].username }}\nname={{ lines[0].displayName }}\n');
  const [file] = json.files ?? [];
  expect(file).toMatchObject({ name: 'acme/00005e005301.cfg', text: 'user=1001\nname=Alice', problem: null });
  expect(file?.diff?.split('\n')).toContain('+name=Alice');
  expect((await preview('user={{ lines[0].username }}\n')).json.files).toMatchObject([{ diff: '' }]);
  expect((await preview('{{ oops')).json.files).toMatchObject([{ text: null, problem: expect.stringContaining('phone.tpl') }]);
  expect((await ask(stage, 'GET', path)).headers.get('etag')).toBe(before.headers.get('etag'));
  expect((await ask(stage, 'GET', '/api/v1/devices/d/files/acme/00005e005301.cfg')).text).toBe('user=1001');

  const trial = { device: 'd', text: '' };
  expect(await ask(stage, 'POST', `${path}/preview`, { ...trial, device: 'none' })).toMatchObject({
    status: 400,
    json: { complaints: [{ path: 'device' }] },
  });
  expect((await ask(stage, 'POST', '/api/v1/templates/none/x.tpl/preview', trial)).json).toMatchObject({
    code: 'plugin-unknown',
  });
  const { json: token } = await ask(stage, 'POST', '/api/v1/tokens', { name: 'x', permissions: ['#', '!secrets.read'] });
  expect((await preview('{{ lines[0].password }}', { authorization: `Bearer ${token.token}` })).status).toBe(403);
});
