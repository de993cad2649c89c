import { describe, expect, test } from '@jest/globals';
import { repositoryPackage } from '../support/packages.ts';
import { compare, comparedVendors, dialectOf, explains, renderSample, samplesOf } from './comparison.ts';

const dialects = await Promise.all(
  comparedVendors.map(async (vendor) => ({ vendor, ...(await dialectOf(vendor)), ...(await repositoryPackage(vendor)) })),
);

describe.each(dialects)('$vendor', ({ vendor, differences: known, parse, plugins }) => {
  const found = Promise.resolve().then(() =>
    samplesOf(vendor, plugins).map((sample) => {
      const ours = parse(renderSample(sample), sample.artefact.template);
      return { name: `${sample.file} ${sample.case}`, sample, found: compare(sample.theirs, ours) };
    }),
  );

  test('for the same raw config every key says what provd’s file says, or stands in the list of differences with its reason', async () => {
    const unexplained = (await found).flatMap(({ name, found: each }) =>
      each
        .filter((difference) => !known.some((reason) => explains(reason, difference)))
        .map(({ key, theirs, ours }) => `${name}: ${key} is ${ours}, and ${theirs} in provd's`),
    );
    expect(unexplained).toEqual([]);
  });

  test('every reason in the list is needed', async () => {
    const all = (await found).flatMap(({ found: each }) => each);
    expect(known.filter((reason) => !all.some((each) => explains(reason, each))).map(({ why }) => why)).toEqual([]);
  });

  // What only provd's file has is not counted, such as accounts that a model does not have: it stands in the list, with its reason.
  test('most keys that both files have agree', async () => {
    for (const { name, sample, found: each } of await found) {
      const common = sample.theirs.size - each.filter(({ ours }) => ours === undefined).length;
      const differing = each.filter(({ theirs, ours }) => theirs !== undefined && ours !== undefined).length;
      expect([name, differing / common < 0.5]).toEqual([name, true]);
    }
  });
});
