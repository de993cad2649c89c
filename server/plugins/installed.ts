import * as z from 'zod';
import type { Shelf, Shelved } from '../lib/shelf.ts';

/** What is known of a vendor package that was installed from a repository. */
export const packageFacts = z.strictObject({
  id: z.string(),
  version: z.string(),
  /** Of the archive, in lower case hexadecimal. */
  sha256: z.string(),
  /** Where it came from: the repository's name. */
  repository: z.string(),
  channel: z.string(),
  /** Upgrades of all pass it over. */
  pinned: z.boolean(),
  /** When it was installed, in milliseconds since 1970. */
  installed: z.number().int().min(0),
});

export type PackageFacts = z.output<typeof packageFacts>;
export type InstalledPackage = Shelved<PackageFacts>;
export type PackageShelf = Shelf<PackageFacts>;

/** The key of the version that was there before the installed one, kept for a way back. No package id has this sign. */
export const formerKey = (id: string): string => `${id}@former`;

/** The installed ones by their id, without the former ones. */
export function installedOnes(shelf: PackageShelf): ReadonlyMap<string, InstalledPackage> {
  return new Map([...shelf.items].filter(([key]) => !key.includes('@')));
}
