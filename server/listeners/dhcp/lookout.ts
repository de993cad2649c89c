import { setTimeout as sleep } from 'node:timers/promises';
import { ProvisioningError } from '../../lib/errors.ts';
import type { Interface } from '../../lib/interfaces.ts';
import { explainRefusal } from './refusal.ts';
import { findRivals, type Rival, randomMac } from './rival.ts';

export type LookoutEvent =
  /** Another server answers there: nobody is answered by us, as long as it does. */
  | { readonly kind: 'rival'; readonly name: string; readonly problem: ProvisioningError }
  /** It could not be looked; it is tried again by itself. */
  | { readonly kind: 'unavailable'; readonly name: string; readonly problem: ProvisioningError }
  /** What was told of it is over: no other server answers there. */
  | { readonly kind: 'clear'; readonly name: string };

export interface LookoutOptions {
  readonly port: number;
  /** How long after another server was found it is looked again. */
  readonly rivalMilliseconds?: number;
  observe(event: LookoutEvent): void;
}

/** What is known of an interface's network. */
interface Sight {
  readonly index: number;
  readonly stop: AbortController;
  isClear: boolean;
  problem?: ProvisioningError;
  /** What the first look finds. */
  first: Promise<ProvisioningError | undefined>;
}

/** The code of the problem that another server is. */
export const RIVAL = 'dhcp-rival';
const RIVAL_MILLISECONDS = 60_000;
const FAILED_MILLISECONDS = 2_000;

/** Looks on interfaces whether another DHCP server answers there, and says on which of them we may. */
export class Lookout {
  readonly #options: LookoutOptions;
  readonly #sights = new Map<string, Sight>();
  readonly #mac = randomMac();

  constructor(options: LookoutOptions) {
    this.#options = options;
  }

  /** Whether it was looked there, since the interface was made, and no other server answers. */
  isClear({ name, index }: Pick<Interface, 'name' | 'index'>): boolean {
    const sight = this.#sights.get(name);
    return sight?.index === index && sight.isClear;
  }

  /** What was found last, if it was anything. */
  problemOn(name: string): ProvisioningError | undefined {
    return this.#sights.get(name)?.problem;
  }

  /** The message is one by which we look, and no client's. */
  isOurs({ chaddr }: { readonly chaddr: Buffer }): boolean {
    return chaddr.equals(this.#mac);
  }

  /**
   * Looks there, and again for as long as there is a reason not to answer. Of an interface that was found clear it is enough: one that had
   * no link for a while is on the same network as before.
   * @returns the problem of the first look. Never rejects
   */
  look({ name, index }: Pick<Interface, 'name' | 'index'>): Promise<ProvisioningError | undefined> {
    const known = this.#sights.get(name);
    if (known?.index === index) return known.first;
    known?.stop.abort();
    const sight: Sight = { index, stop: new AbortController(), isClear: false, first: Promise.resolve(undefined) };
    this.#sights.set(name, sight);
    sight.first = this.#lookOnce(name, sight);
    void sight.first.then((problem) => problem && this.#lookAgain(name, sight, problem));
    return sight.first;
  }

  /** The interface cannot be used: where it is not known yet whether another server answers, it is looked when it is there again. */
  lose(name: string): void {
    const sight = this.#sights.get(name);
    if (!sight || sight.isClear) return;
    sight.stop.abort();
    this.#sights.delete(name);
  }

  close(): void {
    for (const { stop } of this.#sights.values()) stop.abort();
  }

  async #lookAgain(name: string, sight: Sight, first: ProvisioningError): Promise<void> {
    const { observe, rivalMilliseconds = RIVAL_MILLISECONDS } = this.#options;
    let told: string | undefined;
    for (let problem: ProvisioningError | undefined = first; problem; problem = await this.#lookOnce(name, sight)) {
      const isRival = problem.code === RIVAL;
      if (problem.message !== told) observe({ kind: isRival ? 'rival' : 'unavailable', name, problem });
      told = problem.message;
      await sleep(isRival ? rivalMilliseconds : FAILED_MILLISECONDS, undefined, { signal: sight.stop.signal, ref: false }).catch(
        () => {},
      );
    }
    if (sight.isClear) observe({ kind: 'clear', name });
  }

  /** @returns nothing also when it is looked no longer */
  async #lookOnce(name: string, sight: Sight): Promise<ProvisioningError | undefined> {
    const { signal } = sight.stop;
    const problem = await findRivals(name, { port: this.#options.port, mac: this.#mac, signal }).then(
      (rivals) => rivalOn(name, rivals),
      (cause) => (cause instanceof ProvisioningError ? cause : explainRefusal(cause, this.#options.port + 1, name)),
    );
    if (signal.aborted) return undefined;
    sight.isClear = problem === undefined;
    if (problem) sight.problem = problem;
    else delete sight.problem;
    return problem;
  }
}

function rivalOn(name: string, rivals: readonly Rival[]): ProvisioningError | undefined {
  if (rivals.length === 0) return undefined;
  const told = rivals.map(({ server, from }) => String(server ?? from)).join(', ');
  const remedy =
    'Two servers give phones now this address, now that one. Switch the other off, have this one only listen (dhcp.mode: listen), or say that ' +
    'both are meant (dhcp.force: true)';
  return new ProvisioningError(RIVAL, `Another DHCP server answers on ${name}: ${told}. ${remedy}`);
}
