import { fits } from '../../server/firmware/glob.ts';
import { type Firmware, SOURCE } from '../../server/firmware/model.ts';
import { type Plan, planOf } from '../../server/firmware/plan.ts';
import { readFirmware } from '../../server/firmware/read.ts';

const known = new Map<string, Firmware>();

/**
 * Whether a plugin's packages install a file, as far as pkgs.db tells: what is copied as it was downloaded is known by its name, what
 * an archive holds only by the pattern that copies it.
 * @param text of pkgs/pkgs.db
 * @param path as a phone asks for it
 */
export function isInstalled(text: string, plugin: string, path: string): boolean {
  const firmware = known.get(text) ?? readFirmware([{ name: 'pkgs.db', text }]);
  known.set(text, firmware);
  return [...firmware.packages.values()]
    .filter(({ plugins }) => plugins.length === 0 || plugins.includes(plugin))
    .some(({ id }) => copies(planOf(firmware, id), path));
}

function copies({ files, steps }: Plan, path: string): boolean {
  return steps.some(({ filter, from, globs, target = '' }) => {
    if (filter !== 'cp') return false;
    if (!target.endsWith('/')) return path === target;
    const name = path.slice(target.length);
    if (!path.startsWith(target) || (from === SOURCE && !files.some((file) => file.name === name))) return false;
    return globs.some((glob) => fits(glob.split('/').at(-1) ?? '')(name));
  });
}
