import { createReadStream, statSync } from 'node:fs';
import { basename } from 'node:path';
import { fromPlain } from '../lib/ordered-json.ts';
import { type Document, listOf, textOf } from './client.ts';
import { type ClientOptions, clientFor, onDisk, print } from './command.ts';
import { viewFor } from './follow.ts';
import { exit, Failure, type Io } from './io.ts';
import { askList } from './pages.ts';
import { textsIn } from './values.ts';

/** Files that come at once are not worth a bar. */
const LARGE = 10_000_000;

/** Sends a file that a firmware package wants to the server, and says which one it is. */
export async function supply(file: string, options: ClientOptions, io: Io): Promise<void> {
  const client = clientFor(options, io);
  const { document } = await onDisk(async () => {
    const found = statSync(file);
    if (!found.isFile()) throw new Failure(`${file} is no file`, exit.usage);
    // Told before hundreds of megabytes are on their way: whether the token is right, and whether anything is wanted.
    const known = await askList(client, '/api/v1/firmware', 'firmware');
    if (listOf(known, 'firmware').length === 0) throw new Failure('No vendor package that is installed describes firmware');
    return client.send('/api/v1/firmware/files', shown(file, found.size, options, io));
  });
  print(io, options, document, () =>
    listOf(document, 'files')
      .map((each) => suppliedText(file, each))
      .join(''),
  );
}

function suppliedText(file: string, supplied: Document): string {
  const needing = textsIn(supplied, 'firmware');
  const commands = needing.map((key) => `  offhook firmware install ${key}\n`);
  return `${file} is ${textOf(supplied, 'name')}; it is kept for\n${commands.join('')}`;
}

/** The pieces of a file; how much of it is on its way is shown as that of an operation. */
async function* shown(file: string, end: number, options: ClientOptions, io: Io): AsyncGenerator<Buffer> {
  const view = end < LARGE ? undefined : viewFor(options, io);
  const started = new Date().toISOString();
  let current = 0;
  const show = (state: string, ended: string | null) => {
    const progress = { current, end, unit: 'bytes' };
    view?.show(fromPlain({ title: `send ${basename(file)}`, state, progress, steps: [], started, ended }) as Document);
  };
  let isFull = false;
  const timer = view?.everyMs === undefined ? undefined : setInterval(() => show('progress', null), view.everyMs);
  try {
    show('progress', null);
    for await (const piece of createReadStream(file)) {
      current += piece.length;
      yield piece;
    }
    isFull = true;
  } finally {
    clearInterval(timer);
    if (isFull) show('success', new Date().toISOString());
  }
}
