import type { Io } from '../../server/cli/io.ts';
import { run } from '../../server/cli/program.ts';
import type { Host } from '../../server/cli/serve.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly bytes: Buffer;
}

/** A process in which nothing may be started. */
export const noHost: Host = {
  start: async () => {
    throw new Error('Nothing may be started here');
  },
  onSignal: () => {},
  exit: () => {},
  program: '/usr/bin/offhook',
};

/** Runs one command as at a terminal, with what it reads on standard input. */
export async function offhook(words: readonly string[], input = '', io: Partial<Io> = {}, host = noHost): Promise<Ran> {
  const out: Buffer[] = [];
  let err = '';
  const code = await run(
    words,
    {
      environment: {},
      terminal: false,
      columns: 80,
      rows: 24,
      out: (content) => void out.push(Buffer.from(content)),
      err: (text) => {
        err += text;
      },
      input: async () => input,
      secret: async () => undefined,
      ...io,
    },
    host,
  );
  const bytes = Buffer.concat(out);
  return { code, out: bytes.toString(), err, bytes };
}
