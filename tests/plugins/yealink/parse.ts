import type { Values } from '../comparison.ts';

/** A Yealink file as the phone reads it: one setting a line, the last one counts. The passwords of several accounts share a key. */
export function parse(text: string): Values {
  const [header, ...lines] = text.split('\n');
  if (header !== '#!version:1.0.0.1') throw new Error('the first line is not the header that the phone wants');
  return new Map(
    lines.flatMap((line): [string, string][] => {
      const [, key = '', value = ''] = /^([^#=][^=]*?) *= *(.*?) *$/.exec(line) ?? [];
      if (key === '') return [];
      const account = key === 'static.security.user_password' ? `[${value.split(':', 1)[0]}]` : '';
      return [[key + account, value]];
    }),
  );
}
