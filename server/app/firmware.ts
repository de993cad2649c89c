import { join } from 'node:path';
import { createFirmwareCache } from '../firmware/cache.ts';
import { installedFacts } from '../firmware/installed.ts';
import { checkLinks } from '../firmware/links.ts';
import { type FirmwareService, firmwareService } from '../firmware/service.ts';
import { unpack } from '../firmware/unpack.ts';
import type { Log } from '../lib/log.ts';
import { openShelf } from '../lib/shelf.ts';
import { findTools } from '../lib/tools.ts';
import type { Settings } from '../settings.ts';
import type { Fetching } from './network.ts';

/** Folders inside folders that an archive may have: nobody's has ten. */
const depth = 32;

/** What installs firmware packages, and finds their files. @param isFirst of the workers the one that changes what is installed */
export async function createFirmware(
  settings: Settings,
  { fetching, changed, log, isFirst }: { fetching: Fetching; changed(): Promise<void>; log: Log; isFirst: boolean },
): Promise<FirmwareService> {
  const folder = join(settings.data, 'firmware');
  const { unpacked_megabytes: megabytes, unpacked_files: files } = settings.firmware;
  const limits = { bytes: megabytes * 1_048_576, files, depth };
  const tools = await findTools();
  const report = (problem: string) =>
    log.warn({ event: 'firmware.left-behind', why: problem }, 'could not remove what is no longer installed');
  return firmwareService({
    shelf: await openShelf(join(folder, 'installed'), installedFacts, { sweep: isFirst, report }),
    cache: createFirmwareCache(join(folder, 'cache'), { ...fetching, log }),
    unpack: (plan, options) => unpack(plan, { ...options, limits, tools }),
    checkLinks: (wanted, options) => checkLinks(wanted, { ...options, ...fetching }),
    changed,
    now: Date.now,
  });
}
