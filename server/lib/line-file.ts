import { openSync, write, writeSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { codeOf, reason } from './errors.ts';

const writeBytes = promisify(write);

export interface LineFileOptions {
  /** Told once when writing fails, and once when it works again; by default a line on standard error. */
  readonly report?: (problem: string) => void;
  /** Other processes append to the same file or descriptor. */
  readonly shared?: boolean;
  /** Until what failed is tried again. */
  readonly retryMs?: number;
}

/** Bytes that may wait: a disk that is full or hangs for some minutes loses nothing, for good it costs no more memory. */
const MAX_WAITING = 4_194_304;

/** Logs tell who phones from where: others on the host need not read them. */
const MODE = 0o640;

/** What a pipe takes whole, however many write into it (PIPE_BUF, pipe(7)). A file takes any write whole. */
const PIPE_BYTES = 4_096;

/** Between two writes: each takes a thread and a system call, and a server that is asked a lot writes lines all the time. */
const BATCH_MS = 20;

/** A pipe whose reader is busy: soon again, and no reason for alarm. */
const BUSY_MS = 50;

/** A reader of our standard output that hangs must not keep the server from stopping. */
const CLOSE_MS = 2_000;

/** As many bytes are asked for at once. */
const PIECE_BYTES = 65_536;

/**
 * Lines as bytes. Made into bytes when they come: kept as texts until they are written, the pieces that they were put together of
 * would occupy the garbage collector.
 */
class Batch {
  readonly #full: Buffer[] = [];
  #piece = Buffer.alloc(0);
  #used = 0;
  /** Bytes in all. */
  length = 0;

  add(line: string): void {
    // A character takes three bytes at most: those of four are two characters to JavaScript.
    if (this.#used + line.length * 3 > this.#piece.length) {
      this.#full.push(this.#piece.subarray(0, this.#used));
      this.#piece = Buffer.allocUnsafe(Math.max(PIECE_BYTES, line.length * 3));
      this.#used = 0;
    }
    const size = this.#piece.write(line, this.#used);
    this.#used += size;
    this.length += size;
  }

  bytes(): Buffer {
    return Buffer.concat([...this.#full, this.#piece.subarray(0, this.#used)]);
  }
}

/**
 * A file, or a descriptor such as standard output, to which lines are appended one after the other. It never throws and never
 * makes the caller wait. What a full disk, a missing folder or a stuck reader does not take waits, up to 4 MiB; beyond, lines are
 * dropped and counted. Nothing is opened before the first line.
 */
export class LineFile {
  readonly #target: string | number;
  readonly #report: (problem: string) => void;
  readonly #retryMs: number;
  /** Most bytes of one write. */
  readonly #most: number;
  #file: FileHandle | undefined;
  #lines = new Batch();
  /** What is left of the lines that are being written. */
  #rest: Buffer = Buffer.alloc(0);
  #dropped = 0;
  #failing = false;
  #stale = false;
  #closing = false;
  #work: Promise<void> | undefined;
  #wake: (() => void) | undefined;

  constructor(target: string | number, { report = reportOnStderr, retryMs = 1_000, shared = false }: LineFileOptions = {}) {
    this.#target = target;
    this.#report = report;
    this.#retryMs = retryMs;
    this.#most = shared && typeof target === 'number' ? PIPE_BYTES : Number.POSITIVE_INFINITY;
  }

  /** Takes a line that ends with a line feed, and returns at once. */
  write(line: string): void {
    if (this.#rest.length + this.#lines.length + line.length > MAX_WAITING) {
      this.#dropped++;
      this.#failed(new Error('it takes lines too slowly'));
      return;
    }
    this.#lines.add(line);
    this.#start();
  }

  /** The next line goes into a newly opened file of that name, as logrotate wants it. */
  reopen(): void {
    if (typeof this.#target === 'number') return;
    // What came before belongs into the file before.
    this.#rest = Buffer.concat([this.#rest, this.#take()]);
    this.#stale = true;
    this.#start();
    this.#wake?.();
  }

  /** Writes now what waits, for a process that ends at once. */
  flushSync(): void {
    if (this.#lines.length === 0) return;
    try {
      const descriptor = typeof this.#target === 'number' ? this.#target : (this.#file?.fd ?? openSync(this.#target, 'a', MODE));
      writeSync(descriptor, this.#take());
    } catch (cause) {
      this.#failed(cause);
    }
  }

  /** Resolves when what waits is written, or cannot be. Nothing may be written after it. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#wake?.();
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS);
    });
    await Promise.race([this.#work, deadline]);
    clearTimeout(timer);
    await this.#file?.close().catch(() => {});
    this.#file = undefined;
  }

  #start(): void {
    this.#work ??= this.#drain().finally(() => {
      this.#work = undefined;
    });
  }

  async #drain(): Promise<void> {
    // A batch is what came meanwhile, this turn of the event loop included.
    await new Promise(setImmediate);
    while (this.#lines.length > 0 || this.#rest.length > 0 || this.#stale) {
      const wait = await this.#append();
      if (wait === 0) {
        if (!this.#closing) await this.#sleep(BATCH_MS);
        continue;
      }
      if (this.#closing && wait !== BUSY_MS) return;
      // What cannot be written keeps no process alive.
      await this.#sleep(wait, 'unref');
    }
  }

  /** Writes what waits. @returns the milliseconds until more can be written. */
  async #append(): Promise<number> {
    try {
      const descriptor = await this.#open();
      if (this.#rest.length === 0) this.#rest = this.#take();
      // flushSync was faster; nothing written is no sign that writing works.
      if (this.#rest.length === 0) return 0;
      while (this.#rest.length > 0) {
        const { bytesWritten } = await writeBytes(descriptor, linesWithin(this.#rest, this.#most));
        this.#rest = this.#rest.subarray(bytesWritten);
      }
      if (this.#failing) this.#report(`Writing to ${this.#name()} works again; ${this.#dropped} lines were lost`);
      [this.#failing, this.#dropped] = [false, 0];
      return 0;
    } catch (cause) {
      // A pipe whose reader is slow may say so instead of making us wait.
      if (codeOf(cause) === 'EAGAIN') return BUSY_MS;
      this.#failed(cause);
      return this.#retryMs;
    }
  }

  async #open(): Promise<number> {
    if (typeof this.#target === 'number') return this.#target;
    // A file that takes nothing holds up no other.
    if (this.#stale && (this.#rest.length === 0 || this.#failing)) {
      // At once: the next time may come while the file is opened.
      this.#stale = false;
      await this.#file?.close().catch(() => {});
      this.#file = undefined;
    }
    this.#file ??= await open(this.#target, 'a', MODE);
    return this.#file.fd;
  }

  #take(): Buffer {
    const lines = this.#lines;
    this.#lines = new Batch();
    return lines.bytes();
  }

  #failed(cause: unknown): void {
    if (!this.#failing) this.#report(`Cannot write to ${this.#name()}: ${reason(cause)}`);
    this.#failing = true;
  }

  #name(): string {
    return typeof this.#target === 'string' ? this.#target : 'standard output';
  }

  #sleep(milliseconds: number, alive?: 'unref'): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      if (alive === 'unref') timer.unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** As many whole lines as have room, and one at least. */
function linesWithin(bytes: Buffer, most: number): Buffer {
  if (bytes.length <= most) return bytes;
  const end = bytes.lastIndexOf(LINE_FEED, most - 1);
  return bytes.subarray(0, (end < 0 ? bytes.indexOf(LINE_FEED) : end) + 1);
}

const LINE_FEED = 0x0a;

function reportOnStderr(problem: string): void {
  try {
    writeSync(2, `offhook: ${problem}\n`);
  } catch {
    // There is nobody left to tell.
  }
}
