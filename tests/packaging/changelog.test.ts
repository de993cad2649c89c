import { expect, test } from '@jest/globals';
import { releaseOf } from '../../server/packaging/changelog.ts';

const text = `# Changelog

## [1.1.0] - 2026-02-28

### Added

- Keys.

## 1.1 - 2026-01-31
- Lines.

## 1.0
`;

test.each([
  ['1.1.0', { released: '2026-02-28', notes: '### Added\n\n- Keys.' }],
  ['1.1', { released: '2026-01-31', notes: '- Lines.' }],
])('version %s is found, also in a text of another system', (version, release) => {
  expect(releaseOf(version, text)).toEqual(release);
  expect(releaseOf(version, text.replaceAll('\n', '\r\n'))).toEqual(release);
});

test.each(['1.0', '1', '2.0', ''])('version %p is not there, or has no date', (version) => {
  expect(() => releaseOf(version, text)).toThrow(`CHANGELOG.md has no heading "## ${version} - DATE"`);
});

test('a day that the calendar does not have is none', () => {
  expect(() => releaseOf('1', '## 1 - 2026-13-01\n')).toThrow(/has no heading/);
});
