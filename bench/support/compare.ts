/**
 * The median of what each did in some rounds, in which they take turns: what disturbs the machine disturbs all. The round before them
 * does not count: a server runs for months, and its code is compiled in the first seconds.
 */
export async function compare<Name extends string, Figure extends string>(
  rounds: number,
  runs: Readonly<Record<Name, () => Promise<Readonly<Record<Figure, number>>>>>,
): Promise<Record<Name, Record<Figure, number>>> {
  const names = Object.keys(runs) as Name[];
  const seen = new Map<Name, Readonly<Record<Figure, number>>[]>(names.map((name) => [name, []]));
  for (const name of names) await runs[name]();
  for (let round = 0; round < rounds; round++) for (const name of names) seen.get(name)?.push(await runs[name]());
  const medians = names.map((name) => {
    const all = seen.get(name) ?? [];
    const figures = Object.keys(all[0] ?? {}) as Figure[];
    const median = (figure: Figure) => all.map((each) => each[figure]).sort((a, b) => a - b)[Math.floor(rounds / 2)];
    return [name, Object.fromEntries(figures.map((figure) => [figure, median(figure) ?? Number.NaN]))];
  });
  return Object.fromEntries(medians) as Record<Name, Record<Figure, number>>;
}
