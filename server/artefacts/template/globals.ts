import { Fault } from './errors.ts';
import { makeDict } from './methods.ts';
import { needInteger, type Routine, routine } from './routines.ts';
import { type CallArguments, Callable, Exhibit, missing, Namespace, Range } from './values.ts';

/** The functions that every template finds. */

function callable({ call }: Routine, printed?: string): Callable {
  return new Callable(call, printed);
}

const range = callable(
  routine('start stop? step?', (_, first, second, third = 1) => {
    const [start, stop] = second === undefined ? [0, needInteger(first)] : [needInteger(first), needInteger(second)];
    const step = needInteger(third);
    if (step === 0) throw new Fault('the step of a range is zero');
    if (![start, stop, step].every(Number.isSafeInteger)) throw new Fault('a range that is too large', 'template-limit');
    return new Range(start, stop, step);
  }),
  "<class 'range'>",
);

/** `cycler('a', 'b')`: gives its values in turn. */
class Cycler extends Exhibit {
  private readonly values: readonly unknown[];
  private index = 0;

  constructor({ positional, named }: CallArguments) {
    super();
    if (positional.length === 0 || named.size > 0) throw new Fault('a cycler wants values');
    this.values = positional;
  }

  override attribute(name: string): unknown {
    switch (name) {
      case 'current':
        return this.values[this.index];
      case 'items':
        return this.values;
      case 'pos':
        return this.index;
      case 'next':
        return callable(
          routine('', () => {
            const value = this.values[this.index];
            this.index = (this.index + 1) % this.values.length;
            return value;
          }),
        );
      case 'reset':
        return callable(
          routine('', () => {
            this.index = 0;
            return null;
          }),
        );
      default:
        return missing;
    }
  }

  override print(): undefined {
    return undefined;
  }
}

/** `joiner(', ')`: gives nothing the first time, its text after that. */
const joiner = callable(
  routine('sep?', (_, separator = ', ') => {
    let used = false;
    return callable(
      routine('', () => {
        const text = used ? separator : '';
        used = true;
        return text;
      }),
    );
  }),
  "<class 'jinja2.utils.Joiner'>",
);

export const globals: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['range', range],
  ['dict', new Callable(makeDict, "<class 'dict'>")],
  ['namespace', new Callable((context, given) => new Namespace(makeDict(context, given)), "<class 'jinja2.utils.Namespace'>")],
  ['cycler', new Callable((_, given) => new Cycler(given), "<class 'jinja2.utils.Cycler'>")],
  ['joiner', joiner],
  [
    'lipsum',
    new Callable(() => {
      throw new Fault('lipsum is not supported: its result changes from one rendering to the next', 'template-unsupported');
    }),
  ],
]);
