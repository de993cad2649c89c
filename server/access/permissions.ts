/**
 * What somebody may do is a list of patterns of dotted words, as XiVO writes its access lists: `*` stands for one word, `#` for one word or
 * more, and `!` before a pattern takes away what others give, in whatever order they stand. The dots beside `#` stay: `devices.#` gives
 * `devices.read` and not `devices`.
 */
export type Permissions = readonly string[];

const PATTERN = /^!?(?:[a-z\d_-]+|[*#])(?:\.(?:[a-z\d_-]+|[*#]))*$/;

export function isPattern(text: string): boolean {
  return text.length <= 256 && PATTERN.test(text);
}

/** Whether a pattern stands for some of these, given or taken away. */
export function concerns(pattern: string, permissions: Iterable<string>): boolean {
  const words = pattern.replace(/^!/, '').split('.');
  return [...permissions].some((each) => includes(words, each.split('.')));
}

/** Whether a list of patterns permits something, such as `devices.read`. What is taken away counts before what is given. */
export function permits(permissions: Permissions, wanted: string): boolean {
  const { given, taken } = sorted(permissions);
  const words = wanted.split('.');
  return given.some((pattern) => includes(pattern, words)) && !taken.some((pattern) => includes(pattern, words));
}

/** Whether all that one list permits is permitted by another, too. When in doubt, it is not. */
export function covers(permissions: Permissions, asked: Permissions): boolean {
  const [own, theirs] = [sorted(permissions), sorted(asked)];
  return theirs.given.every(
    (wanted) =>
      own.given.some((pattern) => includes(pattern, wanted)) &&
      own.taken.every((taken) => !meets(taken, wanted) || theirs.taken.some((pattern) => includes(pattern, taken))),
  );
}

type Pattern = readonly string[];

function sorted(permissions: Permissions): { given: Pattern[]; taken: Pattern[] } {
  const isTaken = (text: string) => text.startsWith('!');
  return {
    given: permissions.filter((text) => !isTaken(text)).map((text) => text.split('.')),
    taken: permissions.filter(isTaken).map((text) => text.slice(1).split('.')),
  };
}

// Patterns come from outside, and one of a hundred `#` can be read in more ways than can be tried: neither of these tries a place twice.

/** Everything that the one pattern stands for, the other does, too. Words without a sign stand for themselves. */
function includes(pattern: Pattern, words: Pattern): boolean {
  let places: ReadonlySet<number> = new Set([0]);
  for (const word of words) {
    const next = new Set<number>();
    for (const place of places) {
      const sign = pattern[place];
      if (sign === '#') next.add(place).add(place + 1);
      else if (word !== '#' && (sign === '*' || sign === word)) next.add(place + 1);
    }
    places = next;
  }
  return places.has(pattern.length);
}

/** There is something that both stand for. */
function meets(one: Pattern, other: Pattern): boolean {
  const tried = new Set<string>();
  const from = (here: number, there: number): boolean => {
    const [sign, word] = [one[here], other[there]];
    if (sign === undefined || word === undefined) return sign === word;
    const place = `${here} ${there}`;
    if (tried.has(place)) return false;
    tried.add(place);
    if (sign !== word && ![sign, word].some((each) => each === '*' || each === '#')) return false;
    return from(here + 1, there + 1) || (sign === '#' && from(here, there + 1)) || (word === '#' && from(here + 1, there));
  };
  return from(0, 0);
}
