import type { Complaint } from '../lib/errors.ts';

/** A section of an INI file as Python's ConfigParser reads one. */
export interface Section {
  readonly name: string;
  readonly line: number;
  readonly keys: ReadonlyMap<string, { readonly value: string; readonly line: number }>;
}

/**
 * Reads `[section]`, `key: value`, `key = value`, whole lines of comment after `#` or `;`, and values that go on in indented lines, also
 * behind empty ones; they are joined by a line feed. Keys are alike in upper and lower case. What is wrong is told line by line, and left out.
 */
export function readSections(text: string, complain: (complaint: Complaint) => void): Section[] {
  const sections = new Map<string, { name: string; line: number; keys: Map<string, { value: string; line: number }> }>();
  let section: ReturnType<(typeof sections)['get']>;
  let last: { value: string; line: number } | undefined;
  for (const [index, whole] of text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    const line = index + 1;
    const told = whole.trim();
    const wrong = (message: string) => complain({ path: `line ${line}`, message });
    if (told === '' || told.startsWith('#') || told.startsWith(';')) {
      if (told === '' && last) last.value += '\n';
    } else if (/^\s/.test(whole) && last) {
      last.value += `\n${told}`;
    } else if (told.startsWith('[')) {
      last = undefined;
      const name = /^\[([^\]]+)\]$/.exec(told)?.[1];
      if (name === undefined) wrong('is no section: [name] is');
      else if (sections.has(name)) wrong(`begins [${name}] once more; it began in line ${sections.get(name)?.line}`);
      // Keys of a section that is wrong belong to it, not to the one before.
      section = { name: name ?? '', line, keys: new Map() };
      if (name !== undefined && !sections.has(name)) sections.set(name, section);
    } else {
      last = undefined;
      const { key = '', value = '' } = /^(?<key>[^:=]*?)\s*[:=]\s*(?<value>.*)$/.exec(told)?.groups ?? {};
      const known = key.toLowerCase();
      if (key === '') wrong('is neither a section nor a key with a value');
      else if (!section) wrong(`has the key ${key} before any section`);
      else if (section.keys.has(known)) wrong(`has ${key} once more; it was in line ${section.keys.get(known)?.line}`);
      else {
        last = { value, line };
        section.keys.set(known, last);
      }
    }
  }
  for (const { keys } of sections.values()) for (const key of keys.values()) key.value = key.value.trimEnd();
  return [...sections.values()];
}
