import cluster from 'node:cluster';
import { join } from 'node:path';
import { reason } from '../lib/errors.ts';
import { createLog, type RootLog } from '../lib/log.ts';
import type { Settings } from '../settings.ts';
import { version } from '../version.ts';
import { type Addresses, Member } from './member.ts';
import { pack, type Question } from './messages.ts';
import { withAllProblems } from './preflight.ts';
import { type Answer, type Answers, reloadAll, values, type Worker } from './workers.ts';

/** Until a worker that ended is started again: longer each time, so that one that cannot live does not take the processor from others. */
const firstPauseMs = 100;
const longestPauseMs = 30_000;

/** One that ran for so long was well: when it ends, it is started again at once. */
const wellMs = 60_000;

/** The server, as the one who started it sees it. */
export interface Primary {
  readonly addresses: Addresses;
  reload(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The server as several worker processes that share the phones' HTTP(S) sockets. This process listens to nothing: it starts the
 * workers, starts them again when they end, and carries what they ask each other. The first worker has all that there can be one
 * of: TFTP, the API, migrations. It starts alone, so that whatever is wrong is told once.
 *
 * @throws ProvisioningError for what the settings ask for and the system does not give; nothing is left running then
 */
export async function startWorkers(settings: Settings, { development = false } = {}): Promise<Primary> {
  // Workers take connections themselves; handed out in turn by this process, each costs more (docs/decisions/0009-workers.md).
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({ exec: join(import.meta.dirname, 'worker.js'), args: [], serialization: 'advanced' });
  const log = createLog({ ...settings.log, shared: true });
  const crew = new Crew(settings, development, log);
  try {
    const first = await crew.start(1).catch(async (cause) => {
      throw await withAllProblems(cause, settings);
    });
    crew.settle(first);
    const others = Array.from({ length: settings.workers - 1 }, (_, index) => crew.start(index + 2));
    await Promise.all([crew.staying(1), ...others]);
    crew.watch();
    log.info(
      { event: 'server.started', version, workers: settings.workers, addresses: first.map(({ url }) => url) },
      `Offhook ${version} serves phones`,
    );
    return {
      addresses: first,
      async reload() {
        log.reopen();
        const answers = await reloadAll({
          // What a worker of the same program answers to a name is what the name promises.
          ask: async <Name extends keyof Worker>(name: Name, ...what: Parameters<Worker[Name]>) =>
            (await crew.ask({ name, what })) as Answers<Name>,
        });
        // What could be read anew is in force, whatever could not.
        await crew.ask({ name: 'lookAtAll', what: [] });
        values(answers);
      },
      async close() {
        await crew.stop();
        log.info({ event: 'server.stopped' }, 'stopped');
        await log.close();
      },
    };
  } catch (cause) {
    await crew.stop();
    await log.close();
    throw cause;
  }
}

class Crew {
  readonly #development: boolean;
  readonly #log: RootLog;
  readonly #members = new Map<number, Member>();
  readonly #pauses = new Map<number, NodeJS.Timeout>();
  /** How often in a row the worker of a number did not live long. */
  readonly #failures = new Map<number, number>();
  #settings: Settings;
  #watching = false;
  #stopping = false;

  constructor(settings: Settings, development: boolean, log: RootLog) {
    this.#settings = settings;
    this.#development = development;
    this.#log = log;
  }

  /** From now on the first worker, when it is started again, takes the ports that it has, also where any free one would have done. */
  settle(addresses: Addresses): void {
    const { tftp, admin } = this.#settings;
    const [tftpPort = tftp.port, adminPort = admin.port] = ['tftp', 'admin'].map((name) => portOf(addresses, name));
    // Those that are shared node:cluster keeps, as long as one worker lives.
    this.#settings = { ...this.#settings, tftp: { ...tftp, port: tftpPort }, admin: { ...admin, port: adminPort } };
  }

  async start(number: number, takesOver = false): Promise<Addresses> {
    const { workers: count } = this.#settings;
    const settings = pack(this.#settings);
    const member = new Member({ number, count, takesOver, settings, development: this.#development }, (question) =>
      this.ask(question),
    );
    this.#members.set(number, member);
    void member.ended.then((how) => this.#ended(member, how));
    const addresses = await member.started;
    this.#log.info({ event: 'worker.started', worker: number, pid: member.pid }, `worker ${number} serves phones`);
    return addresses;
  }

  /** Rejects when a worker finds out that it cannot stay. */
  async staying(number: number): Promise<void> {
    await this.#members.get(number)?.staying;
  }

  /** From now on a worker that ends is started again. */
  watch(): void {
    this.#watching = true;
    for (let number = 1; number <= this.#settings.workers; number++) if (!this.#members.has(number)) this.#again(number, 0);
  }

  ask(question: Pick<Question, 'name' | 'what'>): Promise<Answer<unknown>[]> {
    // The one thing that is this process's, too.
    if (question.name === 'setLogLevel') [this.#log.level] = question.what as Parameters<Worker['setLogLevel']>;
    return Promise.all([...this.#members.values()].map((member) => member.ask(question)));
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    for (const pause of this.#pauses.values()) clearTimeout(pause);
    await Promise.all([...this.#members.values()].map((member) => member.stop()));
  }

  #ended({ number, pid, since }: Member, how: string): void {
    this.#members.delete(number);
    if (!this.#watching || this.#stopping) return;
    const failures = performance.now() - since > wellMs ? 0 : (this.#failures.get(number) ?? 0);
    this.#failures.set(number, failures + 1);
    const pause = Math.min(firstPauseMs * 2 ** failures, longestPauseMs);
    this.#log.error(
      { event: 'worker.ended', worker: number, pid, how, again_ms: pause },
      `worker ${number} ended with ${how}; it is started again`,
    );
    this.#again(number, pause);
  }

  #again(number: number, pause: number): void {
    const timer = setTimeout(() => {
      this.#pauses.delete(number);
      this.start(number, true).catch((cause) => {
        if (this.#stopping) return;
        this.#log.error({ event: 'worker.failed', worker: number, why: reason(cause) }, `worker ${number} could not start`);
      });
    }, pause);
    this.#pauses.set(number, timer);
  }
}

function portOf(addresses: Addresses, name: string): number | undefined {
  const url = addresses.find((address) => address.name === name)?.url;
  const port = url === undefined ? undefined : /:(\d+)$/.exec(url)?.[1];
  return port === undefined ? undefined : Number(port);
}
