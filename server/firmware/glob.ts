import { ProvisioningError } from '../lib/errors.ts';

/**
 * Which of some paths fit a glob, as a shell has it: `*` and `?` stand for any signs within one name, `[a-z]` and `[!a-z]` for one of
 * some; a name that begins with a dot wants one in the glob. Upper and lower case differ.
 *
 * @returns a test of relative paths, with slashes
 * @throws ProvisioningError firmware-glob-invalid
 */
export function fits(glob: string): (path: string) => boolean {
  const names = glob.split('/').filter((name) => name !== '' && name !== '.');
  return compiled(glob, names.map((name) => (name.startsWith('.') ? '' : '(?!\\.)') + sourceOf(name, '[^/]')).join('/'));
}

/**
 * Which of some paths fit a pattern as Python's fnmatch has it: as {@link fits}, but slashes and leading dots are signs like others.
 *
 * @throws ProvisioningError firmware-glob-invalid
 */
export function matches(pattern: string): (path: string) => boolean {
  return compiled(pattern, sourceOf(pattern, '.'));
}

function compiled(glob: string, source: string): (path: string) => boolean {
  try {
    const pattern = new RegExp(`^${source}$`, 'su');
    return (path) => pattern.test(path);
  } catch (cause) {
    throw new ProvisioningError('firmware-glob-invalid', `${glob} is no glob: a range in brackets goes from low to high`, {
      cause,
    });
  }
}

/** @param any - what `?` stands for */
function sourceOf(glob: string, any: string): string {
  return glob.replaceAll(/\*+|\?|\[(?<not>!?)(?<set>\]?[^\]]*)\]|(?<sign>.)/gsu, (all, not, set, sign) => {
    if (sign !== undefined) return literal(sign);
    if (set !== undefined) return `[${not === '!' ? '^' : ''}${set.replaceAll(/[\\\]^[]/g, '\\$&')}]`;
    return all === '?' ? any : `${any}*`;
  });
}

function literal(sign: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(sign) ? `\\${sign}` : sign;
}
