import { type DestinationStream, type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import { localTime, timestamp } from './clock.ts';
import { LineFile, type LineFileOptions } from './line-file.ts';
import { printable } from './log-fields.ts';

export type { SecurityLog } from './security-log.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** What happened, in words of its own kind (`device.associated`), and with what; values as they are, secrets as Secret. */
export interface LogFields {
  readonly event?: string;
  readonly [name: string]: unknown;
}

type Write = (fields: LogFields, sentence?: string) => void;

/**
 * Events with fields: `log.info({ event: 'device.associated', plugin }, 'associated with digium-2.8.1')`. The sentence is for
 * people and holds what may be printed; of the fields nothing secret is printed whatever they hold (see log-fields.ts). An error
 * goes into the field `err`.
 */
export interface Log extends Readonly<Record<LogLevel, Write>> {
  /** A log that adds these fields to every event. It follows the level of its parent. */
  child(fields: LogFields): Log;
  /** Whether an event of this level is written: for fields that are dear to make. */
  enabled(level: LogLevel): boolean;
}

export interface RootLog extends Log {
  /** A child for one request, with the next number as `request`; numbers start from 1 with the process. */
  nextRequest(fields?: LogFields): Log;
  /** Takes effect at once, for all children too. */
  level: LogLevel;
  /** Opens the log file again, after logrotate has moved it. */
  reopen(): void;
  /** For the very end of a process that did not come to `close`. */
  flushSync(): void;
  close(): Promise<void>;
}

export interface LogOptions extends LineFileOptions {
  readonly level: LogLevel;
  /** `auto`: pretty on a terminal, json elsewhere. */
  readonly format: 'auto' | 'json' | 'pretty';
  /** Instead of standard output. */
  readonly file?: string | undefined;
  /** Whether standard output is a terminal: then, without a file, `auto` is pretty, and pretty is in colour. */
  readonly terminal?: boolean;
  /** Fields of every event. */
  readonly fields?: LogFields;
  /** Takes the lines instead of file and standard output. */
  readonly sink?: { write(line: string): void };
}

export function createLog(options: LogOptions): RootLog {
  const file = options.sink ? undefined : new LineFile(options.file ?? 1, options);
  const sink = options.sink ?? file ?? { write() {} };
  const terminal = options.file === undefined && (options.terminal ?? process.stdout.isTTY === true);
  const isPretty = options.format === 'pretty' || (options.format === 'auto' && terminal);
  return new PinoRootLog(options, isPretty ? prettyLines(sink, terminal) : sink, file);
}

class PinoLog implements Log {
  /** The logger of the process, whose level holds for all. */
  protected readonly root: Logger;
  readonly #make: () => Logger;
  /** Made for the first event that is written: on warn most requests write none. */
  #logger: Logger | undefined;

  constructor(root: Logger, make: () => Logger) {
    this.root = root;
    this.#make = make;
  }

  trace(fields: LogFields, sentence?: string): void {
    this.#write('trace', fields, sentence);
  }
  debug(fields: LogFields, sentence?: string): void {
    this.#write('debug', fields, sentence);
  }
  info(fields: LogFields, sentence?: string): void {
    this.#write('info', fields, sentence);
  }
  warn(fields: LogFields, sentence?: string): void {
    this.#write('warn', fields, sentence);
  }
  error(fields: LogFields, sentence?: string): void {
    this.#write('error', fields, sentence);
  }
  fatal(fields: LogFields, sentence?: string): void {
    this.#write('fatal', fields, sentence);
  }

  child(fields: LogFields): Log {
    return new PinoLog(this.root, () => this.#opened().child(printable(fields)));
  }

  enabled(level: LogLevel): boolean {
    return this.root.isLevelEnabled(level);
  }

  // A child made without options has its parent as prototype, and with it the parent's level, also a later one.
  #write(level: LogLevel, fields: LogFields, sentence: string | undefined): void {
    if (this.root.isLevelEnabled(level)) this.#opened()[level](printable(fields), sentence);
  }

  #opened(): Logger {
    this.#logger ??= this.#make();
    return this.#logger;
  }
}

class PinoRootLog extends PinoLog implements RootLog {
  readonly #file: LineFile | undefined;
  #requests = 0;

  constructor({ level, fields }: LogOptions, sink: DestinationStream, file: LineFile | undefined) {
    const logger = pino(
      {
        level,
        base: fields ? printable(fields) : null,
        timestamp: () => `,"time":"${timestamp()}"`,
        formatters: { level: (label) => ({ level: label }) },
        // Errors are printable already; pino would look for more in them.
        serializers: { err: (err: unknown) => err },
      },
      sink,
    );
    super(logger, () => logger);
    this.#file = file;
  }

  get level(): LogLevel {
    // It is only ever set to one of ours.
    return this.root.level as LogLevel;
  }
  set level(level: LogLevel) {
    this.root.level = level;
  }

  nextRequest(fields: LogFields = {}): Log {
    this.#requests++;
    return this.child({ request: this.#requests, ...fields });
  }

  reopen(): void {
    this.#file?.reopen();
  }

  flushSync(): void {
    this.#file?.flushSync();
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}

/** Each event as one line for people. */
function prettyLines(sink: DestinationStream, colour: boolean): DestinationStream {
  const format = pretty.prettyFactory({
    colorize: colour,
    translateTime: false,
    // Its own way to write a time takes three times as long as the rest of the line.
    customPrettifiers: { time: (time) => `[${localTime(String(time))}]` },
    singleLine: true,
    errorLikeObjectKeys: [],
    messageFormat: (event, key) => escapeControls(String(event[key] ?? '')),
  });
  // pino's JSON has escaped C0 in the fields already, and the escape character of colours must stay.
  return { write: (line) => void sink.write(escapeInvisible(format(line))) };
}

const escapeControls = (text: string): string => text.replaceAll(/\p{Cc}/gu, unicode);

/** What a terminal takes for a command (C1), for a line break, or for a reason to write backwards. */
const escapeInvisible = (text: string): string => text.replaceAll(/[\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g, unicode);

const unicode = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
