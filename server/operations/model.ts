import { type Complaint, ProvisioningError } from '../lib/errors.ts';

/** As provd's clients know them. What was cancelled, or ended with the server, is a fail; its error says so by its code. */
export type State = 'waiting' | 'progress' | 'success' | 'fail';

export type Unit = 'bytes' | 'steps' | 'devices';

export interface Progress {
  readonly current: number;
  /** Absent: nobody knows how much there is. */
  readonly end?: number;
  readonly unit: Unit;
}

/** Why something failed, for people and programs, as ProvisioningErrors have it. */
export interface Failing {
  /**
   * The error's code; `operation-cancelled` when somebody asked for it, `operation-interrupted` when the server ended meanwhile,
   * `internal` for a fault of the server, of which the log knows more.
   */
  readonly code: string;
  readonly message: string;
  readonly complaints: readonly Complaint[];
}

/** A part of an operation. */
export interface Step {
  /** What kind of work it is, in one word for programs: `download`; empty for none. */
  readonly label: string;
  /** What it is, for people: `download T46U-108.86.0.90.rom`. */
  readonly title: string;
  /** One that still waits when all is over was not needed, or not come to. */
  readonly state: State;
  readonly progress?: Progress;
  /** Its own parts, in their order. */
  readonly steps: readonly Step[];
  /** In milliseconds since 1970, as all times here. */
  readonly started?: number;
  readonly ended?: number;
  /** Of what failed. */
  readonly error?: Failing;
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A long piece of work with progress: an installation, a download, rendering for many devices. */
export interface Operation extends Step {
  /** Twelve hexadecimal digits. */
  readonly id: string;
  /** What it is about, by kind: `{ plugin: 'yealink-v86' }`. */
  readonly subject: Readonly<Record<string, string>>;
  /** Whose it is; absent of what is about the server as a whole. */
  readonly tenant?: string;
  readonly created: number;
  /** Somebody asked for its end, and it has not come yet. */
  readonly cancelling: boolean;
  /** What came of it, as whoever started it says. */
  readonly result?: Json;
  /** Another one whenever something has changed; at most ten a second. */
  readonly revision: number;
}

/** The same work goes on already. */
export class OperationRunning extends ProvisioningError {
  /** Id of the operation that does it. */
  readonly operation: string;

  constructor(operation: string, title: string) {
    super('operation-running', `This goes on already (${title}): wait for the operation ${operation}, or cancel it`);
    this.operation = operation;
  }
}
