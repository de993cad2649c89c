import { EVENT_ID, type Event, getScalarValue, parseEvents, SCALAR_STYLE, type ScalarEvent, YAMLException } from 'js-yaml';
import type { Complaint } from '../lib/errors.ts';
import type { OrderedJson } from '../lib/ordered-json.ts';

/** Where a value was written: a file with its line, an environment variable or a flag. */
export interface Origin {
  readonly source: string;
  readonly line?: number;
}

/** A value as written; what it means depends on the setting. */
export type Node =
  | { readonly kind: 'scalar'; readonly origin: Origin; readonly text: string; readonly quoted: boolean }
  | { readonly kind: 'list'; readonly origin: Origin; readonly items: readonly Node[] }
  | { readonly kind: 'map'; readonly origin: Origin; readonly entries: ReadonlyMap<string, Entry> };

export interface Entry {
  /** Where the key stands. */
  readonly origin: Origin;
  readonly node: Node;
}

export const formatOrigin = ({ source, line }: Origin): string => (line === undefined ? source : `${source}:${line}`);

/**
 * Reads one YAML document (1.2) with the place of every value. Scalars stay text: `port: 0x50` is refused for what it is, a MAC
 * of digits only (001565123456) keeps its zeros, and `no` is a country where a text is due. Anchors, aliases, tags and `<<` are
 * refused: settings are short enough to be written out, and nobody has to know how `<<` merges.
 *
 * @returns what could be read, and all that is wrong; undefined for an empty document or one that is no YAML.
 */
export function readYaml(text: string, source: string): { node: Node | undefined; complaints: Complaint[] } {
  try {
    return new Composer(text, source).document(parseEvents(text, { filename: source }));
  } catch (cause) {
    if (!(cause instanceof YAMLException)) throw cause;
    // Not its message: that shows the lines around, which may hold a password. Some reasons quote what they are about.
    const { mark } = cause;
    const problem = cause.reason.replace(/ *[:"].*/s, '');
    const place = mark ? `${source}:${mark.line + 1}:${mark.column + 1}` : source;
    return { node: undefined, complaints: [{ path: '', message: `${place}: this is no valid YAML: ${problem}` }] };
  }
}

/** What an unquoted scalar is when nothing else says it, as in raw config. No octal, hexadecimal, exponent or date: they stay text. */
export function plainValue(node: Node): OrderedJson {
  if (node.kind === 'list') return node.items.map(plainValue);
  if (node.kind === 'map') return new Map(Array.from(node.entries, ([key, entry]) => [key, plainValue(entry.node)]));
  if (node.quoted) return node.text;
  if (isEmpty(node)) return null;
  if (/^(?:true|false)$/i.test(node.text)) return node.text.toLowerCase() === 'true';
  const number = Number(node.text);
  // A number is one only if nothing of its text is lost: 012, 1.50 and 20 digits are texts.
  return /^-?\d+(?:\.\d+)?$/.test(node.text) && String(number) === node.text ? number : node.text;
}

/** Nothing, `~` or `null`, unquoted. */
export function isEmpty(node: Node): boolean {
  return node.kind === 'scalar' && !node.quoted && /^(?:|~|null|Null|NULL)$/.test(node.text);
}

class Composer {
  readonly #text: string;
  readonly #source: string;
  readonly #complaints: Complaint[] = [];
  readonly #lineStarts: number[];
  #line = 1;

  constructor(text: string, source: string) {
    this.#text = text;
    this.#source = source;
    this.#lineStarts = [0, ...Array.from(text.matchAll(/\r\n|\r|\n/g), ({ index, 0: end }) => index + end.length)];
  }

  document(events: readonly Event[]): { node: Node | undefined; complaints: Complaint[] } {
    const stream = events[Symbol.iterator]();
    const [start] = take(stream);
    const node = start ? this.#node(stream, '') : undefined;
    // The end of this document; anything after it is a second one.
    stream.next();
    if (take(stream).length > 0) this.#complain('', 'only one document is read, and --- starts another');
    return { node, complaints: this.#complaints };
  }

  /** undefined: the collection or document that was open ends here. */
  #node(stream: Iterator<Event>, path: string): Node | undefined {
    const [event] = take(stream);
    if (!event || event.type === EVENT_ID.POP || event.type === EVENT_ID.DOCUMENT) return undefined;
    this.#moveTo(event);
    const origin = { source: this.#source, line: this.#line };
    if (event.type === EVENT_ID.ALIAS || event.anchorStart >= 0 || event.tagStart >= 0) {
      this.#complain(
        path,
        'anchors (&), aliases (*) and tags (!) have no meaning here: write the value out, and a text in quotes',
      );
    }
    switch (event.type) {
      case EVENT_ID.ALIAS:
        return { kind: 'scalar', origin, text: '', quoted: false };
      case EVENT_ID.SCALAR: {
        return { kind: 'scalar', origin, text: this.#scalar(event), quoted: event.style !== SCALAR_STYLE.PLAIN };
      }
      case EVENT_ID.SEQUENCE: {
        const items: Node[] = [];
        for (let item = this.#node(stream, path); item; item = this.#node(stream, path)) items.push(item);
        return { kind: 'list', origin, items };
      }
      case EVENT_ID.MAPPING:
        return { kind: 'map', origin, entries: this.#entries(stream, path) };
    }
  }

  #entries(stream: Iterator<Event>, path: string): Map<string, Entry> {
    const entries = new Map<string, Entry>();
    for (let key = this.#node(stream, path); key; key = this.#node(stream, path)) {
      const name = key.kind === 'scalar' ? key.text : undefined;
      const full = name === undefined || path === '' ? (name ?? path) : `${path}.${name}`;
      const node = this.#node(stream, full) ?? key;
      const first = name === undefined ? undefined : entries.get(name);
      if (name === undefined) this.#complain(path, 'a key must be a plain text', key.origin);
      else if (name === '<<') this.#complain(path, '<< does not merge here: write the keys out', key.origin);
      else if (first)
        this.#complain(full, `${show(full)} was given before, on line ${first.origin.line}: keep one of them`, key.origin);
      else entries.set(name, { origin: key.origin, node });
    }
    return entries;
  }

  #scalar(event: ScalarEvent): string {
    return event.valueStart < 0 ? '' : getScalarValue(this.#text, event);
  }

  /** Events come in the order of the text; one that has no place of its own (an empty value) stands where the one before does. */
  #moveTo(event: Exclude<Event, { type: typeof EVENT_ID.POP | typeof EVENT_ID.DOCUMENT }>): void {
    const offset =
      event.type === EVENT_ID.ALIAS ? event.anchorStart : event.type === EVENT_ID.SCALAR ? event.valueStart : event.start;
    while (offset >= (this.#lineStarts[this.#line] ?? Number.POSITIVE_INFINITY)) this.#line++;
  }

  #complain(path: string, problem: string, origin: Origin = { source: this.#source, line: this.#line }): void {
    this.#complaints.push({ path, message: `${formatOrigin(origin)}: ${problem}` });
  }
}

/** The next of a stream, or nothing. */
function take<T>(stream: Iterator<T>): T[] {
  const { done, value } = stream.next();
  return done ? [] : [value];
}

/** A text of others in a message: on one line, and not too long. */
export function show(text: string): string {
  const cut = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return cut.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
