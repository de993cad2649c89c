import { spawnSync } from 'node:child_process';
import type { Format } from '../../server/sdk.ts';

/** A text that is not what its format says. */
export interface Problem {
  readonly text: string;
  readonly problem: string;
}

/** What is malformed among the texts of a format. */
export const problems: Readonly<Record<Format, (texts: readonly string[]) => Problem[]>> = {
  xml: xmlProblems,
  lines: (texts) =>
    texts.flatMap((text) => {
      const odd = text.split('\n').find((line) => line.trim() !== '' && !/^\s*(?:[#;[<!]|[^=:\s][^=:]*[=:])/.test(line));
      return odd === undefined ? [] : [{ text, problem: `a line is no setting: ${odd}` }];
    }),
  text: () => [],
};

/** Asks a real XML parser: libexpat, through the Python that Debian's packages bring along. */
function xmlProblems(texts: readonly string[]): Problem[] {
  const script = [
    'import json, sys, xml.dom.minidom',
    'def problem(text):',
    '  try:',
    '    xml.dom.minidom.parseString(text.encode())',
    '  except Exception as error:',
    '    return str(error)',
    'print(json.dumps([problem(text) for text in json.load(sys.stdin)]))',
  ].join('\n');
  const { stdout } = spawnSync('/usr/bin/python3', ['-c', script], {
    input: JSON.stringify(texts),
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const told = JSON.parse(stdout) as (string | null)[];
  return texts.flatMap((text, index) => {
    const problem = told[index];
    return problem ? [{ text, problem }] : [];
  });
}
