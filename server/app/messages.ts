import { parseNetwork } from '../lib/ip.ts';
import type { Settings } from '../settings.ts';
import type { Answer, Problem, Worker } from './workers.ts';

/** What primary and worker processes say to each other, as structured clones. */
export type ToWorker =
  | {
      readonly kind: 'start';
      readonly number: number;
      readonly count: number;
      readonly takesOver: boolean;
      readonly settings: Portable;
      readonly development: boolean;
    }
  | ({ readonly kind: 'asked' } & Question)
  | { readonly kind: 'answered'; readonly id: number; readonly answers: readonly Answer<unknown>[] }
  | { readonly kind: 'stop' };

export type FromWorker =
  /** It hears from now on; node:cluster loses what is sent to a process that is still loading. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'started'; readonly addresses: readonly { readonly name: string; readonly url: string }[] }
  /** Nothing speaks any more against serving here. */
  | { readonly kind: 'staying' }
  | { readonly kind: 'failed'; readonly problem: Problem }
  | ({ readonly kind: 'ask' } & Question)
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answer<unknown> };

export interface Question {
  /** Tells the answer to which question it is; the one who asks counts. */
  readonly id: number;
  readonly name: keyof Worker;
  readonly what: readonly unknown[];
}

/** Settings that a structured clone can hold: it knows no BlockList. */
export type Portable = Omit<Settings, 'phones'> & {
  readonly phones: Omit<Settings['phones'], 'secrets_without_key'> & { readonly secrets_without_key: readonly string[] };
};

export function pack(settings: Settings): Portable {
  const { phones } = settings;
  return { ...settings, phones: { ...phones, secrets_without_key: phones.secrets_without_key.map(({ text }) => text) } };
}

export function unpack(portable: Portable): Settings {
  const { phones } = portable;
  const networks = phones.secrets_without_key.flatMap((text) => parseNetwork(text) ?? []);
  return { ...portable, phones: { ...phones, secrets_without_key: networks } };
}
