import { Fault, located } from './errors.ts';
import type { Token } from './lexer.ts';

/**
 * Deepest nesting of brackets, operators and blocks in a template's source; a bracket counts twice, as a
 * bracket and as an expression. Jinja itself ends at 98 tags or 74 lists; the parser's own stack would last for 700.
 */
const deepest = 200;

/** A template's tokens, and what a parser asks of them. */
export class TokenReader {
  protected readonly template: string;
  private readonly tokens: readonly Token[];
  private index = 0;
  private depth = 0;

  constructor(tokens: readonly Token[], template: string) {
    this.tokens = tokens;
    this.template = template;
  }

  protected get current(): Token {
    return this.ahead(0);
  }

  protected ahead(by: number): Token {
    const token = this.tokens[Math.min(this.index + by, this.tokens.length - 1)];
    if (!token) throw new Fault('a template without an end');
    return token;
  }

  protected next(): Token {
    const token = this.current;
    this.index++;
    return token;
  }

  protected isName(value: string, by = 0): boolean {
    const token = this.ahead(by);
    return token.type === 'name' && token.value === value;
  }

  protected skipName(value: string): boolean {
    if (!this.isName(value)) return false;
    this.index++;
    return true;
  }

  protected skip(type: string): boolean {
    if (this.current.type !== type) return false;
    this.index++;
    return true;
  }

  protected expect(type: string): Token {
    if (this.current.type !== type) this.fail(`expected ${describeType(type)}, got ${describe(this.current)}`);
    return this.next();
  }

  protected expectName(): string {
    return String(this.expect('name').value);
  }

  protected fail(reason: string, line = this.current.line): never {
    throw located(new Fault(reason, 'template-syntax'), { template: this.template, line });
  }

  /** Runs a parser one level deeper. */
  protected nested<T>(parse: () => T): T {
    if (++this.depth > deepest) {
      throw located(new Fault(`nested deeper than ${deepest} levels`, 'template-limit'), {
        template: this.template,
        line: this.current.line,
      });
    }
    const result = parse();
    this.depth--;
    return result;
  }
}

export function describe({ type, value }: Token): string {
  return type === 'name' ? `'${value}'` : describeType(type);
}

function describeType(type: string): string {
  switch (type) {
    case 'name':
      return 'a name';
    case 'string':
    case 'integer':
    case 'float':
      return `a ${type}`.replace('a i', 'an i');
    case 'end':
      return 'the end of the template';
    case 'data':
      return 'text';
    default:
      return `'${type}'`;
  }
}
