import type { Artefact, Line, Model, Series, Vendor } from '../sdk.ts';

/** A vendor package that was found, checked and taken in. */
export interface VendorPackage {
  /** Name of its folder: `digium`. */
  readonly id: string;
  /** Where its templates and pkgs lie. */
  readonly folder: string;
  readonly definition: Vendor;
  readonly plugins: readonly Plugin[];
  /** Its templates by file name, as text. */
  readonly templates: ReadonlyMap<string, string>;
  /** The files of its `pkgs` folder, which describe firmware packages, by name, as text. */
  readonly pkgs: ReadonlyMap<string, string>;
}

/** A firmware line of a package, with what follows from its table. The object is its own revision: a reload makes a new one. */
export interface Plugin {
  readonly id: string;
  readonly package: VendorPackage;
  readonly line: Line;
  /** The newest firmware release of its series. */
  readonly version: string;
  readonly models: ReadonlyMap<string, ModelRow>;
  /** The package's artefacts with the line's own; the first is the main one, whose template `<model>.tpl` may replace. */
  readonly artefacts: readonly PluginArtefact[];
}

/** An artefact with what its name says: whether it is one device's own or common to many, and whether whose it is stands in the name. */
export type PluginArtefact = Artefact & { readonly own: boolean; readonly named: boolean };

export interface ModelRow {
  readonly name: string;
  readonly model: Model;
  readonly series: Series;
}

/** A package that could not be taken in. The others work on. */
export interface BrokenPackage {
  readonly id: string;
  readonly folder: string;
  /** What is wrong and where, in one line. */
  readonly problem: string;
}
