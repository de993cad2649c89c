import { Fault, located } from './errors.ts';
import { blankCharacters, strip } from './text.ts';
import { type Float, float as toFloat } from './values.ts';

/** A piece of a template. The type of an operator is the operator itself, `{{` and its kin are types too. */
export interface Token {
  readonly type: string;
  readonly value: string | number | bigint | Float;
  readonly line: number;
}

const blank = `[${blankCharacters}]`;
const opening = /\{[%{#]/g;
const rawBegin = new RegExp(`\\{%([-+]?)${blank}*raw${blank}*(?:-%\\}${blank}*|%\\})`, 'y');
const rawEnd = new RegExp(`\\{%([-+]?)${blank}*endraw${blank}*(?:\\+%\\}|-%\\}${blank}*|%\\})`, 'g');
const commentEnd = new RegExp(`\\+#\\}|-#\\}${blank}*|#\\}`, 'g');
const blockEnd = new RegExp(`\\+%\\}|-%\\}${blank}*|%\\}`, 'y');
const variableEnd = new RegExp(`-\\}\\}${blank}*|\\}\\}`, 'y');

const digits = '[0-9](?:_?[0-9])*';
const code = new RegExp(
  [
    `(?<blank>${blank}+)`,
    `(?<float>(?<!\\.)${digits}(?:(?:\\.${digits})?[eE][+\\-]?${digits}|\\.${digits}))`,
    '(?<integer>0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[0-9a-fA-F])+|[1-9](?:_?[0-9])*|0(?:_?0)*)',
    '(?<name>[\\p{XID_Continue}\\p{L}\\p{N}]+)',
    `(?<string>'[^'\\\\]*(?:\\\\[^][^'\\\\]*)*'|"[^"\\\\]*(?:\\\\[^][^"\\\\]*)*")`,
    '(?<operator>//|\\*\\*|==|!=|>=|<=|[-+/*%~[\\](){}><=.:|,;])',
  ].join('|'),
  'uy',
);
const identifier = /^[\p{XID_Start}_]\p{XID_Continue}*$/u;

const closing: Readonly<Record<string, string>> = { '{': '}', '(': ')', '[': ']' };

/** Reads a template's text into tokens; comments and white space inside tags are gone, line ends are LF. */
export function tokenize(text: string, template: string): Token[] {
  const unified = text.replace(/\r\n?/g, '\n');
  // Exactly one final line end is not part of the template.
  return new Lexer(unified.endsWith('\n') ? unified.slice(0, -1) : unified, template).run();
}

class Lexer {
  private readonly tokens: Token[] = [];
  private readonly source: string;
  private readonly template: string;
  private position = 0;
  private line = 1;
  private counted = 0;

  constructor(source: string, template: string) {
    this.source = source;
    this.template = template;
  }

  run(): Token[] {
    const { source } = this;
    while (this.position < source.length) {
      opening.lastIndex = this.position;
      const found = opening.exec(source);
      if (!found) {
        this.data(source.slice(this.position), '');
        this.position = source.length;
        break;
      }
      this.tag(found.index, found[0]);
    }
    this.push('end', '', source.length);
    return this.tokens;
  }

  private tag(start: number, bracket: string): void {
    const { source } = this;
    const before = source.slice(this.position, start);
    rawBegin.lastIndex = start;
    const raw = rawBegin.exec(source);
    const sign = raw?.[1] ?? source.charAt(start + 2);
    this.data(before, sign);
    if (raw) {
      this.raw(rawBegin.lastIndex, start);
      return;
    }
    this.position = start + 2 + (sign === '-' || sign === '+' ? 1 : 0);
    if (bracket === '{#') {
      commentEnd.lastIndex = this.position;
      if (!commentEnd.exec(source)) this.fail('a comment is not closed', start);
      this.position = commentEnd.lastIndex;
      return;
    }
    this.push(bracket, bracket, start);
    this.code(bracket === '{%' ? blockEnd : variableEnd, bracket === '{%' ? '%}' : '}}', start);
  }

  private raw(bodyStart: number, start: number): void {
    rawEnd.lastIndex = bodyStart;
    const end = rawEnd.exec(this.source);
    if (!end) this.fail('a raw block is not closed', start);
    this.position = bodyStart;
    this.data(this.source.slice(bodyStart, end.index), end[1] ?? '');
    this.position = rawEnd.lastIndex;
  }

  private data(text: string, sign: string): void {
    const kept = sign === '-' ? strip(text, 'right') : text;
    if (kept !== '') this.push('data', kept, this.position);
  }

  /** What stands between the brackets of one tag. */
  private code(end: RegExp, endType: string, start: number): void {
    const { source } = this;
    const open: string[] = [];
    for (;;) {
      if (open.length === 0) {
        end.lastIndex = this.position;
        if (end.test(source)) {
          this.push(endType, endType, this.position);
          this.position = end.lastIndex;
          return;
        }
      }
      code.lastIndex = this.position;
      const found = code.exec(source);
      if (!found?.groups) {
        if (this.position >= source.length)
          this.fail(`a tag that begins with ${this.source.slice(start, start + 2)} is not closed`, start);
        this.fail('an unexpected character', this.position);
      }
      this.codeToken(found.groups, open);
      this.position = code.lastIndex;
    }
  }

  private codeToken(groups: Readonly<Record<string, string | undefined>>, open: string[]): void {
    const { float, integer, name, string, operator } = groups;
    if (operator !== undefined) {
      const counterpart = closing[operator];
      if (counterpart !== undefined) open.push(counterpart);
      else if ('})]'.includes(operator) && open.pop() !== operator) this.fail(`unexpected '${operator}'`, this.position);
      this.push(operator, operator, this.position);
    } else if (name !== undefined) {
      if (!identifier.test(name)) this.fail('an invalid character in a name', this.position);
      this.push('name', name, this.position);
    } else if (string !== undefined) {
      this.push('string', this.unescape(string.slice(1, -1)), this.position);
    } else if (integer !== undefined) {
      const plain = integer.replaceAll('_', '');
      const value = Number(plain);
      if (plain.length > 4300) this.fail('an integer of too many digits', this.position);
      this.push('integer', Number.isSafeInteger(value) ? value : BigInt(plain), this.position);
    } else if (float !== undefined) {
      this.push('float', toFloat(Number(float.replaceAll('_', ''))), this.position);
    }
  }

  private unescape(body: string): string {
    if (!body.includes('\\')) return body;
    // Python escapes what is not ASCII before it reads the escapes: a backslash before such a
    // character therefore stands for itself, and what follows is the character's own escape, spelled out.
    return body.replace(
      /\\(?:(\n)|([\\'"abfnrtv])|([0-7]{1,3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([xuUN])|([^\0-\x7f])|)/gu,
      (whole, newline, simple, octal, x, u, long, broken, foreign) => {
        if (newline !== undefined) return '';
        if (simple !== undefined) return simpleEscapes[simple] ?? simple;
        if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
        if (foreign !== undefined) return spelledOut(foreign);
        const hexadecimal = x ?? u ?? long;
        if (hexadecimal !== undefined) {
          const point = Number.parseInt(hexadecimal, 16);
          if (point > 0x10ffff) this.fail('an escape beyond the last character', this.position);
          return String.fromCodePoint(point);
        }
        if (broken === 'N') this.fail('characters by name (\\N) are not supported', this.position, 'template-unsupported');
        if (broken !== undefined) this.fail(`a truncated \\${broken} escape`, this.position);
        return whole;
      },
    );
  }

  private push(type: string, value: Token['value'], at: number): void {
    this.tokens.push({ type, value, line: this.lineAt(at) });
  }

  private lineAt(offset: number): number {
    for (let next = this.source.indexOf('\n', this.counted); next !== -1 && next < offset; ) {
      this.line++;
      this.counted = next + 1;
      next = this.source.indexOf('\n', this.counted);
    }
    return this.line;
  }

  private fail(reason: string, at: number, failure: Fault['code'] = 'template-syntax'): never {
    throw located(new Fault(reason, failure), { template: this.template, line: this.lineAt(at) });
  }
}

const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

function spelledOut(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  if (point <= 0xff) return `\\x${point.toString(16).padStart(2, '0')}`;
  return point <= 0xffff ? `\\u${point.toString(16).padStart(4, '0')}` : `\\U${point.toString(16).padStart(8, '0')}`;
}
