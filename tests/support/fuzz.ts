import fc from 'fast-check';

/** The same in every run: what fails for one fails for all. SEED=… tries others; a failure shows the seed to repeat it with. */
export const SEED = Number(process.env.SEED ?? 1);
fc.configureGlobal({ seed: SEED });

export { fc };
