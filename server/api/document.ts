import type { Endpoint, Method, Route } from './route.ts';

const START = '<!-- Generated from the routes by `make docs`. -->';
const END = '<!-- end of what is made -->';

/** docs/api.md with its tables made anew; what people wrote around them stays. */
export function apiPage(page: string, routes: readonly Route[]): string {
  const [start, end] = [page.indexOf(START), page.indexOf(END)];
  if (start < 0 || end < start) throw new Error('docs/api.md has lost the marks around its tables');
  const rows = routes.flatMap(({ path, methods }) =>
    Object.entries(methods).map(([method, each]) => rowOf(path, method as Method, each)),
  );
  const table = ['| | path | | permission |', '| --- | --- | --- | --- |', ...rows].join('\n');
  return `${page.slice(0, start)}${START}\n\n${table}\n\n${page.slice(end)}`;
}

function rowOf(path: string, method: Method, { summary, about, permission, serverWide, query }: Endpoint): string {
  const parameters = Object.keys(query?.shape ?? {}).map((name) => `\`${name}\``);
  const said = [
    `${summary}.`,
    ...(about === undefined ? [] : [about]),
    ...(parameters.length === 0 ? [] : [`Query: ${parameters.join(', ')}.`]),
  ];
  const place = path.replaceAll(/[:*](\w+)/g, '{$1}');
  return `| ${method} | \`${place}\` | ${said.join(' ')} | ${permission === undefined ? '' : `\`${permission}\``}${serverWide ? ', main tenant' : ''} |`;
}
