import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { brokenPackages, sound } from '../support/broken-packages.ts';
import { pluginsFolder, repositoryPackage } from '../support/packages.ts';
import { invariants, type Sample } from './contract.ts';

const vendors = readdirSync(pluginsFolder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
const all = await Promise.all(vendors.map(repositoryPackage));

async function samplesOf(vendor: string): Promise<readonly Sample[]> {
  const { samples } = (await import(join(import.meta.dirname, vendor, 'samples.ts'))) as { samples: readonly Sample[] };
  return samples;
}

describe.each(all.map((each) => [each.id, each] as const))('%s', (id, subject) => {
  test.each(invariants.map((invariant) => [invariant.sentence, invariant] as const))('%s', async (_, invariant) => {
    const firmware = readFileSync(join(pluginsFolder, id, 'pkgs/pkgs.db'), 'utf8');
    expect(invariant.broken(subject, { all, samples: await samplesOf(id), firmware })).toEqual([]);
  });

  test('a README tells its quirks and which phones were really tried', () => {
    expect(readFileSync(join(pluginsFolder, id, 'README.md'), 'utf8').length).toBeGreaterThan(200);
  });
});

describe('each invariant bites', () => {
  test.each(invariants.map((invariant) => [invariant.sentence, invariant] as const))('%s', (sentence, invariant) => {
    expect(invariant.broken(sound.subject, sound.surroundings)).toEqual([]);
    const broken = brokenPackages[sentence];
    if (!broken) throw new Error('no package breaks it');
    expect(invariant.broken(broken.subject, broken.surroundings)).not.toEqual([]);
  });
});
