/**
 * How an override stands to the template of the package that it was made from:
 * `current`: that template is still what it was; `outdated`: it changed; `same`: the override says what the package says, and is of no
 * use; `orphaned`: the plugin or the template is no longer there; `own`: no template of the package is meant by its name, such as one
 * that other overrides import.
 */
export type OverrideState = 'current' | 'outdated' | 'same' | 'orphaned' | 'own';

/** A template by plugin and file name, which may lie in the operator's folder, in the package, or in both. */
export interface Template {
  readonly plugin: string;
  /** File name, with `.tpl`. */
  readonly name: string;
  /** Absent when there is no override. */
  readonly state?: OverrideState;
  /** The operator's text. */
  readonly override?: string;
  /** What the package's template was when the override was made, or last merged or accepted. */
  readonly base?: string;
  /** What would be used without the override: `digium/phone.tpl`, and its text. */
  readonly origin?: Origin;
  /** The operator's text before it was last changed or removed through the server. */
  readonly former?: string;
}

export interface Origin {
  readonly name: string;
  readonly text: string;
}

/** An override that there is. */
export type Override = Template & { readonly state: OverrideState; readonly override: string };

/** Texts by plugin and file name. */
export type Texts = ReadonlyMap<string, ReadonlyMap<string, string>>;
