import { inspect } from 'node:util';
import { expect, test } from '@jest/globals';
import { checkDocument, readSettings } from '../../server/configs/raw-config.ts';
import { fc, SEED } from '../support/fuzz.ts';
import { inUse } from '../support/memory.ts';
import { complete, document, mutated, secretMarker, withCertificates } from '../support/raw-config-noise.ts';

test.each([
  ['random', document],
  ['mutated', mutated],
])(
  '50,000 %s documents are judged without a throw and without a secret, and forgotten',
  (_, documents) => {
    const seen = { read: 0, refused: 0 };
    const judged = fc.property(documents, (raw) => {
      const complaints = checkDocument(raw);
      const reading = readSettings(raw);
      const refused = 'complaints' in reading;
      seen[refused ? 'refused' : 'read']++;
      const told = (refused ? [...complaints, ...reading.complaints] : complaints).map(
        ({ path, message }) => `${path}: ${message}`,
      );
      // One matcher a run: they take longer than what they look at.
      const wrong = told.filter((line) => !line.startsWith('raw_config') || /Invalid|undefined|\[object|NaN|Mark3r/.test(line));
      if (!refused && inspect(reading, { depth: null }).includes(secretMarker)) wrong.push('a secret can be printed');
      if (complaints.length > 0 && !refused) wrong.push('what is no document was read');
      expect(wrong).toEqual([]);
    });
    fc.assert(judged, { numRuns: 10_000 });
    const before = inUse();
    fc.assert(judged, { numRuns: 20_000, seed: SEED + 1 });
    const between = inUse();
    fc.assert(judged, { numRuns: 20_000, seed: SEED + 2 });
    // A hundred bytes for each document would be 2 MB. What is made once counts in one of the halves.
    expect(Math.min(between - before, inUse() - between)).toBeLessThan(1_000_000);
    // The generators reach both answers.
    expect(seen.read).toBeGreaterThan(100);
    expect(seen.refused).toBeGreaterThan(100);
  },
  // A minute of work, on machines that others load, too.
  600_000,
);

test('the configs that are mutated are right themselves', () => {
  expect(readSettings(complete)).toHaveProperty('settings');
  expect(readSettings(withCertificates)).toHaveProperty('settings');
});
