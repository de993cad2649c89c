import type { Config } from '../configs/model.ts';
import type { Actor } from '../lib/actor.ts';
import type { Difference } from '../lib/differences.ts';

/** What was changed. */
export interface Subject {
  /** What kind of thing it is, in one word: device, config, tenant, token, user, template, plugin, firmware, repository, settings … */
  readonly resource: string;
  readonly id: string;
  /** Whose it is; a tenant is its own. Absent of what is everybody's. */
  readonly tenant?: string;
  /** Of what has one: the one that it has since. Of what was removed, its last. */
  readonly revision?: number;
}

/** One change: who changed what, when, from where. */
export interface Entry {
  /** Rises from entry to entry, and is never used again. */
  readonly number: number;
  /** Milliseconds since 1970. Never before that of the entry before it, even where the clock was set back. */
  readonly at: number;
  /** With the name that it had then. */
  readonly who: Omit<Actor, 'from'>;
  readonly from?: Actor['from'];
  readonly what: Subject;
  /** What was done: created, changed, removed, rolled-back, or in one word of the resource's own (installed). */
  readonly action: string;
  /** In the words of the API; without secrets. Empty where only the order of keys is another. */
  readonly diff: readonly Difference[];
}

/** A config as it was before a change, without its raw config, which may be large. */
export type VersionSummary = Omit<Config, 'raw' | 'extra' | 'code'> & {
  /** When the change came. */
  readonly replaced: number;
  /** Number of the entry of that change; it may be forgotten by now. */
  readonly entry: number;
};

/** It holds secrets, as the config does. */
export type Version = VersionSummary & Pick<Config, 'raw' | 'extra' | 'code'>;
