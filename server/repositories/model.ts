import type { InterfaceRange } from '../sdk/interface.ts';

/** Where the versions of a repository stand: those for everybody, those to be tried, those of yesterday. */
export const channels = ['stable', 'testing', 'archive'] as const;
export type Channel = (typeof channels)[number];

/** What a vendor package says of itself: `plugin-info` in its archive, and its row in the index. */
export interface PackageInfo {
  /** `digium` */
  readonly id: string;
  readonly version: string;
  /** The vendor's name as devices carry it: `Digium`. */
  readonly vendor: string;
  /** By language, `fr`; the one for everybody under the empty text. */
  readonly descriptions: ReadonlyMap<string, string>;
  /** Date, as 2026-11-22. */
  readonly released: string;
  /** What is new in this version, in Markdown. */
  readonly notes: string;
  readonly interface: InterfaceRange;
  /** Firmware lines by plugin id, with their newest firmware release and their models. */
  readonly plugins: Readonly<Record<string, { readonly version: string; readonly models: readonly string[] }>>;
  /** As provd writes them: `Digium, D40, 1.4.0.0` → what the phone can. */
  readonly capabilities: Capabilities;
}

export type Capabilities = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** One archive of a repository. */
export interface IndexEntry extends PackageInfo {
  /** Name of its file beside the index: `digium-1.0.0.tar.gz`. */
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  /** Lower case hexadecimal. */
  readonly sha256: string;
}

/** What a channel of a repository holds: `index.json`. */
export interface Index {
  readonly channel: Channel;
  /** Grows with each change. */
  readonly serial: number;
  readonly created: Date;
  /** Not to be believed after this time. */
  readonly expires?: Date;
  readonly packages: readonly IndexEntry[];
}

export const INDEX = 'index.json';
export const SIGNATURE = 'index.json.sig';

/** The format of the index that this server reads and writes. */
export const FORMAT = 1;

/** Bytes at most: of an index, of its signature, of an archive, of what is in it. Real ones have a thousandth. */
export const most = { index: 33_554_432, signature: 4_096, archive: 67_108_864, unpacked: 134_217_728 };

export function archiveName({ id, version }: Pick<PackageInfo, 'id' | 'version'>): string {
  return `${id}-${version}.tar.gz`;
}
