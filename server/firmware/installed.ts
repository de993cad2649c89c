import * as z from 'zod';
import type { Shelf, Shelved } from '../lib/shelf.ts';

const count = z.number().int().min(0);

/** What is known of a firmware package that is installed: enough to serve and to remove it without the package that described it. */
export const installedFacts = z.strictObject({
  /** Id of the vendor package that described it. */
  vendor: z.string(),
  id: z.string(),
  version: z.string(),
  /** Plugins that it is for; empty: all of the vendor package. */
  plugins: z.array(z.string()),
  /** Ids of the firmware packages that were installed with it because it needs them. */
  depends: z.array(z.string()),
  /** What phones can ask for, with bytes. */
  files: z.array(z.strictObject({ path: z.string(), size: count })),
  /** What it was made of, to be kept in the cache. */
  sources: z.array(z.strictObject({ id: z.string(), name: z.string(), size: count, sums: z.record(z.string(), z.string()) })),
  /** An administrator asked for it; otherwise it goes with the last that needs it. */
  asked: z.boolean(),
  /** When it was installed, in milliseconds since 1970. */
  installed: count,
});

export type Facts = z.output<typeof installedFacts>;
export type Installed = Shelved<Facts>;
export type InstalledShelf = Shelf<Facts>;

/** Folder of an item of the shelf in which its files lie. */
export const FILES = 'files';

/** How a firmware package is called among all vendors': `yealink/T46U-fw-108.86.0.90`. */
export const keyOf = (vendor: string, id: string): string => `${vendor}/${id}`;
