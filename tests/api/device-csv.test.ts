import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { fc } from '../support/fuzz.ts';
import { ask, complete, openStage, PASSWORD, type Stage } from './stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

interface Told {
  readonly stored: boolean;
  readonly created: number;
  readonly updated: number;
  readonly failed: number;
  readonly rows: readonly { readonly line: number; readonly status: number; readonly id?: string; readonly problem?: object }[];
}

const url = '/api/v1/devices.csv';
const csv = { 'content-type': 'text/csv' };
const exported = async (query = '', headers = {}) => (await ask(stage, 'GET', url + query, undefined, headers)).text;
async function imported(text: string, query = '', headers: object = {}): Promise<Told> {
  const reply = await ask(stage, 'POST', url + query, text, { ...csv, ...headers });
  expect({ status: reply.status, text: reply.status === 200 ? '' : reply.text }).toEqual({ status: 200, text: '' });
  return reply.json as unknown as Told;
}
const device = async (id: string) => (await ask(stage, 'GET', `/api/v1/devices/${id}`)).json;
const bearer = async (permissions: readonly string[]) => ({
  authorization: `Bearer ${(await ask(stage, 'POST', '/api/v1/tokens', { name: 'x', permissions })).json.token}`,
});

test('devices are made of lines and changed by them, found by id or MAC address, with what became of each line', async () => {
  await imported('id,mac,model\r\na,000fd3000001,D40\r\n');
  const told = await imported('mac,description,approved\n00:0F:D3:00:00:01,"Front\ndesk, left",TRUE\n\n000fd3000002,,\nx,,\n');
  expect(told).toMatchObject({ stored: true, created: 1, updated: 1, failed: 1 });
  expect(told.rows).toMatchObject([
    { line: 2, status: 200, id: 'a' },
    { line: 5, status: 201 },
    { line: 6, status: 400, problem: { code: 'device-invalid', complaints: [{ path: 'mac' }] } },
  ]);
  expect(await device('a')).toMatchObject({ description: 'Front\ndesk, left', model: 'D40', revision: 2 });
  // An empty cell takes away; what has no column stays.
  await imported('id,model\na,\n');
  expect(await device('a')).toMatchObject({ description: 'Front\ndesk, left', model: null });
});

test.each([
  ['a mark of byte order', '\uFEFFid;mac;description\r\na;000fd3000001;"x;y"\r\n'],
  ['line feeds', 'id;mac;description\na;000fd3000001;"x;y"'],
  ['tabs', 'id\tmac\tdescription\ra\t000fd3000001\tx;y\r'],
  ['commas', 'id,mac,description\r\na,000fd3000001,x;y\r\n'],
])('a file with %s is read', async (_, text) => {
  expect(await imported(text)).toMatchObject({ created: 1, failed: 0 });
  expect(await device('a')).toMatchObject({ mac: '00:0f:d3:00:00:01', description: 'x;y' });
});

test.each([
  ['nothing', '', 'The file is empty'],
  ['a column that there is not', 'id,modle\na,b\n', 'modle is no column of devices; did you mean model?'],
  ['a column twice', 'id,mac,id\na,b,c\n', 'id is the name of two columns'],
  ['a quote that does not end', 'id,model\na,"D40\n', 'The file is no CSV'],
  ['a quote within a cell', '{"id":""}\n', 'The file is no CSV'],
  ['a quote within a cell further down', 'id,model\na,b"c"\n', 'The file is no CSV'],
])('a file with %s is refused', async (_, text, detail) => {
  expect(await ask(stage, 'POST', url, text, csv)).toMatchObject({
    status: 400,
    json: { code: 'body-invalid', detail: expect.stringContaining(detail) },
  });
});

test('a file that cannot be read on after rows of it were done tells how far it went', async () => {
  const rows = Array.from({ length: 900 }, (_, index) => `many-${index},${'x'.repeat(200)}`);
  const { json } = await ask(stage, 'POST', url, ['id,description', ...rows, 'x,b"c"', 'y,z', ''].join('\n'), csv);
  const { created, rows: told } = json as unknown as { created: number; rows: { line: number }[] };
  expect(json).toMatchObject({ stored: true, created: expect.any(Number), failed: 1 });
  expect(created).toBeGreaterThanOrEqual(250);
  expect(told.at(-1)).toMatchObject({
    line: created + 2,
    status: 400,
    problem: { code: 'body-invalid', detail: expect.stringContaining('at line 902') },
  });
  expect(await device(`many-${created - 1}`)).toMatchObject({ description: expect.stringContaining('xxx') });
  expect((await ask(stage, 'GET', `/api/v1/devices/many-${created}`)).status).toBe(404);
});

test('a file that is not in UTF-8 is refused, with the line', async () => {
  const headers = { ...csv, authorization: `Bearer a-token-of-the-administrator-for-tests` };
  const body = Buffer.from('id,description\na,caf\xe9\n', 'latin1');
  const response = await fetch(stage.url + url, { method: 'POST', headers, body });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ detail: expect.stringContaining('not in UTF-8') });
});

test('a dry run says what the import says, and changes nothing; all or none is one transaction', async () => {
  const text = 'id,mac\na,000fd3000001\nb,000fd3000001\na,000fd3000003\n';
  const told = await imported(text, '?dry_run=true');
  expect(told.rows.map(({ line, status }) => [line, status])).toEqual([
    [2, 201],
    [3, 409],
    [4, 200],
  ]);
  expect((await imported(text, '?atomic=true')).stored).toBe(false);
  expect((await ask(stage, 'GET', '/api/v1/devices')).json.total).toBe(0);
  expect(await imported(text)).toEqual({ ...told, stored: true });
});

test('a row needs the permission to make or to change devices, and shows no secret to who may not read them', async () => {
  await imported(`id,mac,options\na,000fd3000001,"{""sip_password"":""${PASSWORD}""}"\n`);
  const text = 'id,model\na,D50\nb,D50\n';
  expect((await imported(text, '', await bearer(['devices.bulk', 'devices.create']))).rows.map(({ status }) => status)).toEqual([
    403, 201,
  ]);
  const reader = await bearer(['devices.*', '!secrets.read']);
  const seen = await exported('', reader);
  expect(seen).not.toContain(PASSWORD);
  expect(await imported(seen, '', reader)).toMatchObject({ updated: 2, failed: 0 });
  expect((await device('a')).options).toEqual({ sip_password: PASSWORD });
  expect(await device('a')).toMatchObject({ revision: 1 });
});

test('a row with a revision is refused when the device was changed since', async () => {
  await imported('id,model\na,D40\n');
  const text = await exported();
  await imported('id,model\na,D50\n');
  expect((await imported(text)).rows).toMatchObject([{ line: 2, status: 412, problem: { code: 'revision-mismatch' } }]);
});

test('values of the configs of devices are columns on demand, and are passed over when they are read', async () => {
  await ask(stage, 'POST', '/api/v1/configs', { id: 'alice', raw_config: complete });
  await imported('id,mac,config\na,000fd3000001,alice\nb,000fd3000002,\n');
  const query = '?raw_config=sip_lines.1.username&raw_config=sip_lines.1.password&raw_config=no';
  const text = await exported(query);
  expect(text.split('\r\n').map((line) => line.split(',').slice(-3))).toEqual([
    ['raw_config.sip_lines.1.username', 'raw_config.sip_lines.1.password', 'raw_config.no'],
    ['1001', PASSWORD, ''],
    ['', '', ''],
    [''],
  ]);
  expect(await exported(query, await bearer(['#', '!secrets.read']))).toContain('1001,[secret],');
  expect((await ask(stage, 'GET', url + query, undefined, await bearer(['devices.read']))).status).toBe(403);
  expect(await imported(text)).toMatchObject({ updated: 2, failed: 0 });
});

test('an export has what the list has, by the same filters, and nothing that a spreadsheet would compute', async () => {
  await imported('id,model,description\na,D40,"=cmd|\' /C calc\'!A0"\nb,D50,x\n');
  const text = await exported('?model=D40');
  expect(text).toContain(`,'=cmd|' /C calc'!A0,`);
  expect(text.trimEnd().split('\r\n')).toHaveLength(2);
  await imported(text);
  expect((await device('a')).description).toBe("=cmd|' /C calc'!A0");
});

const word = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
  fc.constantFrom('=1+1', '+1', '-1', '@a', "'", "''", '\t', '\r', '"', ',', ';', '\n', ' x ', 'null', 'true', '[secrets]'),
);
const json = fc.jsonValue({ maxDepth: 2 }).filter((value) => !JSON.stringify(value).includes('[secret]'));
const options = fc.dictionary(word, json, { maxKeys: 3, noNullPrototype: true });
const record = fc.record(
  {
    serial: word,
    uuid: word,
    vendor: word,
    model: word,
    version: word,
    plugin: word,
    config: word,
    description: fc.oneof(word, fc.constant('')),
    options,
    approved: fc.boolean(),
    X_own: json,
  },
  { requiredKeys: [] },
);

test('what is exported can be imported again and changes nothing, and into an empty server makes the same', async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 5 }), async (records) => {
      const rows = records.map((each, index) => ({ create: { id: `-d${index}`, mac: `000fd300000${index}`, ...each } }));
      await ask(stage, 'POST', '/api/v1/bulk/devices', { rows });
      await stage.settled();
      const text = await exported();
      const again = await imported(text);
      expect(again.rows.filter(({ status }) => status !== 200)).toEqual([]);
      expect(await exported()).toBe(text);
      const { json: before } = await ask(stage, 'GET', '/api/v1/devices');
      compared += Number(before.total);
      await ask(stage, 'POST', '/api/v1/bulk/devices', { rows: [{ where: {}, delete: {} }] });
      expect(await imported(text)).toMatchObject({ created: before.total, failed: 0 });
      await stage.settled();
      const strip = (devices: unknown) => (devices as Record<string, unknown>[]).map(({ created, updated, ...rest }) => rest);
      expect(strip((await ask(stage, 'GET', '/api/v1/devices')).json.devices)).toEqual(strip(before.devices));
      await ask(stage, 'POST', '/api/v1/bulk/devices', { rows: [{ where: {}, delete: {} }] });
    }),
    { numRuns: 60 },
  );
  // Most of them can be stored.
  expect(compared).toBeGreaterThan(60);
}, 120_000);
