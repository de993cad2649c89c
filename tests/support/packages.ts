import { join } from 'node:path';
import { readPackageTexts } from '../../server/plugins/dao.ts';
import type { VendorPackage } from '../../server/plugins/model.ts';
import { packageOf } from '../../server/plugins/service.ts';
import type { Vendor } from '../../server/sdk.ts';

/** The folder of the repository that vendor packages lie in. */
export const pluginsFolder = join(import.meta.dirname, '../../plugins');

/** A vendor package that exists only in a test; every template it names is there, empty unless given. */
export function testPackage(
  id: string,
  definition: Partial<Vendor>,
  templates: Readonly<Record<string, string>> = {},
  pkgs: Readonly<Record<string, string>> = {},
): VendorPackage {
  const whole: Vendor = {
    vendor: id,
    version: '1',
    recognise: {},
    plugins: { [`${id}-1`]: { series: [{ version: '1.0', models: { M1: { lines: 1 } } }] } },
    artefacts: [{ name: `${id}/{mac}.cfg`, template: 'phone.tpl', format: 'text', secret: true }],
    ...definition,
  };
  const texts = new Map(whole.artefacts?.map(({ template }) => [template, '']));
  for (const [name, text] of Object.entries(templates)) texts.set(name, text);
  return packageOf(
    { id, folder: `/nowhere/${id}` },
    { definition: whole, templates: texts, pkgs: new Map(Object.entries(pkgs)) },
  );
}

/** A vendor package of the repository. */
export async function repositoryPackage(id: string): Promise<VendorPackage> {
  const folder = join(pluginsFolder, id);
  const { default: definition } = (await import(join(folder, 'plugin.ts'))) as { default: unknown };
  return packageOf({ id, folder }, { definition, ...(await readPackageTexts(folder)) });
}
