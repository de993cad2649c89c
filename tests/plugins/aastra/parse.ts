import type { Values } from '../comparison.ts';

/** An Aastra file as the phone reads it: a setting a line, comments from a #, values with or without quotes; the last one counts. */
export function parse(text: string): Values {
  return new Map(
    text.split('\n').flatMap((line): [string, string][] => {
      const [, key = '', rest = ''] = /^([^#:]+?) *:(.*)$/.exec(line) ?? [];
      if (key === '') return [];
      const [, quoted] = /^ *"(.*)" *$/.exec(rest) ?? [];
      return [[key, quoted ?? rest.replace(/#.*/, '').trim()]];
    }),
  );
}
