import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { statusOf } from '../../server/api/problem.ts';
import { ProvisioningError } from '../../server/lib/errors.ts';
import { ask, complete, openStage, type Stage } from '../api/stage.ts';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/dial-a-code.md'), 'utf8');
const dialplan = /`extensions\.conf`:\n\n```ini\n(.*?)```/s.exec(page)?.[1] ?? '';
const bodies = [...dialplan.matchAll(/Set\(BODY=(.*)\)$/gm)].map(([, body = '']) => body);
const [, permissions = ''] = /offhook token add pbx ([\w. ]+)$/m.exec(page) ?? [];

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
  await ask(stage, 'POST', '/api/v1/configs', { id: 'auto', role: 'autocreate', raw_config: complete });
  await ask(stage, 'POST', '/api/v1/configs', { id: 'alice', code: '004711', raw_config: complete });
  await ask(stage, 'POST', '/api/v1/devices', {
    id: 'd',
    mac: '000fd3000001',
    ip: '192.0.2.101',
    vendor: 'Digium',
    model: 'D40',
  });
});
afterEach(() => stage.close());

test('what the dialplan sends is understood, with the token that is made for it', async () => {
  const { json } = await ask(stage, 'POST', '/api/v1/tokens', { name: 'pbx', permissions: permissions.split(' ') });
  const pbx = { authorization: `Bearer ${json.token}` };
  const said = { '${FILTER(0-9,${CODE})}': '004711', '${PHONE}': '192.0.2.101' };
  const [claim, release] = bodies.map((body) =>
    Object.entries(said).reduce((text, [name, value]) => text.replace(name, value), body),
  );
  expect(await ask(stage, 'POST', '/api/v1/claims', claim, pbx)).toMatchObject({
    status: 202,
    json: { device: 'd', config: 'alice' },
  });
  expect(await ask(stage, 'POST', '/api/v1/claims/release', release, pbx)).toMatchObject({ status: 202, json: { device: 'd' } });
  expect((await ask(stage, 'GET', '/api/v1/configs', undefined, pbx)).status).toBe(403);
});

test('every error of a claim is in the table, with its status', () => {
  const rows = [...page.matchAll(/^\| `([\w-]+)` \| (\d+) \|/gm)].map(([, code, status]) => [code, Number(status)] as const);
  for (const [code, status] of rows)
    expect({ code, status: statusOf(new ProvisioningError(`${code}`, '')) }).toEqual({ code, status });
  const folder = 'server/pipeline/claim';
  const sources = [`${folder}/claim.ts`, `${folder}/phone.ts`, 'server/access/claim-limiter.ts'];
  const thrown = sources.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/new (?:ProvisioningError|Limited)\(\s*'([\w-]+)'/g)].map(
      ([, code]) => code,
    ),
  );
  expect(rows.map(([code]) => code).sort()).toEqual([...new Set(thrown)].sort());
});

test('the dialplan leads nowhere that is not there, and closes what it opens', () => {
  const steps = dialplan.split('\n').filter((line) => /^(?:exten| same) =>/.test(line));
  expect(steps.length).toBeGreaterThan(20);
  for (const step of steps) {
    for (const [open, close] of ['()', '{}', '[]'].map((pair) => [...pair]))
      expect({ step, closed: step.split(`${close}`).length }).toEqual({ step, closed: step.split(`${open}`).length });
    // A semicolon begins a comment.
    expect(step).not.toContain(';');
  }
  const places = new Set([...dialplan.matchAll(/^exten => (\w+),1,/gm)].map(([, name]) => name));
  const called = [...dialplan.matchAll(/(?:Gosub\(|Goto\(offhook,)(\w+),1/g)].map(([, name]) => name);
  expect(called.filter((name) => !places.has(name))).toEqual([]);
  expect([...new Set(called)].sort()).toEqual([...places].sort());
});
