import type { Description } from './openapi.ts';

type Json = { readonly [key: string]: Json } & readonly Json[] & string;

/** The description of the API as a page for people: HTML without scripts, which needs nothing from elsewhere. */
export function pageOf(description: Description): string {
  const { info, paths, components } = description as unknown as Json;
  const operations = Object.entries(paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const tags = [...new Set(operations.map(({ operation }) => String(operation.tags?.[0])))];
  const sections = tags.map((tag) => {
    const own = operations.filter(({ operation }) => operation.tags?.[0] === tag);
    return `<section id="${escaped(tag)}"><h2>${escaped(tag)}</h2>${own.map(operationOf).join('')}</section>`;
  });
  const schemas = Object.entries(components?.schemas ?? {}).map(
    ([name, schema]) => `<h3 id="schema-${escaped(name)}">${escaped(name)}</h3>${noteOf(schema)}${schemaOf(schema)}`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(info?.title ?? '')} API</title><style>${style}</style></head>
<body><nav><b>${escaped(info?.title ?? '')} API</b> ${escaped(info?.version ?? '')}<ul>${tags.map((tag) => `<li><a href="#${escaped(tag)}">${escaped(tag)}</a>`).join('')}<li><a href="#schemas">schemas</a></ul></nav>
<main><h1>${escaped(info?.title ?? '')} API</h1>${proseOf(info?.description ?? '')}
<pre>curl -H "Authorization: Bearer $TOKEN" http://localhost:8666/api/v1/devices</pre>
<p>For programs the same is in <a href="openapi.json">openapi.json</a>.</p>
${sections.join('\n')}
<section id="schemas"><h2>schemas</h2>${schemas.join('')}</section></main></body></html>
`;
}

function operationOf({ path, method, operation }: { path: string; method: string; operation: Json }): string {
  const parameters = (operation.parameters ?? []) as unknown as readonly Json[];
  const rows = parameters.map((parameter) => [
    `<code>${escaped(parameter.name ?? '')}</code>`,
    `${escaped(parameter.in ?? '')}${parameter.required ? ', needed' : ''}`,
    `${typeOf(parameter.schema)}${noteOf(parameter)}`,
  ]);
  const body = operation.requestBody;
  const bodies = Object.entries(body?.content ?? {}).map(
    ([type, { schema }]) =>
      `<h4>Body: ${escaped(type)}${body?.required ? '' : ', may be left out'}</h4>${schema ? `${noteOf(schema)}${schemaOf(schema)}` : ''}`,
  );
  return `<details id="${escaped(operation.operationId ?? '')}"><summary><code class="${method}">${method}</code> <code>${escaped(path)}</code> ${escaped(operation.summary ?? '')}</summary>
${noteOf(operation)}<p>${needOf(operation)}</p>
${rows.length > 0 ? `<h4>Parameters</h4>${tableOf(rows)}` : ''}${bodies.join('')}
<h4>Answers</h4>${tableOf(Object.entries(operation.responses ?? {}).map(answerOf))}</details>`;
}

function needOf(operation: Json): string {
  const permission = operation['x-permission'];
  if (operation.security) return 'Needs no token.';
  if (permission === undefined) return 'Needs a token.';
  return `Needs the permission <code>${escaped(permission)}</code>${operation['x-server-wide'] ? ', and a token of the main tenant' : ''}.`;
}

function answerOf([status, response]: [string, Json]): string[] {
  const contents = Object.entries(response.content ?? {}).map(([type, { schema }]) =>
    schema ? `${typeOf(schema)}${isPlain(schema) ? '' : schemaOf(schema)}` : escaped(type),
  );
  return [`<code>${escaped(status)}</code>`, escaped(response.description ?? ''), contents.join(', ')];
}

/** A type in some words; of an object that has a name, the name. */
function typeOf(schema: Json | undefined): string {
  if (!schema) return '';
  const { $ref, anyOf, oneOf, enum: values, items, type, const: only } = schema;
  if ($ref) {
    const name = $ref.split('/').at(-1) ?? '';
    return `<a href="#schema-${escaped(name)}">${escaped(name)}</a>`;
  }
  const several = (anyOf ?? oneOf) as unknown as readonly Json[] | undefined;
  if (several) return several.map(typeOf).join(' or ');
  if (only !== undefined) return `<code>${escaped(JSON.stringify(only))}</code>`;
  if (values) return Array.from(values, (value) => `<code>${escaped(String(value))}</code>`).join(', ');
  if (items) return `list of ${typeOf(items)}`;
  return escaped(type === 'null' ? 'null' : String(schema.format ?? type ?? 'anything'));
}

function isPlain(schema: Json): boolean {
  return schema.properties === undefined && schema.anyOf === undefined && schema.oneOf === undefined;
}

/** The fields of an object, with those of objects in it. */
function schemaOf(schema: Json): string {
  const several = (schema.anyOf ?? schema.oneOf) as unknown as readonly Json[] | undefined;
  if (several)
    return several
      .filter((each) => !isPlain(each))
      .map(schemaOf)
      .join('');
  if (schema.items && !isPlain(schema.items)) return schemaOf(schema.items);
  const required = (schema.required ?? []) as unknown as readonly string[];
  const rows = Object.entries(schema.properties ?? {}).map(([name, field]) => [
    `<code>${escaped(name)}</code>`,
    required.includes(name) ? '' : 'may be left out',
    `${typeOf(field)}${noteOf(field)}${field.$ref ? '' : schemaOf(field)}`,
  ]);
  return rows.length > 0 ? tableOf(rows) : '';
}

function noteOf({ description }: Json): string {
  return description === undefined ? '' : proseOf(description);
}

function proseOf(text: string): string {
  return `<p>${escaped(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>')}</p>`;
}

function tableOf(rows: readonly (readonly string[])[]): string {
  return `<table>${rows.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}`).join('')}`).join('')}</table>`;
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

const style = `
:root{color-scheme:light dark;--line:color-mix(in srgb,currentColor 18%,transparent)}
body{margin:0;display:grid;grid-template-columns:13rem minmax(0,1fr);font:16px/1.5 system-ui,sans-serif}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:1.5rem 1rem;box-sizing:border-box;border-right:1px solid var(--line)}
nav ul{list-style:none;padding:0}main{padding:1rem 2rem 4rem;max-width:60rem}
code,pre{font-family:ui-monospace,monospace;font-size:.9em}pre{padding:.6rem 1rem;border:1px solid var(--line);border-radius:.4rem;overflow:auto}
details{border:1px solid var(--line);border-radius:.4rem;margin:.4rem 0;padding:.2rem .8rem}summary{cursor:pointer;padding:.3rem 0}
summary code:first-child{display:inline-block;min-width:4rem;font-weight:700}.GET{color:#2277cc}.POST{color:#228844}.PUT,.PATCH{color:#b06a00}.DELETE{color:#cc3344}
table{border-collapse:collapse;width:100%;margin:.3rem 0}td{border-top:1px solid var(--line);padding:.25rem .6rem .25rem 0;vertical-align:top}td:first-child{width:11rem}td:nth-child(2){width:9rem}td p{margin:.1rem 0;opacity:.8}
h4{margin:.8rem 0 .2rem}@media(max-width:45rem){body{display:block}nav{position:static;height:auto}}
`;
