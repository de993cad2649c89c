import { expect } from '@jest/globals';

/** A phone that asks for its file again and again while others misbehave, and has to get it each time. */
export class HealthyPhone {
  #asking = true;
  readonly #served: Promise<number>;

  constructor(secret: string, ask: () => Promise<{ readonly body: string }>) {
    this.#served = this.#run(secret, ask);
    // Told when it is stopped.
    this.#served.catch(() => {});
  }

  /** @returns how often it was served @throws when once it was not */
  stop(): Promise<number> {
    this.#asking = false;
    return this.#served;
  }

  async #run(secret: string, ask: () => Promise<{ readonly body: string }>): Promise<number> {
    let served = 0;
    for (; this.#asking; served++) {
      expect((await ask()).body).toContain(secret);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return served;
  }
}
