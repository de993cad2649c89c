import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFirmwareCache } from '../../server/firmware/cache.ts';
import { installedFacts } from '../../server/firmware/installed.ts';
import { type FirmwareService, firmwareService } from '../../server/firmware/service.ts';
import type { Log } from '../../server/lib/log.ts';
import { openShelf } from '../../server/lib/shelf.ts';
import { packageFacts } from '../../server/plugins/installed.ts';
import { type PackageService, packageService } from '../../server/plugins/packages.ts';
import type { Catalogue } from '../../server/plugins/service.ts';
import { localShelf } from '../../server/repositories/open.ts';
import { type RepositoryService, repositoryService } from '../../server/repositories/service.ts';

/** What installs, in a folder of its own, without a network. */
export interface Installs {
  readonly packages: PackageService;
  readonly repositories: RepositoryService;
  readonly firmware: FirmwareService;
  close(): Promise<void>;
}

const unused = () => Promise.reject(new Error('Nothing is installed on this stage'));

export async function openInstalls(catalogue: Catalogue, log: Log): Promise<Installs> {
  const folder = await mkdtemp(join(tmpdir(), 'offhook-installs-'));
  const report = (problem: string) => log.warn({ event: 'test.left-behind', problem }, problem);
  const repositories = await repositoryService({
    directory: join(folder, 'repositories'),
    shelfOf: localShelf,
    now: Date.now,
    distrusted: (name, { message }) => report(`${name}: ${message}`),
  });
  const network = { proxies: {} };
  const firmware = firmwareService({
    shelf: await openShelf(join(folder, 'firmware'), installedFacts, { report }),
    cache: createFirmwareCache(join(folder, 'cache'), { network, credentialsFor: () => undefined, log }),
    unpack: unused,
    checkLinks: async () => [],
    changed: unused,
    now: Date.now,
  });
  firmware.describe(catalogue.packages);
  const packages = packageService({
    shelf: await openShelf(join(folder, 'packages'), packageFacts, { report }),
    catalogue: () => catalogue,
    load: unused,
    bundled: async () => undefined,
    available: () => repositories.available(),
    fetch: unused,
    unpack: unused,
    readPkgs: unused,
    devicesWith: async () => 0,
    leaving: unused,
    takeIn: unused,
    configure: unused,
    now: Date.now,
  });
  return { packages, repositories, firmware, close: () => rm(folder, { recursive: true }) };
}
