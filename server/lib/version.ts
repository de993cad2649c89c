/**
 * Firmware versions, as vendors write them: 66.86.0.15, 3.3.1-SP4, sip8845_65.12-0-1, 1_4_0_0.
 *
 * A version is its runs of digits and its runs of letters; whatever stands between them (. - _) only separates. The runs are
 * compared from the left, the first difference decides:
 * - digits as numbers of any length, so that 9 < 10 and 1.04 = 1.4;
 * - letters alphabetically, upper and lower case alike;
 * - where the kinds differ: alpha, beta, dev, pre, preview, rc < the end of the version < other letters < digits. So
 *   3.3.1-rc1 < 3.3.1 < 3.3.1-SP4 < 3.3.1.1.
 */
const PRE_RELEASE = new Set(['alpha', 'beta', 'dev', 'pre', 'preview', 'rc']);

/**
 * Negative when `a` is older than `b`, positive when it is newer, 0 when they differ in separators, case and leading zeros at
 * most. A total order, fit for sorting any strings.
 */
export function compareVersions(a: string, b: string): number {
  const left = components(a);
  const right = components(b);
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const order = compareComponents(left[index], right[index]);
    if (order !== 0) return order;
  }
  return 0;
}

/** Whether a version belongs to a release line: 1.4.0.0 is the line of 1.4.0.0.57389 and of 1_4_0_0, not of 1.4.0.1 or 1.4. */
export function isSameRelease(line: string, version: string): boolean {
  // As it is for nearly every request of a phone.
  if (line === version) return true;
  const whole = components(version);
  return components(line).every((component, index) => compareComponents(component, whole[index]) === 0);
}

function components(version: string): string[] {
  return version.toLowerCase().match(/[a-z]+|\d+/g) ?? [];
}

function compareComponents(a: string | undefined, b: string | undefined): number {
  const kind = kindOf(a) - kindOf(b);
  if (kind !== 0 || a === undefined || b === undefined) return kind;
  const [left, right] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  // Numbers without leading zeros: the longer is the greater. Not Number(), which takes all builds above 2^53 for one.
  if (kindOf(a) === NUMBER && left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : Number(left > right);
}

const NUMBER = 3;

function kindOf(component: string | undefined): number {
  if (component === undefined) return 1;
  if (/^\d/.test(component)) return NUMBER;
  return PRE_RELEASE.has(component) ? 0 : 2;
}
