/** What a command has to do with the terminal; tests put something of their own here. */
export interface Io {
  readonly environment: NodeJS.ProcessEnv;
  /** Whether a person looks at standard output. */
  readonly terminal: boolean;
  /** Width and height of the terminal in characters, as they are now; where there is none, those of a narrow one. */
  readonly columns: number;
  readonly rows: number;
  out(content: string | Buffer): void;
  err(text: string): void;
  /** All of standard input. */
  input(): Promise<string>;
  /** What whoever is at the terminal types without its being shown; undefined where there is none. */
  secret(question: string): Promise<string | undefined>;
}

/** Exit codes, as docs/cli.md tells them. */
export const exit = {
  done: 0,
  /** The server, or the system, said no. */
  failed: 1,
  /** The command was called wrongly. */
  usage: 2,
  /** `serve`: the settings cannot be used. EX_CONFIG of sysexits.h: a unit can tell systemd not to try again. */
  settings: 78,
} as const;

/** What went wrong and what to do about it, in words for the one at the terminal. */
export class Failure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = exit.failed, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
  }
}
