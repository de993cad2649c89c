import { fits } from './glob.ts';
import { type Firmware, type FirmwarePackage, SOURCE } from './model.ts';
import { type Plan, planOf } from './plan.ts';

const plans = new WeakMap<FirmwarePackage, Plan>();

/**
 * Which packages install a file for a plugin, as far as pkgs.db tells: what is copied as it was downloaded is known by its name, what an
 * archive holds only by the pattern that copies it.
 * @param path as a phone asks for it, without a leading slash
 */
export function providersOf(firmware: Firmware, plugin: string, path: string): FirmwarePackage[] {
  return [...firmware.packages.values()].filter((each) => {
    if (each.plugins.length > 0 && !each.plugins.includes(plugin)) return false;
    const plan = plans.get(each) ?? planOf(firmware, each.id);
    plans.set(each, plan);
    return copies(plan, path);
  });
}

function copies({ files, steps }: Plan, path: string): boolean {
  return steps.some(({ filter, from, globs, target: written = '' }) => {
    if (filter !== 'cp') return false;
    // As provd's packages call the folder that phones see the whole of.
    const target = written === './' ? '' : written;
    if (target !== '' && !target.endsWith('/')) return path === target;
    const name = path.slice(target.length);
    if (!path.startsWith(target) || (from === SOURCE && !files.some((file) => file.name === name))) return false;
    return globs.some((glob) => fits(glob.split('/').at(-1) ?? '')(name));
  });
}
