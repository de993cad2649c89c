import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiRoutes } from '../server/api/api.ts';
import { apiPage } from '../server/api/document.ts';
import type { ApiParts } from '../server/api/parts.ts';
import { configsPage } from '../server/configs/document.ts';
import { type Evidence, vendorsPage } from '../server/plugins/document.ts';
import type { VendorPackage } from '../server/plugins/model.ts';
import { packageOf } from '../server/plugins/service.ts';
import type { Vendor } from '../server/sdk.ts';
import { settingsExample, settingsPage } from '../server/settings/document.ts';

/** They are described here, and not called. */
const routes = apiRoutes({ plugins: {}, log: {} } as ApiParts);

/** Pages that are made from the code, by their path in the repository; what people wrote around a generated part stays. */
export const generated: Readonly<Record<string, (committed: string, root: string) => string | Promise<string>>> = {
  'docs/settings.md': settingsPage,
  'offhook.yml.example': settingsExample,
  'docs/configs.md': configsPage,
  'docs/api.md': (page) => apiPage(page, routes),
  'docs/vendors.md': async (_, root) => {
    const packages = await packagesOf(root);
    return vendorsPage(packages, (id) => evidenceOf(root, id, packages));
  },
};

/** Writes the pages anew into a checkout. @returns the paths that changed */
export async function writeGenerated(root: string): Promise<string[]> {
  const changed: string[] = [];
  for (const [path, page] of Object.entries(generated)) {
    const file = join(root, path);
    const committed = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const current = await page(committed, root);
    if (current === committed) continue;
    writeFileSync(file, current);
    changed.push(path);
  }
  return changed;
}

/** The packages of the repository. Their templates are not read here. */
async function packagesOf(root: string): Promise<VendorPackage[]> {
  const ids = readdirSync(join(root, 'plugins'), { withFileTypes: true }).flatMap((each) =>
    each.isDirectory() ? [each.name] : [],
  );
  return Promise.all(
    ids.map(async (id) => {
      const { default: definition } = (await import(`../plugins/${id}/plugin.ts`)) as { default: Vendor };
      const lines = Object.values(definition.plugins);
      const named = [definition, ...lines].flatMap(({ artefacts = [] }: Partial<Vendor>) => artefacts);
      const templates = new Map(named.map(({ template }) => [template, '']));
      return packageOf({ id, folder: join(root, 'plugins', id) }, { definition, templates, pkgs: new Map() });
    }),
  );
}

/** What the tests hold a package against. */
function evidenceOf(root: string, id: string, packages: readonly VendorPackage[]): Evidence {
  const tests = join(root, 'tests/plugins');
  const vendor = packages.find((each) => each.id === id)?.definition.vendor;
  const captured = JSON.parse(readFileSync(join(tests, 'recognition.json'), 'utf8')) as readonly { info: { vendor?: string } }[];
  const folder = join(tests, id, 'provd');
  const files = existsSync(folder) ? readdirSync(folder) : [];
  return {
    captured: captured.filter(({ info }) => info.vendor === vendor).length,
    compared: files.filter((name) => !name.includes('@')).map((name) => name.replace(/\.json$/, '')),
  };
}
