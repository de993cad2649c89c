import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readPackageTexts } from '../../server/plugins/dao.ts';
import type { VendorPackage } from '../../server/plugins/model.ts';
import { packageOf } from '../../server/plugins/service.ts';
import { pluginsFolder } from '../support/packages.ts';
import { invariants, type Sample } from './contract.ts';

const script = join(pluginsFolder, '../templates/new-vendor/new-vendor.mjs');
const root = mkdtempSync(join(tmpdir(), 'offhook-new-vendor-'));
const folder = join(root, 'plugins/zenith');

let subject: VendorPackage;
let samples: readonly Sample[];

function scaffold(name: string) {
  return spawnSync(process.execPath, [script, name, root], { encoding: 'utf8' });
}

beforeAll(async () => {
  expect(scaffold('zenith').stderr).toBe('');
  const { default: definition } = (await import(join(folder, 'plugin.ts'))) as { default: unknown };
  subject = packageOf({ id: 'zenith', folder }, { definition, ...(await readPackageTexts(folder)) });
  ({ samples } = (await import(join(root, 'tests/plugins/zenith/samples.ts'))) as { samples: readonly Sample[] });
});

afterAll(() => rmSync(root, { recursive: true }));

test.each(invariants.map((invariant) => [invariant.sentence, invariant] as const))(
  'of a scaffolded vendor, %s',
  (_, invariant) => {
    const firmware = readFileSync(join(folder, 'pkgs/pkgs.db'), 'utf8');
    expect(invariant.broken(subject, { all: [subject], samples, firmware })).toEqual([]);
  },
);

test('a vendor that exists is not overwritten', () => {
  const { status, stderr } = scaffold('zenith');
  expect([status, stderr]).toEqual([1, 'plugins/zenith exists already\n']);
});

test.each(['', 'Acme', '../acme', 'a b'])('%p is no name for a vendor', (name) => {
  const { status, stderr } = scaffold(name);
  expect([status, stderr]).toEqual([2, 'Name the vendor in lower case: make new-vendor V=acme\n']);
});
