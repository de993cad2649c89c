import type { Arguments, BinaryOperator, Call, CompareOperator, Expression, FilterNode } from './nodes.ts';
import { describe, TokenReader } from './tokens.ts';

const constants: Readonly<Record<string, boolean | null>> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
};
const comparisons: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);
const noArguments: Arguments = { positional: [], named: [], spread: undefined, spreadNamed: undefined };

export interface TupleOptions {
  /** Names and literals only, as on the left of an assignment. */
  readonly simple?: boolean;
  readonly withConditional?: boolean;
  /** A name that ends the tuple. */
  readonly end?: string;
  /** Brackets stand around it, so that it may be empty. */
  readonly bracketed?: boolean;
}

/** The expression half of the grammar: a recursive descent, one method a precedence. */
export class ExpressionParser extends TokenReader {
  protected expression(withConditional = true): Expression {
    return this.nested(() => (withConditional ? this.conditional() : this.or()));
  }

  private conditional(): Expression {
    let { line } = this.current;
    let then = this.or();
    while (this.skipName('if')) {
      const test = this.or();
      const otherwise = this.skipName('else') ? this.nested(() => this.conditional()) : undefined;
      then = { kind: 'conditional', line, test, then, otherwise };
      line = this.current.line;
    }
    return then;
  }

  private or(): Expression {
    const { line } = this.current;
    let left = this.and();
    while (this.skipName('or')) left = { kind: 'or', line, left, right: this.and() };
    return left;
  }

  private and(): Expression {
    const { line } = this.current;
    let left = this.not();
    while (this.skipName('and')) left = { kind: 'and', line, left, right: this.not() };
    return left;
  }

  private not(): Expression {
    const { line } = this.current;
    if (this.skipName('not')) return { kind: 'not', line, node: this.nested(() => this.not()) };
    return this.compare();
  }

  private compare(): Expression {
    const { line } = this.current;
    const left = this.sum();
    const steps: [CompareOperator, Expression][] = [];
    for (;;) {
      if (comparisons.has(this.current.type)) steps.push([this.next().type as CompareOperator, this.sum()]);
      else if (this.skipName('in')) steps.push(['in', this.sum()]);
      else if (this.isName('not') && this.isName('in', 1)) {
        this.next();
        this.next();
        steps.push(['not in', this.sum()]);
      } else break;
    }
    return steps.length === 0 ? left : { kind: 'compare', line, left, steps };
  }

  private operators(accepted: string, operand: () => Expression): Expression {
    const { line } = this.current;
    let left = operand();
    while (accepted.split(' ').includes(this.current.type)) {
      left = { kind: 'binary', line, operator: this.next().type as BinaryOperator, left, right: operand() };
    }
    return left;
  }

  private sum(): Expression {
    return this.operators('+ -', () => this.concat());
  }

  private concat(): Expression {
    const { line } = this.current;
    const first = this.product();
    const items = [first];
    while (this.skip('~')) items.push(this.product());
    return items.length === 1 ? first : { kind: 'concat', line, items };
  }

  private product(): Expression {
    return this.operators('* / // %', () => this.power());
  }

  /** To the left, and below the signs: `2 ** 3 ** 2` is 64 and `-2 ** 2` is 4, unlike in Python. */
  private power(): Expression {
    return this.operators('**', () => this.unary());
  }

  private unary(withFilters = true): Expression {
    const { line, type } = this.current;
    let node: Expression;
    if (type === '-' || type === '+') {
      this.next();
      node = { kind: type === '-' ? 'negative' : 'positive', line, node: this.nested(() => this.unary(false)) };
    } else {
      node = this.primary();
    }
    node = this.postfix(node);
    return withFilters ? this.filters(node) : node;
  }

  protected primary(): Expression {
    const token = this.current;
    const { line } = token;
    switch (token.type) {
      case 'name': {
        const name = this.expectName();
        return Object.hasOwn(constants, name)
          ? { kind: 'constant', line, value: constants[name] ?? null }
          : { kind: 'name', line, name, use: 'load' };
      }
      case 'string': {
        let value = '';
        while (this.current.type === 'string') value += this.next().value;
        return { kind: 'constant', line, value };
      }
      case 'integer':
      case 'float':
        return { kind: 'constant', line, value: this.next().value };
      case '(': {
        this.next();
        const node = this.nested(() => this.tuple({ bracketed: true }));
        this.expect(')');
        return node;
      }
      case '[':
        return this.nested(() => this.list());
      case '{':
        return this.nested(() => this.dict());
      default:
        return this.fail(`unexpected ${describe(token)}`);
    }
  }

  protected tuple(options: TupleOptions = {}): Expression {
    let { line } = this.current;
    const items: Expression[] = [];
    let isTuple = false;
    for (;;) {
      if (items.length > 0) this.expect(',');
      if (this.endsTuple(options.end)) break;
      items.push(options.simple ? this.primary() : this.expression(options.withConditional ?? true));
      if (this.current.type !== ',') break;
      isTuple = true;
      line = this.current.line;
    }
    const [only] = items;
    if (!isTuple && only) return only;
    if (!isTuple && !options.bracketed) this.fail(`expected an expression, got ${describe(this.current)}`);
    return { kind: 'tuple', line, items };
  }

  private endsTuple(end: string | undefined): boolean {
    return ['}}', '%}', ')'].includes(this.current.type) || (end !== undefined && this.isName(end));
  }

  private list(): Expression {
    const { line } = this.expect('[');
    const items: Expression[] = [];
    while (this.current.type !== ']') {
      if (items.length > 0) this.expect(',');
      if (this.current.type === ']') break;
      items.push(this.expression());
    }
    this.expect(']');
    return { kind: 'list', line, items };
  }

  private dict(): Expression {
    const { line } = this.expect('{');
    const pairs: [Expression, Expression][] = [];
    while (this.current.type !== '}') {
      if (pairs.length > 0) this.expect(',');
      if (this.current.type === '}') break;
      const key = this.expression();
      this.expect(':');
      pairs.push([key, this.expression()]);
    }
    this.expect('}');
    return { kind: 'dict', line, pairs };
  }

  private postfix(start: Expression): Expression {
    let node = start;
    for (;;) {
      if (this.current.type === '.' || this.current.type === '[') node = this.subscript(node);
      else if (this.current.type === '(') node = this.call(node);
      else return node;
    }
  }

  private filters(start: Expression): Expression {
    let node = start;
    for (;;) {
      if (this.current.type === '|') node = this.filter(node) ?? node;
      else if (this.isName('is')) node = this.test(node);
      // A call may follow a filter: `x|attr('items')()`.
      else if (this.current.type === '(') node = this.call(node);
      else return node;
    }
  }

  private subscript(node: Expression): Expression {
    const { type, line } = this.next();
    if (type === '.') {
      const { type: kind, value, line: at } = this.next();
      if (kind === 'name') return { kind: 'attribute', line, node, name: String(value) };
      if (kind !== 'integer') this.fail('expected a name or a number after the point', at);
      return { kind: 'item', line, node, key: { kind: 'constant', line, value } };
    }
    const keys: Expression[] = [];
    while (this.current.type !== ']') {
      if (keys.length > 0) this.expect(',');
      keys.push(this.nested(() => this.key()));
    }
    this.expect(']');
    const [only] = keys;
    return { kind: 'item', line, node, key: keys.length === 1 && only ? only : { kind: 'tuple', line, items: keys } };
  }

  private key(): Expression {
    const { line } = this.current;
    const part = () => ([':', ']', ','].includes(this.current.type) ? undefined : this.expression());
    const start = part();
    if (!this.skip(':')) return start ?? this.fail(`unexpected ${describe(this.current)}`);
    const stop = part();
    const step = this.skip(':') ? part() : undefined;
    return { kind: 'slice', line, start, stop, step };
  }

  protected call(node: Expression): Call {
    const { line } = this.current;
    return { kind: 'call', line, node, arguments: this.nested(() => this.callArguments()) };
  }

  private callArguments(): Arguments {
    const { line } = this.expect('(');
    const positional: Expression[] = [];
    const named: [string, Expression][] = [];
    let spread: Expression | undefined;
    let spreadNamed: Expression | undefined;
    const ensure = (allowed: boolean) => allowed || this.fail('invalid order of arguments', line);
    for (let first = true; this.current.type !== ')'; first = false) {
      if (!first) {
        this.expect(',');
        if (this.current.type === ')') break;
      }
      if (this.skip('*')) {
        ensure(!spread && !spreadNamed);
        spread = this.expression();
      } else if (this.skip('**')) {
        ensure(!spreadNamed);
        spreadNamed = this.expression();
      } else if (this.current.type === 'name' && this.ahead(1).type === '=') {
        ensure(!spreadNamed);
        const name = this.expectName();
        if (named.some(([known]) => known === name)) this.fail(`the argument ${name} is given twice`);
        this.next();
        named.push([name, this.expression()]);
      } else {
        ensure(!spread && !spreadNamed && named.length === 0);
        positional.push(this.expression());
      }
    }
    this.expect(')');
    return { positional, named, spread, spreadNamed };
  }

  private dottedName(): string {
    let name = this.expectName();
    while (this.skip('.')) name += `.${this.expectName()}`;
    return name;
  }

  /** A chain of filters. Without a node it belongs to a block; `inline` when no `|` stands before the first name. */
  protected filter(start: Expression | undefined, inline = false): FilterNode | undefined {
    let node: FilterNode | undefined;
    for (let first = inline; first || this.current.type === '|'; first = false) {
      if (!first) this.next();
      const { line } = this.current;
      const name = this.dottedName();
      const list = this.current.type === '(' ? this.nested(() => this.callArguments()) : noArguments;
      node = { kind: 'filter', line, node: node ?? start, name, arguments: list };
    }
    return node;
  }

  private test(node: Expression): Expression {
    const { line } = this.next();
    const negated = this.skipName('not');
    const name = this.dottedName();
    let list = noArguments;
    if (this.current.type === '(') list = this.nested(() => this.callArguments());
    else if (this.startsOperand()) {
      if (this.isName('is')) this.fail('tests cannot be chained with is');
      list = { ...noArguments, positional: [this.postfix(this.primary())] };
    }
    const test: Expression = { kind: 'test', line, node, name, arguments: list };
    return negated ? { kind: 'not', line, node: test } : test;
  }

  /** Whether what follows the name of a test is its argument, as in `is divisibleby 3`. */
  private startsOperand(): boolean {
    if (!['name', 'string', 'integer', 'float', '[', '{'].includes(this.current.type)) return false;
    return !['else', 'or', 'and'].some((word) => this.isName(word));
  }
}
