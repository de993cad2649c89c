import type * as z from 'zod';
import { isOptional } from './input.ts';
import { problemSchema } from './problem.ts';
import { type Content, type Endpoint, isGuarded, type Method, type Route, schemaOf } from './route.ts';

/** A document of OpenAPI, or a part of one. */
export type Description = Readonly<Record<string, unknown>>;

/**
 * What there is to ask, as OpenAPI 3.1 describes it: made of the schemas by which queries and bodies are read.
 * @param version of the server
 */
export function describeApi(routes: readonly Route[], version: string): Description {
  const schemas: Record<string, unknown> = {};

  /** A schema whose parts with a name stand with the others of the document. */
  function shared(type: z.ZodType, io: 'input' | 'output'): Description {
    const { $schema, $defs = {}, ...schema } = schemaOf(type, io);
    for (const [name, part] of Object.entries($defs)) schemas[name] ??= hoisted(part);
    return hoisted(schema);
  }

  function contentOf(content: Content, io: 'input' | 'output'): Description {
    if (content === 'nothing') return {};
    if ('mediaType' in content) return { content: { [content.mediaType]: {} } };
    return { content: { 'application/json': { schema: shared(content, io) } } };
  }

  function responsesOf({ answers, revised = false }: Endpoint): Description {
    const entries = Object.entries(answers).map(([status, content]) => {
      const headers = {
        ...(revised && content !== 'nothing' && { ETag: { schema: { type: 'string' } } }),
        ...((status === '201' || status === '202') && { Location: { schema: { type: 'string' } } }),
      };
      const hasHeaders = Object.keys(headers).length > 0;
      return [
        status,
        { description: phrases[status] ?? 'Done', ...(hasHeaders && { headers }), ...contentOf(content, 'output') },
      ];
    });
    const problem = {
      description: 'What is wrong',
      content: { 'application/problem+json': { schema: shared(problemSchema, 'output') } },
    };
    return { ...Object.fromEntries(entries), default: problem };
  }

  function operationOf(route: Route, method: Method, endpoint: Endpoint): Description {
    const { summary, about, permission, open = !isGuarded(route), serverWide, body, takesFile } = endpoint;
    return {
      operationId: nameOf(summary),
      summary,
      ...(about !== undefined && { description: about }),
      tags: [tagOf(route)],
      ...(permission !== undefined && { 'x-permission': permission }),
      ...(serverWide && { 'x-server-wide': true }),
      ...(open && { security: [] }),
      parameters: [...inPath(route), ...inQuery(endpoint), ...inHeaders(method, endpoint)],
      ...(body && { requestBody: { required: !isOptional(body), ...contentOf(body, 'input') } }),
      ...(takesFile !== undefined && { requestBody: { required: true, content: { [takesFile]: {} } } }),
      responses: responsesOf(endpoint),
    };
  }

  function inQuery({ query }: Endpoint): Description[] {
    if (!query) return [];
    const { properties = {}, required = [] } = shared(query, 'input') as {
      readonly properties?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
      readonly required?: readonly string[];
    };
    return Object.entries(properties).map(([name, { description, ...schema }]) => ({
      name,
      in: 'query',
      required: required.includes(name),
      ...(description !== undefined && { description }),
      schema,
    }));
  }

  const paths = Object.fromEntries(
    routes.map((route) => [
      templateOf(route),
      Object.fromEntries(
        Object.entries(route.methods).map(([method, endpoint]) => [
          method.toLowerCase(),
          operationOf(route, method as Method, endpoint),
        ]),
      ),
    ]),
  );
  return {
    openapi: '3.1.1',
    info: {
      title: 'Offhook',
      version,
      summary: 'Provisioning of IP phones',
      description:
        'Errors are problems (RFC 9457) with a `code`, and `complaints` that each have the path of a field. Times are those of RFC 3339, in UTC. ' +
        'What has a revision is named by `ETag`; sent back as `If-Match` it keeps a change from being written over another’s.',
      license: { name: 'Apache License 2.0', identifier: 'Apache-2.0' },
    },
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: Object.fromEntries(Object.entries(schemas).sort(([one], [other]) => (one < other ? -1 : 1))),
    },
  };
}

/** The path as OpenAPI writes it. */
function templateOf({ path }: Route): string {
  return path.replaceAll(/[:*](\w+)/g, '{$1}');
}

function inPath({ path }: Route): Description[] {
  return Array.from(path.matchAll(/([:*])(\w+)/g), ([, kind, name]) => ({
    name,
    in: 'path',
    required: true,
    ...(kind === '*' && { description: 'It may have slashes.' }),
    schema: { type: 'string' },
  }));
}

/** Whoever gets no answer asks again with the same key. */
const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'What is asked again with it within a day is done once, and answered as it was: 409 while it goes on, 422 for another request.',
  schema: { type: 'string', maxLength: 255 },
};

function inHeaders(method: Method, endpoint: Endpoint): Description[] {
  const { open = false, takesFile } = endpoint;
  const isOnce = (method === 'POST' || method === 'PATCH') && !open && takesFile === undefined;
  return [...(isOnce ? [idempotencyKey] : []), ...conditionHeaders(method, endpoint)];
}

function conditionHeaders(method: Method, { revised = false, resumable = false }: Endpoint): Description[] {
  const header = (name: string, description: string) => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  });
  const isChange = method !== 'GET' && method !== 'POST';
  return [
    ...(revised && isChange ? [header('If-Match', 'The ETag of what was read: 412 if it was changed since.')] : []),
    ...(resumable ? [header('Last-Event-ID', 'The id of the last event that was read.')] : []),
  ];
}

/** `createDevice` of `Create a device`, `showConfig` of `Show a config, …`. */
function nameOf(summary: string): string {
  const words = summary
    .replace(/[,:].*/, '')
    .replaceAll(/[^\w\s]/g, '')
    .split(/\s+/)
    .filter((word) => !/^(?:a|an|the)$/i.test(word));
  return words
    .map((word, index) => (index === 0 ? word.toLowerCase() : `${word.charAt(0).toUpperCase()}${word.slice(1)}`))
    .join('');
}

/** `/api/v1/devices/:id/requests` is of the devices. */
function tagOf({ path }: Route): string {
  return /^\/(?:api\/v1\/)?([\w-]+)/.exec(path)?.[1] ?? '';
}

const phrases: Readonly<Record<string, string>> = {
  200: 'As it is',
  201: 'It is made',
  202: 'Its work has begun; the operation tells how far it is',
  204: 'Done',
  503: 'As it is, and something is wrong',
};

/** With references to where the document keeps schemas. */
function hoisted(schema: unknown): Description {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'));
}
