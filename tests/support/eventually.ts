/** Waits for what happens behind the back of a request; gives up after ten seconds, or as many as are given, with what was thrown last. */
export async function eventually<Result>(look: () => Promise<Result> | Result, seconds = 10): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await look();
    } catch (cause) {
      if (tries === seconds * 20) throw cause;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
