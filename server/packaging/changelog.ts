import { ProvisioningError } from '../lib/errors.ts';

/** What the changelog of a package says about one version. */
export interface Release {
  /** Date, as 2026-11-22. */
  readonly released: string;
  /** What is new, in Markdown. */
  readonly notes: string;
}

/**
 * Finds the version in a text with headings of the form `## 1.0.2 - 2026-11-22`.
 *
 * @throws ProvisioningError plugin-invalid when it is not there, or without a date
 */
export function releaseOf(version: string, changelog: string): Release {
  const [, ...sections] = changelog.replaceAll('\r\n', '\n').split(/^## +/m);
  const section = sections.find((each) => /^\[?([^\s\]]+)/.exec(each)?.[1] === version);
  const [heading = '', ...lines] = (section ?? '').split('\n');
  const released = / - (\d{4}-\d\d-\d\d)\s*$/.exec(heading)?.[1];
  if (released === undefined || Number.isNaN(Date.parse(released))) {
    throw new ProvisioningError(
      'plugin-invalid',
      `CHANGELOG.md has no heading "## ${version} - DATE", with a date as 2026-11-22: it says what is new in this version of the package`,
    );
  }
  return { released, notes: lines.join('\n').trim() };
}
