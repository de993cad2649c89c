import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { apiRoutes } from '../../server/api/api.ts';
import type { ApiParts } from '../../server/api/parts.ts';
import { fc } from '../support/fuzz.ts';
import { ask, complete, openStage, PASSWORD, type Stage, TOKEN, textOf } from './stage.ts';

/** In every place for a secret, and in nothing that is sent later. */
const MARKER = 'marker-0f-a-s3cr3t';

let stage: Stage;
/** May do everything but read secrets. */
let reader: string;
beforeAll(async () => {
  stage = await openStage();
  const raw = { ...complete, admin_password: MARKER, X_api_token: MARKER };
  await ask(stage, 'POST', '/api/v1/configs', { id: 'c', raw_config: raw, X_token: MARKER });
  await ask(stage, 'PUT', '/api/v1/configs/c', { raw_config: { ...raw, locale: 'fr_FR' }, X_token: MARKER });
  await ask(stage, 'POST', '/api/v1/configs', { id: 'f', raw_config: complete, code: CODE });
  const device = { id: 'd', mac: '000fd3000001', vendor: 'Digium', model: 'D40', config: 'c' };
  await ask(stage, 'POST', '/api/v1/devices', { ...device, options: { sip_password: MARKER }, X_secret: MARKER });
  await ask(stage, 'POST', '/api/v1/tenants', { name: 'secretive', provisioning_key: MARKER });
  const { json } = await ask(stage, 'POST', '/api/v1/tokens', { name: 'reader', permissions: ['#', '!secrets.read'] });
  reader = json.token ?? '';
});
afterAll(() => stage.close());

const KEY = 'marker-key-of-a-tenant';
/** Of a config; no other number that is made here has these digits. */
const CODE = '9473920183';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom(
    '',
    'd',
    'c',
    '__proto__',
    'constructor',
    'null',
    '\0',
    '\ud800',
    '..',
    '000fd3000001',
    '1e999',
    'X_a',
    'x'.repeat(5_000),
  ),
);
const paths = apiRoutes({ log: {}, plugins: {} } as unknown as ApiParts).map(({ path }) => path);
const word = fc.oneof(fc.constantFrom('d', 'c', 'none', 'Digium/000fd3000001.cfg'), text.map(inPath));
const path = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(fc.constantFrom(...paths), word).map(([route, part]) => route.replaceAll(/[:*]\w+/g, () => part)),
  },
  { weight: 1, arbitrary: text.map((tail) => `/api/v1/${inPath(tail)}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('/api/v1/devices/%ff', '/api/v1/devices/d/files/%', '/api/v1/configs/%c0%80', '//', '/%2e%2e/api'),
  },
);
const parameter = fc.tuple(
  fc.constantFrom(
    'tenant',
    'mac',
    'ip',
    'limit',
    'cursor',
    'fields',
    'search',
    'changed_since',
    'state',
    'sort',
    'descendants',
    'approved',
    'configured',
    'role',
    'transient',
    'model',
    '__proto__',
  ),
  fc.oneof(text.map(inPath), fc.constantFrom('1', '0', 'true', 'false', '999999999', 'mac', '%', '%ff', '10.0.0.1')),
);
const query = fc.array(parameter, { maxLength: 4 }).map((pairs) => pairs.map((pair) => pair.join('=')).join('&'));

const value = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  text,
  fc.constantFrom(
    Number.MAX_VALUE,
    -0,
    complete,
    [],
    {},
    { password: PASSWORD },
    [PASSWORD],
    '00:0f:d3:00:00:02',
    '10.0.0.1',
    'c',
    'autocreate',
  ),
);
const names = fc.constantFrom(
  ...[
    'id',
    'tenant',
    'mac',
    'ip',
    'serial',
    'uuid',
    'plugin',
    'config',
    'options',
    'description',
    'approved',
    'X_a',
    '__proto__',
    'extra',
  ],
  ...[
    'raw_config',
    'parent_ids',
    'role',
    'transient',
    'deletable',
    'revision',
    'name',
    'provisioning_key',
    'level',
    'code',
    'phone',
    'take',
  ],
);
const object = fc.dictionary(fc.oneof(names, text), value, { maxKeys: 6 });
const id = fc.constantFrom('c', 'd', 'e');
const rawConfig = fc.oneof(
  fc.constant(complete),
  fc.dictionary(fc.constantFrom('sip_lines', 'locale', 'X_x', 'funckeys'), value),
  object,
);
/** What is nearly right comes further. */
const likely = fc.oneof(
  fc.record({ id, raw_config: rawConfig, parent_ids: fc.array(id) }, { requiredKeys: ['raw_config'] }),
  fc.record(
    { id, options: object, X_a: value, mac: fc.constantFrom('000fd3000001', '000fd3000002'), config: id },
    { requiredKeys: [] },
  ),
  fc.record(
    {
      code: fc.oneof(fc.constantFrom('4711', CODE), text),
      phone: fc.oneof(fc.dictionary(fc.constantFrom('username', 'device', 'mac', 'ip'), value), fc.record({ device: id })),
      take: fc.boolean(),
      id,
      raw_config: rawConfig,
    },
    { requiredKeys: ['code'] },
  ),
  fc.record({ name: text, provisioning_key: fc.oneof(fc.constant(KEY), text) }, { requiredKeys: [] }),
);
const body = fc.oneof(
  object.map((each) => JSON.stringify(each)),
  likely.map((each) => JSON.stringify(each)),
  fc.jsonValue().map((each) => JSON.stringify(each)),
  text,
  fc.constantFrom(`${'{"a":'.repeat(70)}1${'}'.repeat(70)}`, `{"options":${'{"a":'.repeat(63)}1${'}'.repeat(63)}}`, '[1e400]'),
);

/** Half a surrogate pair has no UTF-8. */
function wellFormed(raw: string): string {
  return Buffer.from(raw).toString();
}

function inPath(raw: string): string {
  return encodeURIComponent(wellFormed(raw)).replaceAll('.', '%2E');
}

test('no request whatever gets an answer of 500, or a secret in an error, an event or the log, or any that one may not read', async () => {
  const method = fc.constantFrom('GET', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD');
  const statuses = new Map<number, number>();
  const twice: [string, string, string, string, boolean] = ['POST', '/api/v1/configs', '', '{"id":"e","raw_config":{}}', false];
  const listening = new AbortController();
  const told = await fetch(`${stage.url}/api/v1/events`, {
    headers: { authorization: `Bearer ${reader}` },
    signal: listening.signal,
  });
  let events = '';
  const heard = (async () => {
    for await (const bytes of told.body ?? []) events += Buffer.from(bytes);
  })().catch(() => {});
  let turn = 0;
  await fc.assert(
    fc.asyncProperty(method, path, query, body, fc.boolean(), async (verb, where, asked, sent, matched) => {
      turn++;
      const isReader = turn % 2 === 0;
      const hasBody = verb !== 'GET' && verb !== 'HEAD';
      const response = await fetch(`${stage.url}${where}${asked === '' ? '' : `?${asked}`}`, {
        method: verb,
        headers: {
          authorization: `Bearer ${isReader ? reader : TOKEN}`,
          ...(matched && { 'if-match': '*' }),
          ...(hasBody && { 'content-type': 'application/json' }),
        },
        ...(hasBody && { body: wellFormed(sent) }),
      });
      const answer = await textOf(response);
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      expect(response.status).toBeLessThan(500);
      if (isReader) expect(answer).not.toContain(MARKER);
      if (isReader) expect(answer).not.toContain(CODE);
      if (response.status >= 400) {
        expect(answer).not.toContain(PASSWORD);
        expect(answer).not.toContain(KEY);
        expect(answer).not.toContain(MARKER);
        expect(answer).not.toContain(CODE);
      }
    }),
    { numRuns: 6_000, examples: [twice, twice, ['DELETE', '/api/v1/configs/e', '', '', false]] },
  );
  // It came past the door, and into the services: the examples, which come first, see to the rarest.
  expect([...statuses.keys()].sort()).toEqual(expect.arrayContaining([200, 201, 204, 400, 404, 405, 409]));
  await stage.settled();
  listening.abort();
  await heard;
  expect(events).toContain('event: change');
  expect(events).not.toContain(MARKER);
  expect(events).not.toContain(PASSWORD);
  expect(events).not.toContain(CODE);
  const isTold = (line: string) => [PASSWORD, KEY, MARKER, CODE].some((secret) => line.includes(secret));
  expect(stage.log.filter(isTold)).toEqual([]);
  expect(stage.log.filter((line) => line.includes('api.failed'))).toEqual([]);
}, 600_000);
