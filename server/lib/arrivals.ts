/**
 * Takes care that connections are accepted while requests are answered. libuv accepts one connection in each turn of the event loop
 * (since 1.45), however many wait, and reads from all that are open: a thousand requests that are answered in one turn are a second
 * in which one phone is let in, while the system's queue overflows and drops the SYNs of the others. When ten thousand phones come at
 * once, many wait for their connection until they lose patience; then the queue is full of connections that nobody waits for, the
 * server answers those, and the phones that came back wait behind them: nobody is served any more, for as long as they come back.
 *
 * So while connections arrive, there are turns that do nothing but accept between those in which requests are answered, a few at a
 * time, and who has hung up is passed over. So it is, too, when a crowd asks on connections that it has: what is made for those who
 * have hung up meanwhile is missing for the others, and only who waits here is seen to hang up. Else nothing waits.
 */
export interface Arrivals {
  /** A connection was accepted. */
  note(): void;
  /**
   * Before a request is answered: undefined when it can be at once, else resolves when it is its turn, first come, first served.
   * @param gone whether the phone has hung up
   * @returns whether to answer; false when the phone has hung up
   */
  turn(gone: () => boolean): Promise<boolean> | undefined;
  /** Connections arrive, or requests wait: work that can wait should. */
  readonly busy: boolean;
}

/** Answered in one turn: so many share a commit of the store, and take some milliseconds. */
const ANSWERED_AT_ONCE = 16;
/** So many requests in one turn are a crowd: a server that keeps up with its phones has fewer. */
const CROWD = 256;
/**
 * Turns that only accept, 50 microseconds each, as long as each brings a connection: a phone that is let in can wait, one that is not
 * tries again after 1, 2, 4 … seconds.
 */
const ACCEPTED_BETWEEN = 256;

interface Waiting {
  readonly gone: () => boolean;
  readonly go: (answer: boolean) => void;
}

export function createArrivals(): Arrivals {
  let waiting: Waiting[] = [];
  /** How many of them have had their turn. */
  let passed = 0;
  let watching = false;
  let arrived = false;
  let accepted = 0;
  /** Requests of this turn that did not wait. */
  let atOnce = 0;

  const nextTurn = () => {
    atOnce = 0;
  };

  const answerSome = () => {
    for (let answered = 0; answered < ANSWERED_AT_ONCE && passed < waiting.length; passed += 1) {
      const next = waiting[passed];
      const answer = next?.gone() === false;
      next?.go(answer);
      if (answer) answered += 1;
    }
    if (passed < waiting.length && passed < 4_096) return;
    waiting = waiting.slice(passed);
    passed = 0;
  };

  const look = () => {
    const quiet = !arrived;
    arrived = false;
    accepted += 1;
    if (quiet || accepted >= ACCEPTED_BETWEEN) {
      accepted = 0;
      answerSome();
    }
    if (quiet && waiting.length === 0) watching = false;
    else setImmediate(look);
  };

  const watch = () => {
    if (watching) return;
    watching = true;
    accepted = 0;
    setImmediate(look);
  };

  return {
    note() {
      arrived = true;
      watch();
    },
    turn(gone) {
      if (!watching) {
        atOnce += 1;
        if (atOnce === 1) setImmediate(nextTurn);
        if (atOnce <= CROWD) return undefined;
        watch();
      }
      return new Promise((go) => waiting.push({ gone, go }));
    },
    get busy() {
      return watching;
    },
  };
}
