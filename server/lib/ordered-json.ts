/**
 * JSON (RFC 8259) whose objects keep the order of the text. A JavaScript object moves keys that look like integers to the front
 * ({"10": …, "2": …} comes back as 2, 10); a Map does not.
 */
export type OrderedJson = null | boolean | number | string | OrderedJson[] | Map<string, OrderedJson>;

/** Text that is no JSON; the message says in words what is wrong and where. Lines and columns (in UTF-16 units) count from 1. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
  readonly line: number;
  readonly column: number;

  constructor(problem: string, text: string, position: number) {
    const before = text.slice(0, position).split('\n');
    const line = before.length;
    const column = (before.at(-1)?.length ?? 0) + 1;
    super(`Line ${line}, column ${column}: ${problem}`);
    this.line = line;
    this.column = column;
  }
}

// A raw config is about six levels deep. 100 leaves room for any option a vendor may nest, and is far from the thousands at which
// the functions that walk a value, here and elsewhere, would run out of stack.
const MAX_DEPTH = 100;

/**
 * Reads what JSON.parse reads, numbers included, except that a key may not appear twice in an object and that arrays and objects
 * nest 100 deep at most.
 *
 * @throws JsonError
 */
export function parseOrdered(text: string): OrderedJson {
  return new Reader(text).document();
}

/** Writes a value exactly as JSON.stringify writes one, with keys in the order of the Map. `indent` is in spaces. */
export function stringifyOrdered(value: OrderedJson, indent = 0): string {
  return write(value, ' '.repeat(indent), 0);
}

/** The value with plain objects for Maps. They have no prototype: the keys `__proto__` and `constructor` are keys like any other. */
export function toPlain(value: OrderedJson): unknown {
  if (Array.isArray(value)) return value.map(toPlain);
  if (!(value instanceof Map)) return value;
  const plain: Record<string, unknown> = Object.create(null);
  for (const [key, item] of value) plain[key] = toPlain(item);
  return plain;
}

/**
 * The value with Maps for plain objects, which may be mixed with Maps already. As in JSON.stringify, a property that is undefined
 * is left out.
 *
 * @throws TypeError for what JSON cannot say: functions, dates, NaN, undefined in an array, cycles, more than 100 levels …
 */
export function fromPlain(value: unknown): OrderedJson {
  return convert(value, 0);
}

function convert(value: unknown, depth: number): OrderedJson {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number' && !Number.isNaN(value)) return value;
  checkDepth(depth);
  if (Array.isArray(value)) return Array.from(value, (item) => convert(item, depth + 1));
  const entries: [unknown, unknown][] | undefined =
    value instanceof Map ? [...value] : isPlainObject(value) ? Object.entries(value) : undefined;
  if (!entries) throw new TypeError(`JSON has no ${describe(value)}`);
  const map = new Map<string, OrderedJson>();
  for (const [key, item] of entries) {
    if (typeof key !== 'string') throw new TypeError('JSON has no keys but strings');
    if (item !== undefined) map.set(key, convert(item, depth + 1));
  }
  return map;
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function describe(value: unknown): string {
  if (typeof value === 'number') return 'NaN';
  return typeof value === 'object' ? Object.prototype.toString.call(value).slice(8, -1) : typeof value;
}

function checkDepth(depth: number): void {
  if (depth >= MAX_DEPTH) throw new TypeError(`The value is nested deeper than ${MAX_DEPTH} levels, or contains itself`);
}

function write(value: OrderedJson, indent: string, depth: number): string {
  if (typeof value === 'number') return writeNumber(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  checkDepth(depth);
  const items = Array.isArray(value)
    ? value.map((item) => write(item, indent, depth + 1))
    : Array.from(value, ([key, item]) => `${JSON.stringify(key)}:${indent && ' '}${write(item, indent, depth + 1)}`);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  if (items.length === 0) return open + close;
  const [outer, inner] = indent ? [`\n${indent.repeat(depth)}`, `\n${indent.repeat(depth + 1)}`] : ['', ''];
  return `${open}${inner}${items.join(`,${inner}`)}${outer}${close}`;
}

function writeNumber(value: number): string {
  if (Number.isNaN(value)) throw new TypeError('JSON has no NaN');
  // JSON.parse reads a number too large as infinite, and JSON.stringify would turn that into null.
  return Number.isFinite(value) ? JSON.stringify(value) : value < 0 ? '-1e999' : '1e999';
}

const BLANK = /[ \t\n\r]*/y;
const LITERAL = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;

/** A recursive descent over one text; every method reads from `at` and leaves it behind what it read. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): OrderedJson {
    const value = this.#value(0);
    if (this.#at < this.#text.length) this.#fail('nothing may follow the value');
    return value;
  }

  /** A value with the blanks around it. */
  #value(depth: number): OrderedJson {
    this.#match(BLANK);
    const value = this.#bareValue(depth);
    this.#match(BLANK);
    return value;
  }

  #bareValue(depth: number): OrderedJson {
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return this.#string();
      default:
        return this.#literal();
    }
  }

  #object(depth: number): Map<string, OrderedJson> {
    const map = new Map<string, OrderedJson>();
    this.#open(depth);
    if (this.#skip('}')) return map;
    do {
      this.#match(BLANK);
      const start = this.#at;
      if (this.#text[start] !== '"') this.#fail('a key in double quotes is expected');
      const key = this.#string();
      if (map.has(key)) this.#fail(`the key ${JSON.stringify(key)} appears twice in one object`, start);
      this.#match(BLANK);
      if (!this.#skip(':')) this.#fail('a colon is expected after the key');
      map.set(key, this.#value(depth + 1));
    } while (this.#skip(','));
    if (!this.#skip('}')) this.#fail('a comma or } is expected');
    return map;
  }

  #array(depth: number): OrderedJson[] {
    const items: OrderedJson[] = [];
    this.#open(depth);
    if (this.#skip(']')) return items;
    do items.push(this.#value(depth + 1));
    while (this.#skip(','));
    if (!this.#skip(']')) this.#fail('a comma or ] is expected');
    return items;
  }

  /** The bracket and the blanks after it. */
  #open(depth: number): void {
    if (depth >= MAX_DEPTH) this.#fail(`nested deeper than ${MAX_DEPTH} levels`);
    this.#at++;
    this.#match(BLANK);
  }

  #string(): string {
    const start = this.#at++;
    let escaped = false;
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined) this.#fail('the text ends within a string');
      if (character < ' ') this.#fail('a control character must be written as an escape');
      if (character === '"') break;
      if (character === '\\') {
        escaped = true;
        if (!this.#match(ESCAPE)) this.#fail('this escape is unknown');
      } else {
        this.#at++;
      }
    }
    this.#at++;
    // What is left of a string's syntax has been checked: JSON.parse only undoes the escapes.
    return escaped ? JSON.parse(this.#text.slice(start, this.#at)) : this.#text.slice(start + 1, this.#at - 1);
  }

  #literal(): null | boolean | number {
    const literal = this.#match(LITERAL);
    if (!literal)
      return this.#fail(this.#at < this.#text.length ? 'a value is expected' : 'the text ends where a value is expected');
    if (literal === 'null') return null;
    return literal === 'true' || (literal === 'false' ? false : Number(literal));
  }

  /** Reads what the pattern matches here. */
  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#text) ?? [];
    this.#at += found?.length ?? 0;
    return found;
  }

  #skip(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #fail(problem: string, position = this.#at): never {
    throw new JsonError(problem, this.#text, position);
  }
}
