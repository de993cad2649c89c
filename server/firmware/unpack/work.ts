import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { ProvisioningError } from '../../lib/errors.ts';
import type { Tools } from '../../lib/tools.ts';

/** What an install may become, over all its steps. */
export interface Limits {
  /** Written to the disk, whatever archives claim. */
  readonly bytes: number;
  /** Entries of all archives, folders among them. */
  readonly files: number;
  /** Folders that a file may be in. */
  readonly depth: number;
}

export interface WorkOptions {
  readonly limits: Limits;
  readonly tools: Tools;
  readonly signal?: AbortSignal | undefined;
}

/** An install under way: what it has written and read so far, and where. */
export class Work {
  readonly limits: Limits;
  readonly tools: Tools;
  readonly signal: AbortSignal | undefined;
  readonly #folder: string;
  #written = 0;
  #passed = 0;
  #entries = 0;
  #files = 0;

  /** @param folder - exists; files are written into it, under numbers: what an archive calls them comes near no disk yet */
  constructor(folder: string, { limits, tools, signal }: WorkOptions) {
    this.limits = limits;
    this.tools = tools;
    this.signal = signal;
    this.#folder = folder;
  }

  /** Counts bytes that are written. @throws ProvisioningError firmware-too-large; the signal's reason */
  spend(bytes: number): void {
    this.#written += bytes;
    this.#check(this.#written);
  }

  /** Counts bytes that are read and written nowhere, of which there may be as many. @throws as {@link spend} */
  pass(bytes: number): void {
    this.#passed += bytes;
    this.#check(this.#passed);
  }

  #check(bytes: number): void {
    this.signal?.throwIfAborted();
    if (bytes <= this.limits.bytes) return;
    throw new ProvisioningError(
      'firmware-too-large',
      `unpacked it has more than the ${this.limits.bytes} bytes that are allowed`,
    );
  }

  /** Counts an entry of an archive. @throws ProvisioningError firmware-too-large; the signal's reason */
  countEntry(): void {
    this.signal?.throwIfAborted();
    if (++this.#entries <= this.limits.files) return;
    throw new ProvisioningError(
      'firmware-too-large',
      `unpacked it has more than the ${this.limits.files} files that are allowed`,
    );
  }

  /** Writes a new file. @returns where it lies */
  async write(content: AsyncIterable<Uint8Array>): Promise<string> {
    const path = join(this.#folder, String(this.#files++));
    const file = await open(path, 'wx', 0o644);
    try {
      for await (const piece of content) {
        this.spend(piece.length);
        await file.writeFile(piece);
      }
    } finally {
      await file.close();
    }
    return path;
  }
}
