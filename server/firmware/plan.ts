import { ProvisioningError } from '../lib/errors.ts';
import { fits } from './glob.ts';
import type { Firmware, FirmwarePackage, RemoteFile, Step } from './model.ts';
import { expand } from './words.ts';

/** What is done to install one package. */
export interface Plan {
  /** To be fetched first. */
  readonly files: readonly RemoteFile[];
  /** In an order in which each finds what it takes. */
  readonly steps: readonly PlannedStep[];
  /** The nodes whose files are installed: those that no step takes. */
  readonly leaves: readonly string[];
}

export interface PlannedStep extends Omit<Step, 'words'> {
  /** Which files it takes. */
  readonly globs: readonly string[];
  /** Where `cp` and `unsign` put them; a folder ends in a slash. */
  readonly target?: string;
}

/**
 * How a package is installed, its variables filled in.
 *
 * @throws ProvisioningError firmware-unknown, firmware-variable-unknown, firmware-path-forbidden, firmware-glob-invalid
 */
export function planOf(firmware: Firmware, id: string): Plan {
  const { files: ids, install } = known(firmware, id);
  const files = ids.map((each) => firmware.files.get(each)).filter((file) => file !== undefined);
  const { steps } = (install && firmware.installs.get(install.id)) ?? { steps: [] };
  const variables = (nameOf: (name: string) => string) =>
    new Map([
      ...files.map(({ name }, index) => [`FILE${index + 1}`, nameOf(name)] as const),
      ...(install?.arguments ?? []).map((given, index) => [`ARG${index + 1}`, given] as const),
    ]);
  const [inGlobs, inTargets] = [variables(literal), variables((name) => name)];
  const planned = steps.map(({ from, to, filter, words }): PlannedStep => {
    const hasTarget = filter === 'cp' || filter === 'unsign';
    const globs = (hasTarget ? words.slice(0, -1) : words).map((word) => relative(expand(word, inGlobs)));
    // A glob that is none is better found now than in the middle of an install.
    for (const glob of globs) fits(glob);
    const last = hasTarget ? words.at(-1) : undefined;
    return { from, to, filter, globs, ...(last && { target: relative(expand(last, inTargets)) }) };
  });
  const taken = new Set(planned.map(({ from }) => from));
  return { files, steps: planned, leaves: planned.map(({ to }) => to).filter((node) => !taken.has(node)) };
}

/**
 * The package and all that it depends on, what others need before them.
 *
 * @throws ProvisioningError firmware-unknown; firmware-circle when it needs itself
 */
export function withDependencies(firmware: Firmware, id: string): FirmwarePackage[] {
  const found = new Set<FirmwarePackage>();
  const visit = (each: string, above: readonly string[]) => {
    if (above.includes(each)) {
      const circle = [...above.slice(above.indexOf(each)), each].join(' needs ');
      throw new ProvisioningError('firmware-circle', `Firmware packages need one another: ${circle}`);
    }
    const one = known(firmware, each);
    if (found.has(one)) return;
    for (const other of one.depends) visit(other, [...above, each]);
    found.add(one);
  };
  visit(id, []);
  return [...found];
}

function known({ packages }: Firmware, id: string): FirmwarePackage {
  const found = packages.get(id);
  if (!found) throw new ProvisioningError('firmware-unknown', `There is no firmware package ${id}`);
  return found;
}

/** A name as a glob that fits nothing else: `fw-(13).zip` has no sign that means more, `fw[1].zip` has. */
function literal(name: string): string {
  return name.replaceAll(/[*?[]/g, '[$&]');
}

/** Nothing is read or written outside the folders of an install. */
function relative(path: string): string {
  if (path !== '' && !path.startsWith('/') && !path.includes('\\') && !path.split('/').includes('..')) return path;
  throw new ProvisioningError('firmware-path-forbidden', `"${path}" is no path below the folder of a step`);
}
