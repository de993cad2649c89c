import { ExpressionParser, type TupleOptions } from './expressions.ts';
import { tokenize } from './lexer.ts';
import type { Expression, If, Name, Signature, Statement } from './nodes.ts';
import { strip } from './text.ts';
import { describe } from './tokens.ts';

/** Reads a template into its tree; throws a TemplateError that names the line. */
export function parse(text: string, template: string): Statement[] {
  return new Parser(tokenize(text, template), template).run();
}

/** The statement half of Jinja's grammar. */
class Parser extends ExpressionParser {
  private readonly openTags: string[] = [];

  run(): Statement[] {
    return this.statements([]);
  }

  /** Text, outputs and tags up to one of the end tags, whose name becomes the current token. */
  private statements(ends: readonly string[]): Statement[] {
    const body: Statement[] = [];
    let output: Expression[] = [];
    const flush = () => {
      const [first] = output;
      if (first) body.push({ kind: 'output', line: first.line, nodes: output });
      output = [];
    };
    for (;;) {
      const token = this.next();
      if (token.type === 'data') output.push({ kind: 'data', line: token.line, text: String(token.value) });
      else if (token.type === '{{') {
        output.push(this.nested(() => this.tuple()));
        this.expect('}}');
      } else if (token.type === '{%') {
        flush();
        if (ends.some((end) => this.isName(end))) return body;
        body.push(this.nested(() => this.statement()));
        this.expect('%}');
      } else {
        flush();
        if (ends.length > 0) this.fail(`${this.openTag()} is not closed`, token.line);
        return body;
      }
    }
  }

  private openTag(): string {
    return `the tag '${this.openTags.at(-1) ?? ''}'`;
  }

  /** The body of a tag, from its `%}` to the end tag, whose name is consumed and returned. */
  private body(...ends: string[]): [body: Statement[], end: string] {
    this.skip(':');
    this.expect('%}');
    const body = this.statements(ends);
    return [body, this.expectName()];
  }

  private statement(): Statement {
    const { line } = this.current;
    const tag =
      this.current.type === 'name' ? this.expectName() : this.fail(`expected the name of a tag, got ${describe(this.current)}`);
    this.openTags.push(tag);
    const statement = this.tagged(tag, line);
    this.openTags.pop();
    return statement;
  }

  private tagged(tag: string, line: number): Statement {
    switch (tag) {
      case 'for':
        return this.for_(line);
      case 'if':
        return this.if_(line);
      case 'set':
        return this.set(line);
      case 'block':
        return this.block(line);
      case 'extends':
        return { kind: 'extends', line, template: this.expression() };
      case 'include':
        return this.include(line);
      case 'import':
        return this.import_(line);
      case 'from':
        return this.from(line);
      case 'macro':
        return { kind: 'macro', line, name: this.nameTarget().name, ...this.signature(), body: this.body('endmacro')[0] };
      case 'call':
        return this.callBlock(line);
      case 'filter':
        return this.filterBlock(line);
      case 'with':
        return this.with_(line);
      case 'autoescape':
        return { kind: 'autoescape', line, value: this.expression(), body: this.body('endautoescape')[0] };
      case 'print':
        return this.print(line);
      default:
        this.openTags.pop();
        return this.fail(
          this.openTags.length > 0 ? `unknown tag '${tag}'; ${this.openTag()} is open` : `unknown tag '${tag}'`,
          line,
        );
    }
  }

  private for_(line: number): Statement {
    const target = this.target({ end: 'in' });
    if (!this.skipName('in')) this.fail(`expected 'in', got ${describe(this.current)}`);
    const iterable = this.tuple({ withConditional: false, end: 'recursive' });
    const test = this.skipName('if') ? this.expression() : undefined;
    const recursive = this.skipName('recursive');
    const [body, end] = this.body('endfor', 'else');
    const otherwise = end === 'else' ? this.body('endfor')[0] : [];
    return { kind: 'for', line, target, iterable, body, otherwise, test, recursive };
  }

  private if_(line: number): Statement {
    const test = this.tuple({ withConditional: false });
    let [body, end] = this.body('elif', 'else', 'endif');
    const first = body;
    const elifs: If[] = [];
    while (end === 'elif') {
      const at = this.current.line;
      const condition = this.tuple({ withConditional: false });
      [body, end] = this.body('elif', 'else', 'endif');
      elifs.push({ kind: 'if', line: at, test: condition, body, elifs: [], otherwise: [] });
    }
    const otherwise = end === 'else' ? this.body('endif')[0] : [];
    return { kind: 'if', line, test, body: first, elifs, otherwise };
  }

  private set(line: number): Statement {
    const target = this.target({ namespace: true });
    if (this.skip('=')) return { kind: 'set', line, target, value: this.tuple() };
    return { kind: 'set block', line, target, filter: this.filter(undefined), body: this.body('endset')[0] };
  }

  private block(line: number): Statement {
    const name = this.expectName();
    const scoped = this.skipName('scoped');
    const required = this.skipName('required');
    if (this.current.type === '-') this.fail('the name of a block may not contain a hyphen');
    const [body] = this.body('endblock');
    const isBlank = (node: Expression) => node.kind === 'data' && strip(node.text) === '';
    if (required && !body.every((part) => part.kind === 'output' && part.nodes.every(isBlank))) {
      this.fail('a required block may contain white space and comments only', line);
    }
    this.skipName(name);
    return { kind: 'block', line, name, scoped, required, body };
  }

  private contextClause(): boolean | undefined {
    const clause = ['with', 'without'].find((word) => this.isName(word) && this.isName('context', 1));
    if (clause === undefined) return undefined;
    this.next();
    this.next();
    return clause === 'with';
  }

  private include(line: number): Statement {
    const template = this.expression();
    const ignoreMissing = this.isName('ignore') && this.isName('missing', 1);
    if (ignoreMissing) {
      this.next();
      this.next();
    }
    return { kind: 'include', line, template, ignoreMissing, withContext: this.contextClause() ?? true };
  }

  private import_(line: number): Statement {
    const template = this.expression();
    if (!this.skipName('as')) this.fail(`expected 'as', got ${describe(this.current)}`);
    return { kind: 'import', line, template, target: this.nameTarget().name, withContext: this.contextClause() ?? false };
  }

  private from(line: number): Statement {
    const template = this.expression();
    if (!this.skipName('import')) this.fail(`expected 'import', got ${describe(this.current)}`);
    const names: [string, string][] = [];
    let withContext: boolean | undefined;
    for (;;) {
      if (names.length > 0) this.expect(',');
      withContext = this.contextClause();
      if (withContext !== undefined) break;
      const { name } = this.nameTarget();
      if (name.startsWith('_')) this.fail('names that begin with an underscore cannot be imported');
      names.push([name, this.skipName('as') ? this.nameTarget().name : name]);
      withContext = this.contextClause();
      if (withContext !== undefined || this.current.type !== ',') break;
    }
    return { kind: 'from', line, template, names, withContext: withContext ?? false };
  }

  private signature(): Signature {
    const parameters: Name[] = [];
    const defaults: Expression[] = [];
    this.expect('(');
    while (this.current.type !== ')') {
      if (parameters.length > 0) this.expect(',');
      const parameter = this.nameTarget();
      parameter.use = 'param';
      if (parameters.some(({ name }) => name === parameter.name)) this.fail(`the parameter ${parameter.name} is named twice`);
      if (this.skip('=')) defaults.push(this.expression());
      else if (defaults.length > 0) this.fail('a parameter without a default follows one with a default');
      parameters.push(parameter);
    }
    this.expect(')');
    return { parameters, defaults };
  }

  private callBlock(line: number): Statement {
    const signature = this.current.type === '(' ? this.signature() : { parameters: [], defaults: [] };
    const call = this.expression();
    if (call.kind !== 'call') return this.fail('expected a call', line);
    return { kind: 'call block', line, ...signature, call, body: this.body('endcall')[0] };
  }

  private filterBlock(line: number): Statement {
    const filter = this.filter(undefined, true) ?? this.fail('expected the name of a filter');
    return { kind: 'filter block', line, filter, body: this.body('endfilter')[0] };
  }

  private with_(line: number): Statement {
    const targets: Expression[] = [];
    const values: Expression[] = [];
    while (this.current.type !== '%}') {
      if (targets.length > 0) this.expect(',');
      const target = this.target({});
      useAs(target, 'param');
      targets.push(target);
      this.expect('=');
      values.push(this.expression());
    }
    return { kind: 'with', line, targets, values, body: this.body('endwith')[0] };
  }

  private print(line: number): Statement {
    const nodes: Expression[] = [];
    while (this.current.type !== '%}') {
      if (nodes.length > 0) this.expect(',');
      nodes.push(this.expression());
    }
    return { kind: 'output', line, nodes };
  }

  private nameTarget(): Name {
    const { line } = this.current;
    const target: Name = { kind: 'name', line, name: this.expectName(), use: 'store' };
    this.assignable(target);
    return target;
  }

  private target({ namespace, end }: { namespace?: boolean; end?: string }): Expression {
    const { line } = this.current;
    if (namespace && this.ahead(1).type === '.') {
      const name = this.expectName();
      this.expect('.');
      return { kind: 'namespace', line, name, attribute: this.expectName() };
    }
    const options: TupleOptions = end === undefined ? { simple: true } : { simple: true, end };
    const target = this.tuple(options);
    this.assignable(target);
    useAs(target, 'store');
    return target;
  }

  private assignable(target: Expression): void {
    if (target.kind === 'tuple') for (const item of target.items) this.assignable(item);
    else if (target.kind !== 'name' || ['true', 'false', 'none', 'True', 'False', 'None'].includes(target.name)) {
      this.fail('this cannot be assigned to', target.line);
    }
  }
}

function useAs(target: Expression, use: Name['use']): void {
  if (target.kind === 'name') target.use = use;
  else if (target.kind === 'tuple') for (const item of target.items) useAs(item, use);
}
