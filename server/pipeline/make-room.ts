/** What phones do that work in the background makes room for: so many come that they queue, or some ask. */
export type Busy = keyof typeof heldMs;

/** Rendering takes about a millisecond; after this long, phones that ask have their turn. A turn for them costs next to nothing. */
export const sliceMs = 2;

/**
 * As long as phones may hold such work up, in milliseconds, before it has a slice all the same. Where they ask without end it has a
 * tenth of the time; where they queue, what is made for them is what has to be made anyway.
 */
const heldMs = { crowd: 200, asking: 20 };

/** Lets phones go first, to be called after each slice. @param isOver no more work comes, and nothing need be waited for */
export async function makeRoom(busy: () => Busy | undefined = () => undefined, isOver = () => false): Promise<void> {
  const began = performance.now();
  let why: Busy | undefined;
  do {
    await turn();
    why = busy();
  } while (why && performance.now() - began < heldMs[why] && !isOver());
}

/** Work in slices: what it returns is called between the pieces, and makes room when a slice is over. */
export function inSlices(busy?: () => Busy | undefined): () => Promise<void> {
  let end = performance.now() + sliceMs;
  return async () => {
    if (performance.now() < end) return;
    await makeRoom(busy);
    end = performance.now() + sliceMs;
  };
}

/** Everything else that waits to be done has its turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
