import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiRoutes } from '../server/api/api.ts';
import { apiPage } from '../server/api/document.ts';
import type { ApiParts } from '../server/api/parts.ts';
import { configsPage } from '../server/configs/document.ts';
import { settingsExample, settingsPage } from '../server/settings/document.ts';

/** They are described here, and not called. */
const routes = apiRoutes({ plugins: {}, log: {} } as ApiParts);

/** Pages that are made from the code, by their path in the repository; what people wrote around a generated part stays. */
export const generated: Readonly<Record<string, (committed: string) => string>> = {
  'docs/settings.md': settingsPage,
  'offhook.yml.example': settingsExample,
  'docs/configs.md': configsPage,
  'docs/api.md': (page) => apiPage(page, routes),
};

/** Writes the pages anew into a checkout. @returns the paths that changed */
export function writeGenerated(root: string): string[] {
  return Object.entries(generated).flatMap(([path, page]) => {
    const file = join(root, path);
    const committed = readFileSync(file, 'utf8');
    const current = page(committed);
    if (current === committed) return [];
    writeFileSync(file, current);
    return [path];
  });
}
