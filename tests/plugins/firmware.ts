import type { Firmware } from '../../server/firmware/model.ts';
import { providersOf } from '../../server/firmware/provides.ts';
import { readFirmware } from '../../server/firmware/read.ts';

const known = new Map<string, Firmware>();

/**
 * Whether a plugin's packages install a file.
 * @param text of pkgs/pkgs.db
 * @param path as a phone asks for it
 */
export function isInstalled(text: string, plugin: string, path: string): boolean {
  const firmware = known.get(text) ?? readFirmware([{ name: 'pkgs.db', text }]);
  known.set(text, firmware);
  return providersOf(firmware, plugin, path).length > 0;
}
