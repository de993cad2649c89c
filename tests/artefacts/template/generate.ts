/** Random templates and contexts in the corpus's own form: the same seed gives the same ones. */

export interface Case {
  readonly template: string;
  readonly templates: Readonly<Record<string, string>>;
  readonly context: Readonly<Record<string, unknown>>;
  readonly autoescape: boolean;
}

type Random = () => number;

/** Mulberry32: small, seeded, good enough to choose. */
function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const names = ['a', 'b', 'c', 'lines', 'keys', 'text', 'n', 'nothing', 'users', 'x', 'y'];
const texts = [
  '',
  'a',
  'Hello World',
  "it's",
  '1',
  '10',
  '2',
  '0042',
  '<b>&"',
  ' pad ',
  'é😀',
  'x,y,z',
  'A-b_c',
  '%s',
  '{}',
  'line\nbreak',
];
const attributes = ['name', 'number', 'nope', 'port', 'x'];
const filters = [
  ...['upper', 'lower', 'title', 'capitalize', 'trim', 'length', 'list', 'first', 'last', 'sort', 'string', 'e', 'int', 'float'],
  ...[
    'abs',
    'round',
    'unique|list',
    'reverse|list',
    'dictsort',
    'join',
    "join(',')",
    "d('-')",
    "default('z', true)",
    'safe',
    'count',
  ],
  ...[
    "replace('a', 'b')",
    "replace('l', '<', 1)",
    'center(9)',
    'tojson',
    'sum',
    'max',
    'min',
    "map('string')|list",
    "map('upper')|join('|')",
  ],
  ...[
    'select|list',
    "reject('none')|list",
    'batch(2)|list',
    "batch(3, 'f')|list",
    'slice(2)|list',
    'items|list',
    'wordcount',
    'urlencode',
  ],
  ...["truncate(6, true, '..', 0)", 'truncate(7)', 'indent(2)', 'wordwrap(6)', 'xmlattr', 'striptags', 'forceescape', 'pprint'],
  ...[
    'format(1)',
    "dictsort(by='value')",
    'sort(reverse=true)',
    "map(attribute='name')|list",
    "selectattr('name')|list",
    "groupby('name')",
  ],
  ...[
    "sort(attribute='name')",
    "join(attribute='name')",
    'filesizeformat',
    'round(1)',
    "round(1, 'floor')",
    'int(5)',
    'int(0, 16)',
    'escape',
  ],
];
const textFilters = [
  ...[
    'upper',
    'lower',
    'title',
    'capitalize',
    'trim',
    'e',
    'reverse',
    'string',
    "replace('l', 'L')",
    'center(12)',
    'urlencode',
    'forceescape',
  ],
  ...[
    "truncate(8, true, '..', 0)",
    'truncate(6)',
    'indent(2, true)',
    'wordwrap(5)',
    'striptags',
    "d('x')",
    'tojson',
    'safe',
    "trim('a')",
  ],
];
const textMethods = [
  ...[
    'upper()',
    'lower()',
    'strip()',
    'title()',
    'zfill(6)',
    "replace('l', '<')",
    "join(['a', 'b'])",
    'capitalize()',
    'swapcase()',
    'ljust(8)',
  ],
  ...[
    "rjust(8, '.')",
    "center(8, '-')",
    'lstrip()',
    "rstrip('d')",
    "removeprefix('H')",
    'expandtabs(3)',
    "strip('a ')",
    'format(1, 2)',
  ],
];
const listFilters = [
  ...[
    'list',
    'reverse|list',
    'unique|list',
    'batch(2)|list',
    'slice(2)|list',
    "map('string')|list",
    "map('length')|list",
    'select|list',
  ],
  ...[
    "map('string')|sort",
    "map('string')|unique|list",
    "map('string')|map('upper')|list",
    "select('string')|list",
    "batch(3, '-')|list",
  ],
  ...[
    "reject('none')|list",
    "selectattr('name')|list",
    "map(attribute='name')|list",
    "map('string')|sort(reverse=true)",
    "select('defined')|list",
  ],
  ...[
    "map('string')|sort(case_sensitive=true)",
    "map('e')|list",
    "map('string')|groupby(0)",
    "map('d', 'q')|list",
    "sort(attribute='name')",
  ],
];
const tests = [
  ...[
    'defined',
    'undefined',
    'none',
    'string',
    'number',
    'mapping',
    'sequence',
    'iterable',
    'odd',
    'even',
    'divisibleby 3',
    'lower',
    'upper',
  ],
  ...['true', 'false', 'boolean', 'integer', 'float', 'callable', 'escaped', "in 'abc'", 'eq 1', 'sameas none', 'gt 1', "ne 'a'"],
];
const methods = [
  ...[
    'upper()',
    'lower()',
    'strip()',
    'split()',
    "split(',')",
    "split(',', 1)",
    "rsplit('l', 1)",
    'title()',
    'zfill(6)',
    "startswith('a')",
  ],
  ...[
    "endswith('d')",
    "find('l')",
    "count('l')",
    "replace('l', 'L')",
    "join(['a', 'b'])",
    'items()',
    'keys()|list',
    'values()|list',
  ],
  ...[
    "get('1')",
    "get('1', 'q')",
    'get(1)',
    "format(1, 'two')",
    'isdigit()',
    'isalpha()',
    'splitlines()',
    'capitalize()',
    'swapcase()',
  ],
  ...[
    'ljust(8)',
    "rjust(8, '.')",
    "center(8, '-')",
    "partition('l')",
    'lstrip()',
    "rstrip('d')",
    'copy()',
    "index('l')",
    'isupper()',
  ],
];
const operators = ['+', '-', '*', '/', '//', '%', '**', '==', '!=', '<', '<=', '>', '>=', 'in', 'not in', 'and', 'or'];
const formats = ['%s', '%5s|', '%-5s|', '%d', '%05d', '%x', '%.2f', '%r', '%%', '%+d', '%e', '%g', '%3.1f', '%c'];
const braces = [
  '{}',
  '{0}',
  '{:>5}',
  '{:05d}',
  '{:.2f}',
  '{!r}',
  '{:x}',
  '{:,}',
  '{0[0]}',
  '{:^7}',
  '{:e}',
  '{:g}',
  '{:+}',
  '{:%}',
  '{{}}',
];

class Generator {
  private readonly random: Random;
  /** Names of macros that can be called so far. */
  private readonly macros: string[] = [];
  private blocks = 0;

  constructor(random: Random) {
    this.random = random;
  }

  private below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  private chance(share: number): boolean {
    return this.random() < share;
  }

  private one<T>(choices: readonly [T, ...T[]] | readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  private times<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.below(most + 1) }, make);
  }

  private quoted(text: string): string {
    return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;
  }

  private literal(): string {
    switch (this.below(9)) {
      case 0:
      case 1:
        return this.quoted(this.one(texts));
      case 2:
        return String(this.below(5));
      case 3:
        return this.one(['10', '255', '-1', '1_000', '0x1f', '9007199254740993', '-7']);
      case 4:
        return this.one(['1.0', '0.5', '2.5', '1e3', '1e-7', '-3.75', '1e20', '0.1']);
      case 5:
        return this.one(['true', 'false', 'none', 'True', 'None']);
      case 6:
        return `[${this.times(3, () => this.expression(1)).join(', ')}]`;
      case 7:
        return `{${this.times(3, () => `${this.one(["'a'", '1', "'1'", 'none', '2.0', 'true'])}: ${this.expression(1)}`).join(', ')}}`;
      default:
        return `(${this.times(3, () => `${this.expression(1)},`).join(' ')})`;
    }
  }

  /** Most expressions fit together, so that most templates have a result to compare; the others mix whatever there is. */
  expression(depth: number): string {
    switch (this.below(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return this.text(depth);
      case 4:
      case 5:
        return this.number(depth);
      case 6:
      case 7:
        return this.list(depth);
      case 8:
        return this.condition(depth);
      case 9:
        return this.dict(depth);
      default:
        return this.chance(0.4) ? this.anything(depth) : this.text(depth);
    }
  }

  private text(depth: number): string {
    if (depth <= 0) return this.chance(0.3) ? 'text' : this.quoted(this.one(texts));
    const inner = () => this.text(depth - 1);
    switch (this.below(11)) {
      case 0:
        return `${this.operand(inner())}|${this.one(textFilters)}`;
      case 1:
        return `${this.operand(inner())}.${this.one(textMethods)}`;
      case 2:
        // With a name in it: Jinja joins constants when it compiles, and forgets then which of them were safe.
        return `(${this.one(['text', 'n', 'nothing'])} ~ ${this.expression(depth - 1)})`;
      case 3:
        return `(${inner()} + ${inner()})`;
      case 4:
        return `(${inner()} * ${this.below(4)})`;
      case 5:
        return `${this.operand(inner())}[${this.one(['0', '-1', '1:', ':2', '::-1', '1:-1', '::2', '9', '-3:'])}]`;
      case 6:
        return `${this.list(depth - 1)}|join(${this.one(["','", "''", "'<'", '1', ''])})`;
      case 7:
        return `(${this.quoted(this.one(['%05d', '%x', '%-6d|', '%+.2f', '%s', '%r', '%e', '%g', '%o', '%5.1f', '%i', '% d', '%#x']))} % ${this.operand(this.number(depth - 1))})`;
      case 8:
        return `${this.quoted(this.one(['{:05}', '{:>8}|', '{:^8}|', '{}', '{!r}', '{0}{0}', '{:<4}|', '{:,}', '{:.3g}', '{:+}']))}.format(${this.number(depth - 1)})`;
      case 9:
        return `(${inner()} if ${this.condition(depth - 1)} else ${inner()})`;
      default:
        return `${this.operand(this.expression(depth - 1))}|${this.one(['string', 'e', 'string|upper', "d('-')", 'pprint', 'tojson', 'safe'])}`;
    }
  }

  private number(depth: number): string {
    if (depth <= 0) return this.one(['n', 'n', '1', '2', '7', '-3', '0.5', '2.5', '1.0', '100', 'true', '1e3', '10']);
    const inner = () => this.number(depth - 1);
    switch (this.below(6)) {
      case 0:
      case 1:
        return `(${inner()} ${this.one(['+', '-', '*', '/', '//', '%'])} ${inner()})`;
      case 2:
        return `${this.operand(inner())}|${this.one(['abs', 'int', 'float', 'round', 'round(1)', "round(0, 'ceil')", 'round(-1)'])}`;
      case 3:
        return `${this.operand(this.list(depth - 1))}|length`;
      case 4:
        return `${this.operand(this.text(depth - 1))}|${this.one(['int', 'int(5)', 'float', 'length', 'wordcount', 'int(0, 16)'])}`;
      default:
        return `(-${this.operand(inner())})`;
    }
  }

  private list(depth: number): string {
    if (depth <= 0)
      return this.one([
        'keys',
        'users',
        'lines',
        'text',
        '[1, 2, 3]',
        "['b', 'A', 'c']",
        'range(4)',
        "('x',)",
        '[]',
        'lines.items()',
        'lines.values()|list',
      ]);
    const inner = () => this.list(depth - 1);
    switch (this.below(6)) {
      case 0:
        return `${this.operand(inner())}|${this.one(listFilters)}`;
      case 1:
        return `(${inner()}|list + ${inner()}|list)`;
      case 2:
        return `(${inner()}|list)[${this.one(['1:', ':2', '::-1', ':', '-2:'])}]`;
      case 3:
        return `[${this.times(3, () => this.expression(depth - 1)).join(', ')}]`;
      case 4:
        return `${this.operand(this.text(depth - 1))}.${this.one(["split(',')", 'split()', "split('l', 1)", "rsplit(' ', 1)", 'splitlines()', "partition('l')"])}`;
      default:
        return `(${this.times(3, () => `${this.expression(depth - 1)},`).join(' ')})`;
    }
  }

  private dict(depth: number): string {
    if (depth <= 0 || this.chance(0.4)) return 'lines';
    const pairs = this.times(
      3,
      () => `${this.one(["'a'", '1', "'1'", 'none', '2.5', 'true', '(1, 2)'])}: ${this.expression(depth - 1)}`,
    );
    return this.one([
      `{${pairs.join(', ')}}`,
      `dict(lines, z=${this.expression(depth - 1)})`,
      `(lines.values()|first)`,
      `lines|dictsort`,
      `lines.get('1')`,
    ]);
  }

  private condition(depth: number): string {
    if (depth <= 0) return this.one(['true', 'n', 'text', 'nothing', 'keys', 'lines', 'nothing is defined', 'n > 2']);
    const inner = () => this.condition(depth - 1);
    switch (this.below(6)) {
      case 0:
        return `(${inner()} ${this.one(['and', 'or'])} ${inner()})`;
      case 1:
        return `(not ${inner()})`;
      case 2:
        return `(${this.expression(depth - 1)} ${this.one(['==', '!='])} ${this.expression(depth - 1)})`;
      case 3:
        return `(${this.number(depth - 1)} ${this.one(['<', '<=', '>', '>='])} ${this.number(depth - 1)})`;
      case 4:
        return `(${this.text(depth - 1)} ${this.one(['<', '>', 'in', 'not in', '=='])} ${this.text(depth - 1)})`;
      default:
        return `(${this.expression(depth - 1)} is ${this.chance(0.3) ? 'not ' : ''}${this.one(tests.filter((name) => !/odd|even|divisible|gt|in /.test(name)))})`;
    }
  }

  private anything(depth: number): string {
    if (depth <= 0) return this.chance(0.6) ? this.one(names) : this.literal();
    const inner = () => this.expression(depth - 1);
    switch (this.below(17)) {
      case 0:
      case 1:
        return this.one(names);
      case 2:
        return this.literal();
      case 3:
      case 4:
        return `${this.operand(inner())}|${this.one(filters)}`;
      case 5:
        return `${this.operand(inner())}.${this.one(methods)}`;
      case 6:
        return `${this.operand(inner())}.${this.one(attributes)}`;
      case 7:
        return `${this.operand(inner())}[${this.one(['0', '-1', "'name'", "'1'", '1', 'n', "'number'", '1.0', 'none'])}]`;
      case 8:
      case 9:
      case 10:
        return `(${inner()} ${this.operator()} ${inner()})`;
      case 11:
        return `(${inner()} is ${this.chance(0.3) ? 'not ' : ''}${this.one(tests)})`;
      case 12:
        return `(${inner()} if ${inner()}${this.chance(0.8) ? ` else ${inner()}` : ''})`;
      case 13:
        return this.chance(0.5) ? `(not ${inner()})` : `(-${this.operand(inner())})`;
      case 14:
        return `${this.quoted(this.times(3, () => this.one(formats)).join('/'))} % ${this.operand(inner())}`;
      case 15:
        return `${this.quoted(this.times(3, () => this.one(braces)).join('/'))}.format(${inner()}, ${inner()})`;
      default:
        return this.call(inner);
    }
  }

  /** `**` and `*` of large operands only cost time. */
  private operator(): string {
    const operator = this.one(operators);
    return operator === '**' && this.chance(0.8) ? '+' : operator;
  }

  private call(inner: () => string): string {
    if (this.macros.length > 0 && this.chance(0.6)) {
      return `${this.one(this.macros)}(${this.one(['', inner(), `${inner()}, ${inner()}`, `q=${inner()}`, `p=${inner()}`])})`;
    }
    return this.one([
      `range(${this.below(4)})|list`,
      `range(1, ${this.below(6)}, 2)`,
      `dict(a=${inner()})`,
      `namespace(k=${inner()}).k`,
      'loop.index',
      'loop.last',
      'loop.previtem',
      `loop.cycle(1, ${inner()})`,
      `loop.changed(${inner()})`,
    ]);
  }

  /** What may stand before a point or a pipe. */
  private operand(text: string): string {
    return /^[a-z]+$|^[([{'].*[)\]}']$/s.test(text) ? text : `(${text})`;
  }

  private tag(content: string): string {
    const left = this.one(['{%', '{%', '{%', '{%-', '{%+']);
    const right = this.one(['%}', '%}', '%}', '-%}', '+%}']);
    return `${left} ${content} ${right}`;
  }

  private data(): string {
    return this.one([
      '\n',
      ' ',
      'text',
      '<tag a="1">',
      '  \n\t',
      'key = ',
      '\r\n',
      '{# note #}',
      '{#- n -#}',
      '\u00a0',
      '} %} }}',
      '\n\n',
      '#}',
      '{',
    ]);
  }

  body(depth: number): string {
    return this.times(4, () => this.part(depth)).join('');
  }

  private part(depth: number): string {
    const inner = () => this.body(depth - 1);
    switch (depth <= 0 ? this.below(5) : this.below(20)) {
      case 0:
      case 1:
        return this.data();
      case 2:
      case 3:
      case 4:
        return this.chance(0.15) ? `{{- ${this.expression(3)} -}}` : `{{ ${this.expression(3)} }}`;
      case 5:
      case 6: {
        const elif = this.chance(0.3) ? this.tag(`elif ${this.expression(2)}`) + inner() : '';
        const otherwise = this.chance(0.5) ? this.tag('else') + inner() : '';
        return this.tag(`if ${this.expression(2)}`) + inner() + elif + otherwise + this.tag('endif');
      }
      case 7:
      case 8:
      case 9: {
        const [target, source] = this.one([
          ['x', this.expression(2)],
          ['x', 'lines'],
          ['x, y', 'lines.items()'],
          ['x, y', 'lines|dictsort'],
          ['x', 'users'],
          ['y', 'range(3)'],
          ['x', 'text'],
          ['a', 'keys'],
        ] as const);
        const filter = this.chance(0.25) ? ` if ${this.expression(1)}` : '';
        const otherwise = this.chance(0.3) ? this.tag('else') + inner() : '';
        return this.tag(`for ${target} in ${source}${filter}`) + inner() + otherwise + this.tag('endfor');
      }
      case 10:
      case 11:
        return this.tag(`set ${this.one(['a', 'b', 'x', 'y', 'n'])} = ${this.expression(2)}`);
      case 12:
        return this.tag(`set ${this.one(['a', 'b'])}${this.chance(0.3) ? ' | upper' : ''}`) + inner() + this.tag('endset');
      case 13: {
        const name = `m${this.macros.length}`;
        const macro = this.tag(`macro ${name}(${this.one(['', 'p', 'p, q=1', 'p=a, q=p'])})`);
        const text =
          macro +
          inner() +
          this.one(['', '{{ p }}{{ q }}', '{{ varargs }}', '{{ kwargs }}', '{{ caller() }}']) +
          this.tag('endmacro');
        this.macros.push(name);
        return text;
      }
      case 14:
        return this.tag(`with ${this.one(['a', 'x'])} = ${this.expression(2)}`) + inner() + this.tag('endwith');
      case 15:
        return (
          this.tag(`filter ${this.one(['upper', "replace('a', 'b')", 'e', 'trim', 'title'])}`) + inner() + this.tag('endfilter')
        );
      case 16:
        return this.macros.length === 0 ? inner() : this.tag(`call ${this.one(this.macros)}()`) + inner() + this.tag('endcall');
      case 17: {
        const name = `b${this.blocks++}`;
        return this.tag(`block ${name}${this.chance(0.3) ? ' scoped' : ''}`) + inner() + this.tag('endblock');
      }
      case 18:
        return this.tag(this.one(["include 'part'", "include ['none', 'part']", "include 'none' ignore missing"]));
      default:
        return this.one([
          `{% raw %}{{ ${this.data()} }}{% endraw %}`,
          `${this.tag("import 'part' as part")}{{ part.shown(1) }}{{ part.value }}`,
          `${this.tag("from 'part' import shown as show, value with context")}{{ show(2) }}{{ value }}`,
          this.tag(`autoescape ${this.one(['true', 'false'])}`) + inner() + this.tag('endautoescape'),
        ]);
    }
  }

  private value(depth: number): unknown {
    switch (this.below(depth > 0 ? 10 : 7)) {
      case 0:
      case 1:
        return this.one(texts);
      case 2:
        return this.below(20);
      case 3:
        return { f: this.one(['1.0', '2.5', '-0.5', '100.0', '1e+16']) };
      case 4:
        return this.one([true, false, null]);
      case 5:
        return { m: '<i>safe</i>' };
      case 6:
        return -this.below(5);
      case 7:
        return this.times(3, () => this.value(depth - 1));
      case 8:
        return { t: this.times(3, () => this.value(depth - 1)) };
      default:
        return { d: this.entries(depth) };
    }
  }

  private entries(depth: number): [unknown, unknown][] {
    const keys = new Map<unknown, unknown>();
    for (const key of this.times(3, () => this.one(['1', '10', '2', 'name', 'number', 'port'])))
      keys.set(key, this.value(depth - 1));
    if (this.chance(0.2)) keys.set(this.below(3), this.value(depth - 1));
    return [...keys];
  }

  context(): Record<string, unknown> {
    const line = () => ({ d: [['name', this.one(texts)], ['number', String(this.below(3000))], ...this.entries(1)] });
    const unique = ['10', '1', '2'].slice(0, this.below(4));
    return {
      a: this.value(2),
      b: this.value(2),
      c: this.value(1),
      n: this.below(6),
      text: this.one(texts),
      lines: { d: unique.map((number) => [number, line()]) },
      keys: this.times(3, () => this.value(1)),
      users: this.times(3, line),
    };
  }
}

const part =
  '{% macro shown(v) %}<{{ v }}|{{ a }}>{% endmacro %}{% set value = n %}part {{ text }}{% block inner %}{{ x }}{% endblock %}';

/** The case of a seed: some extend a base template, some escape. */
export function generateCase(seed: number): Case {
  const generator = new Generator(seeded(seed));
  const template = generator.body(3);
  const inherits = seed % 7 === 0;
  const base = `top{% block b0 %}zero {{ a }}{% endblock %}{% block b1 %}one{{ self.b0() }}{% endblock %}${generator.body(1)}end\n`;
  const child = inherits ? `{% extends 'base' %}${template}{% block last %}{{ super() }}{% endblock %}` : template;
  return { template: child, templates: { part, base }, context: generator.context(), autoescape: seed % 5 === 0 };
}
