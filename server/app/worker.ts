import { ProvisioningError } from '../lib/errors.ts';
import { keepHeapSmall } from '../lib/heap.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { unpack } from './messages.ts';
import { type Answer, type Answers, answerOf, problemOf, type Worker, type Workers } from './workers.ts';

/** A worker process: what `startWorkers` starts. It serves as the primary process says, and ends with it. */

// A terminal and a service manager tell all processes; the primary one hears it, too, and says what is to be done.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

keepHeapSmall();

let running: Promise<{ close(): Promise<void> } | undefined> = Promise.resolve(undefined);
let found: (worker: Worker) => void = () => {};
const self = new Promise<Worker>((resolve) => {
  found = resolve;
});
const asked = new Map<number, (answers: readonly Answer<unknown>[]) => void>();
let questions = 0;

process.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'start':
      running = start(message);
      return;
    case 'asked':
      void answer(message);
      return;
    case 'answered':
      asked.get(message.id)?.(message.answers);
      asked.delete(message.id);
      return;
    case 'stop':
      void stop();
  }
});

send({ kind: 'ready' });

async function start({ number, count, takesOver, settings, development }: ToWorker & { kind: 'start' }) {
  const workers: Workers = {
    number,
    count,
    takesOver,
    answerWith: found,
    ask: (name, ...what) => ask(name, what),
    giveUp: () => process.exit(1),
  };
  try {
    const { startApp } = await import('../app.ts');
    const app = await startApp(unpack(settings), {
      development,
      workers,
      announce: (content) => void process.stderr.write(content),
    });
    send({ kind: 'started', addresses: app.addresses });
    app.staying.then(() => send({ kind: 'staying' }), fail);
    return app;
  } catch (cause) {
    fail(cause);
    return undefined;
  }
}

function fail(cause: unknown): void {
  if (!(cause instanceof ProvisioningError)) throw cause;
  const failed: FromWorker = { kind: 'failed', problem: problemOf(cause) };
  process.send?.(failed, () => process.exit(1));
}

function ask<Name extends keyof Worker>(name: Name, what: Parameters<Worker[Name]>): Promise<Answers<Name>> {
  questions++;
  const id = questions;
  return new Promise((resolve) => {
    // What a worker of the same program answers to a name is what the name promises.
    asked.set(id, resolve as (answers: readonly Answer<unknown>[]) => void);
    send({ kind: 'ask', id, name, what });
  });
}

async function answer({ id, name, what }: ToWorker & { kind: 'asked' }): Promise<void> {
  // The primary process hands on what another worker asked, word by word.
  send({ kind: 'answer', id, answer: await answerOf(await self, name, what as Parameters<Worker[typeof name]>) });
}

async function stop(): Promise<void> {
  await (await running)?.close();
  process.exit(0);
}

function send(message: FromWorker): void {
  // Without the primary process there is nobody to tell, and this one ends.
  if (process.connected) process.send?.(message);
}
