import { type Complaint, ProvisioningError, reason } from '../lib/errors.ts';
import type { LogLevel } from '../lib/log.ts';
import type { MetricValues } from '../lib/metrics.ts';
import type { RecentRequest } from '../pipeline/recent-requests.ts';
import type { Tried } from '../plugins/dao.ts';

/** What each worker process of the server can be asked by the others. */
export interface Worker {
  metrics(): Promise<MetricValues>;
  /** How many devices it has still to look at. */
  waiting(): number;
  /** What it learned while it ran, for one that starts later. */
  learned(): Learned;
  /** Under which URLs devices reached another worker; undefined is the usual one. */
  learnUrls(urls: ReadonlyMap<string, string | undefined>): void;
  /** The last requests of a device; of undefined those that no device was found for. */
  recent(device: string | undefined): readonly RecentRequest[];
  setLogLevel(level: LogLevel): void;
  /** The operators' templates of a plugin are others than before. */
  overridesChanged(plugin: string): Promise<void>;
  /** Tries the code of vendor packages that is new, for all workers: the first does it, the others say nothing. */
  tryPackages(): Promise<Tried | undefined>;
  /** Reads anew what can be read anew, and opens log files again. */
  reload(tried: Tried): Promise<void>;
  /** Takes in the vendor packages that are installed now. */
  takePackages(tried: Tried): Promise<void>;
  /** Takes in the firmware that is installed now. */
  takeFirmware(): Promise<void>;
  /** Looks at all its devices again, soon. */
  lookAtAll(): Promise<void>;
  /** At all or at some, for one who asks by this name how far it is. */
  beginRendering(job: string, which: Which | undefined): Promise<void>;
  /** Without such a job there is nothing to do: a worker that was started again looks at all of its own accord. */
  rendering(job: string): { readonly total: number; readonly left: number };
  endRendering(job: string): void;
}

/** Devices with one of these plugins, or these by their ids. */
export type Which = { readonly plugins: readonly string[]; readonly devices?: never } | { readonly devices: readonly string[] };

export interface Learned {
  readonly logLevel: LogLevel;
  readonly urls: ReadonlyMap<string, string>;
}

/** What one worker said. */
export type Answer<Value> = { readonly value: Value } | { readonly problem: Problem };

/** The code of the problem of a worker that ended before it answered. */
export const ENDED = 'worker-ended';

/** An error as it goes from one process to another. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly complaints: readonly Complaint[];
}

type ValueOf<Name extends keyof Worker> = Awaited<ReturnType<Worker[Name]>>;

/** What the workers said that were asked. */
export type Answers<Name extends keyof Worker> = readonly Answer<ValueOf<Name>>[];

/** The worker processes of the server, as one of them sees them. */
export interface Workers {
  /** Which one this process is, from 1. The first does what only one may do. */
  readonly number: number;
  readonly count: number;
  /** Another process had this number before, and ended. */
  readonly takesOver: boolean;
  /** From now on this is what answers for this process; questions that came before it have waited. */
  answerWith(worker: Worker): void;
  /** Asks all that run, this one too. Who ends meanwhile, or does not answer in time, has a problem. */
  ask<Name extends keyof Worker>(name: Name, ...what: Parameters<Worker[Name]>): Promise<Answers<Name>>;
  /** Ends this process at once, and another one takes its place: what it keeps in memory can no longer be made right. */
  giveUp(): void;
}

/** One process is the whole server. */
export function alone(): Workers {
  let self: Worker | undefined;
  return {
    number: 1,
    count: 1,
    takesOver: false,
    answerWith(worker) {
      self = worker;
    },
    async ask(name, ...what) {
      return self ? [await answerOf(self, name, what)] : [];
    },
    giveUp() {
      throw new Error('Nobody else changes what one process keeps');
    },
  };
}

export async function answerOf<Name extends keyof Worker>(
  worker: Worker,
  name: Name,
  what: Parameters<Worker[Name]>,
): Promise<Answer<ValueOf<Name>>> {
  try {
    // Of all functions that this may be, the compiler does not see that this one takes these arguments.
    const asked = worker[name] as (...given: Parameters<Worker[Name]>) => ValueOf<Name> | Promise<ValueOf<Name>>;
    return { value: await asked(...what) };
  } catch (cause) {
    return { problem: problemOf(cause) };
  }
}

/** @throws the first problem of a worker */
export function values<Value>(answers: readonly Answer<Value>[]): Value[] {
  return answers.map((answer) => {
    if ('problem' in answer) throw errorOf(answer.problem);
    return answer.value;
  });
}

/** Has all workers read anew what can be read anew. @returns what they said; what could be read is in force, whatever could not */
export async function reloadAll({ ask }: Pick<Workers, 'ask'>): Promise<Answers<'reload'>> {
  const [tried = new Map()] = heard(await ask('tryPackages')).filter((each) => each !== undefined);
  return ask('reload', tried);
}

/** What those said that could. */
export function heard<Value>(answers: readonly Answer<Value>[]): Value[] {
  return answers.flatMap((answer) => ('value' in answer ? [answer.value] : []));
}

export function problemOf(thrown: unknown): Problem {
  const { code, complaints } = thrown instanceof ProvisioningError ? thrown : { code: 'worker-failed', complaints: [] };
  return { code, message: reason(thrown), complaints };
}

export function errorOf({ code, message, complaints }: Problem): ProvisioningError {
  return new ProvisioningError(code, message, { complaints });
}

/** Which worker looks at a device ahead of the phones: each has its share, and always the same. */
export function workerOf(device: string, count: number): number {
  // FNV-1a: ids that an administrator counts up are spread as well as random ones.
  let hash = 0x811c9dc5;
  for (let index = 0; index < device.length; index++) hash = Math.imul(hash ^ device.charCodeAt(index), 0x01000193);
  return ((hash >>> 0) % count) + 1;
}
