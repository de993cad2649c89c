import type { Sums } from '../lib/sums.ts';

/**
 * What a vendor package's `pkgs.db` says, in the language of provd's fetchfw: firmware packages, the files they are made of, and how
 * those are turned into images.
 */
export interface Firmware {
  readonly packages: ReadonlyMap<string, FirmwarePackage>;
  readonly files: ReadonlyMap<string, RemoteFile>;
  readonly installs: ReadonlyMap<string, Install>;
}

export interface FirmwarePackage {
  readonly id: string;
  readonly version: string;
  /** By locale, `fr` or `fr_CA`; the one without a locale under the empty text. */
  readonly descriptions: ReadonlyMap<string, string>;
  /** Ids of its files; `$FILE1` is the first. */
  readonly files: readonly string[];
  /** Absent for a package that is nothing but others. */
  readonly install?: { readonly id: string; readonly arguments: readonly string[] };
  /** Ids of packages that are installed with it. */
  readonly depends: readonly string[];
  /** Plugins that it is for; empty: all of the vendor package. */
  readonly plugins: readonly string[];
  /** Keys that only the package's author knows. */
  readonly extra: ReadonlyMap<string, string>;
}

export interface RemoteFile {
  readonly id: string;
  /** Absent where the vendor offers no link: an administrator supplies the file. */
  readonly url?: string;
  /** Under which the steps of an install see it; no separators in it. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** What it is known by, in lower case hexadecimal: at least one. */
  readonly sums: Sums;
  /** The server that has it wants credentials, which are in the settings. */
  readonly authenticated: boolean;
}

/** Steps, each before those that take what it makes. */
export interface Install {
  readonly id: string;
  readonly steps: readonly Step[];
}

/** One step: takes the files of a node, leaves those of another. What nobody takes is installed. */
export interface Step {
  readonly from: string;
  readonly to: string;
  readonly filter: FilterName;
  /** With `$FILE1` and `$ARG1` still in them. */
  readonly words: readonly Words[];
}

/** A word of a step: texts and variables, in their order. */
export type Words = readonly (string | { readonly variable: string })[];

/** Each filter by the number of words that it takes: at least, at most. */
export const filters = {
  cp: [2, Number.POSITIVE_INFINITY],
  unzip: [1, 1],
  untar: [1, 1],
  unrar: [1, 1],
  '7z': [1, 1],
  unsign: [2, 2],
  include: [1, Number.POSITIVE_INFINITY],
  exclude: [1, Number.POSITIVE_INFINITY],
  null: [0, 0],
} as const satisfies Record<string, readonly [least: number, most: number]>;

export type FilterName = keyof typeof filters;

/** The node that holds a package's downloads. */
export const SOURCE = 'a';
