import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { brokenPackages, sound } from '../support/broken-packages.ts';
import { pluginsFolder, repositoryPackage, testPackage } from '../support/packages.ts';
import { invariants, type Sample } from './contract.ts';

const vendors = readdirSync(pluginsFolder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
const all = await Promise.all(vendors.map(repositoryPackage));

async function samplesOf(vendor: string): Promise<readonly Sample[]> {
  const { samples } = (await import(join(import.meta.dirname, vendor, 'samples.ts'))) as { samples: readonly Sample[] };
  return samples;
}

describe.each(all.map((each) => [each.id, each] as const))('%s', (id, subject) => {
  test.each(invariants.map((invariant) => [invariant.sentence, invariant] as const))('%s', async (_, invariant) => {
    const firmware = [...subject.pkgs.values()].join('\n');
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

  test.each([
    ['may know what its phones ask for', 'Acme', 0],
    ['must not, if it is of another vendor', 'Rival', 1],
  ])('another package %s', (_, vendor, times) => {
    const other = testPackage('rival', { vendor, recognise: { path: [/^\/Acme\/x\.xml$/] } });
    const invariant = invariants.find(({ sentence }) => sentence.startsWith('a phone that comes up is recognised'));
    const broken = invariant?.broken(sound.subject, { ...sound.surroundings, all: [sound.subject, other] });
    expect(broken?.filter((each) => each === 'a M1 of acme-1 is claimed by rival, too')).toHaveLength(times);
  });
});
