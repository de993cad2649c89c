import { Fault } from './errors.ts';
import { countOf, elementsOf, equals, iterate } from './operations.ts';
import type { Context } from './runtime.ts';
import { type CallArguments, Callable, Exhibit, missing, Tuple } from './values.ts';

/** `loop` */
export class Loop extends Exhibit {
  private readonly context: Context;
  private readonly source: unknown;
  private iterator: Iterator<unknown>;
  private readonly recurse: ((value: unknown, depth: number) => unknown) | undefined;
  private readonly depth: number;
  private index = -1;
  private known: number | undefined;
  private ahead: unknown = missing;
  private item: unknown = missing;
  private before: unknown = missing;
  private changedTo: Tuple | undefined;

  constructor(context: Context, source: unknown, depth: number, recurse?: Loop['recurse']) {
    super();
    if (elementsOf(source) === undefined) throw new Fault('this cannot be iterated over');
    this.context = context;
    this.source = source;
    this.iterator = iterate(context.budget, source);
    this.depth = depth;
    this.recurse = recurse;
  }

  /** Goes to the next item; `missing` after the last. */
  next(): unknown {
    const item = this.peek();
    this.ahead = missing;
    if (item === missing) return missing;
    this.index++;
    this.before = this.item;
    this.item = item;
    return item;
  }

  private peek(): unknown {
    if (this.ahead === missing) {
      const result = this.iterator.next();
      this.ahead = result.done ? missing : result.value;
    }
    return this.ahead;
  }

  override get length(): number {
    this.known ??= countOf(this.source);
    if (this.known === undefined) {
      const rest = Array.from({ [Symbol.iterator]: () => this.iterator });
      this.iterator = rest[Symbol.iterator]();
      this.known = rest.length + this.index + 1 + (this.ahead === missing ? 0 : 1);
    }
    return this.known;
  }

  override attribute(name: string): unknown {
    switch (name) {
      case 'index':
        return this.index + 1;
      case 'index0':
        return this.index;
      case 'revindex':
        return this.length - this.index;
      case 'revindex0':
        return this.length - this.index - 1;
      case 'first':
        return this.index === 0;
      case 'last':
        return this.peek() === missing;
      case 'length':
        return this.length;
      case 'depth':
        return this.depth + 1;
      case 'depth0':
        return this.depth;
      case 'previtem':
        return this.index === 0 ? this.context.undefined_('there is no previous item') : this.before;
      case 'nextitem':
        return this.peek() === missing ? this.context.undefined_('there is no next item') : this.peek();
      case 'cycle':
        return new Callable((_, list) => this.cycle(list.positional));
      case 'changed':
        return new Callable((_, list) => this.changed(list.positional));
      default:
        return missing;
    }
  }

  private cycle(values: readonly unknown[]): unknown {
    if (values.length === 0) throw new Fault('there is nothing to cycle through');
    return values[this.index % values.length];
  }

  private changed(values: readonly unknown[]): boolean {
    const value = new Tuple(values);
    if (this.changedTo && equals(this.context.budget, this.changedTo, value)) return false;
    this.changedTo = value;
    return true;
  }

  override print(): string {
    return `<LoopContext ${this.index + 1}/${this.length}>`;
  }

  override call(_context: Context, list: CallArguments): unknown {
    if (!this.recurse) throw new Fault("only a loop marked 'recursive' can be called");
    const [value = list.named.get('iterable')] = list.positional;
    if (value === undefined || list.positional.length + list.named.size !== 1)
      throw new Fault('a loop is called with one argument');
    return this.recurse(value, this.depth + 1);
  }
}
