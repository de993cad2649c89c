import cluster, { type Worker as Process } from 'node:cluster';
import { once } from 'node:events';
import { ProvisioningError, reason } from '../lib/errors.ts';
import type { FromWorker, Question, ToWorker } from './messages.ts';
import { type Answer, ENDED, errorOf, problemOf } from './workers.ts';

/** How long a question waits for one worker: as long as it may take to read all templates anew on a slow disk. */
const patienceMs = 10_000;

export type Addresses = (FromWorker & { kind: 'started' })['addresses'];

/** A worker process, as the primary one sees it. */
export class Member {
  readonly number: number;
  readonly since = performance.now();
  /** Where it listens. Rejects with what kept it from starting. */
  readonly started: Promise<Addresses>;
  /** It was started, and nothing speaks against it any more. Rejects with what does. */
  readonly staying: Promise<void>;
  /** How it ended: a code, the name of a signal, or why the system could not start it. */
  readonly ended: Promise<string>;
  readonly #process: Process;
  readonly #asked = new Map<number, (answer: Answer<unknown>) => void>();
  #questions = 0;
  /** What is to be said to it as soon as it hears. */
  #unsaid: ToWorker[] | undefined = [];

  /** @param ask asks all workers for this one */
  constructor(
    start: Omit<ToWorker & { kind: 'start' }, 'kind'>,
    ask: (question: Question) => Promise<readonly Answer<unknown>[]>,
  ) {
    this.number = start.number;
    this.#process = cluster.fork();
    this.ended = once(this.#process, 'exit').then(([code, signal]) => String(signal ?? code), reason);
    const [started, staying] = [deferred<Addresses>(), deferred<void>()];
    [this.started, this.staying] = [started.promise, staying.promise];
    const fail = (cause: unknown) => {
      started.reject(cause);
      staying.reject(cause);
    };
    this.#process.on('message', (message: FromWorker) => {
      if (message.kind === 'ready') this.#hears();
      else if (message.kind === 'started') started.resolve(message.addresses);
      else if (message.kind === 'staying') staying.resolve();
      else if (message.kind === 'failed') fail(errorOf(message.problem));
      else if (message.kind === 'answer') this.#answered(message.id, message.answer);
      else void ask(message).then((answers) => this.#send({ kind: 'answered', id: message.id, answers }));
    });
    void this.ended.then((how) => {
      fail(new Error(`it ended with ${how} before it served`));
      for (const id of this.#asked.keys()) this.#answered(id, { problem: problemOf(new ProvisioningError(ENDED, 'it ended')) });
    });
    this.#send({ kind: 'start', ...start });
  }

  get pid(): number | undefined {
    return this.#process.process.pid;
  }

  /** One that is still starting answers when it has started. */
  ask({ name, what }: Pick<Question, 'name' | 'what'>): Promise<Answer<unknown>> {
    this.#questions++;
    const id = this.#questions;
    return new Promise((resolve) => {
      const late = new Error(`worker ${this.number} did not answer within ${patienceMs / 1_000} s`);
      const timer = setTimeout(() => this.#answered(id, { problem: problemOf(late) }), patienceMs);
      this.#asked.set(id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      this.#send({ kind: 'asked', id, name, what });
    });
  }

  /** Lets it finish what it does. Resolves when it has ended. */
  async stop(): Promise<void> {
    this.#send({ kind: 'stop' });
    await this.ended;
  }

  #answered(id: number, answer: Answer<unknown>): void {
    this.#asked.get(id)?.(answer);
    this.#asked.delete(id);
  }

  #hears(): void {
    const unsaid = this.#unsaid ?? [];
    this.#unsaid = undefined;
    for (const message of unsaid) this.#send(message);
  }

  #send(message: ToWorker): void {
    if (this.#unsaid) this.#unsaid.push(message);
    // One that is gone hears nothing, and `ended` tells of it.
    else if (this.#process.isConnected()) this.#process.send(message, () => {});
  }
}

/** Whoever waits for it hears of a rejection; there may be nobody. */
function deferred<Value>() {
  let [resolve, reject]: [(value: Value) => void, (cause: unknown) => void] = [() => {}, () => {}];
  const promise = new Promise<Value>((fulfil, refuse) => {
    [resolve, reject] = [fulfil, refuse];
  });
  promise.catch(() => {});
  return { promise, resolve, reject };
}
