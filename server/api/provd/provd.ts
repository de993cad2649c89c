import type { Request, RequestHandler, Response } from 'express';
import type { Caller } from '../../access/model.ts';
import { actingAs } from '../../lib/actor.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import { fromPlain, type OrderedJson, stringifyOrdered } from '../../lib/ordered-json.ts';
import { actorOf, addressOf } from '../actor.ts';
import { readBody } from '../input.ts';
import type { ApiParts } from '../parts.ts';
import { HttpProblem, statusOf } from '../problem.ts';
import { streamTo } from '../stream.ts';
import { type Answer, linksTo, MEDIA_TYPE, Refusal } from './answer.ts';
import { configRoutes } from './configs.ts';
import { configureRoutes } from './configure.ts';
import { deviceRoutes } from './devices.ts';
import { type Gate, gateOf, unauthorized } from './gate.ts';
import { Counters } from './operations.ts';
import { pluginRoutes } from './plugins.ts';
import type { Route } from './route.ts';

/** On every answer (section 2.1 of the contract). Whoever asks shows a token: there is nothing that a browser sends by itself. */
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST, PUT, DELETE, OPTIONS',
  'access-control-allow-headers': 'Origin, X-Requested-With, Accept, Content-Type, X-Auth-Token, Wazo-Tenant',
  'access-control-expose-headers': 'Location',
  'access-control-allow-credentials': 'false',
};

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE']);

/** All there is to ask below `/0.2`. */
export function provdRoutes(parts: ApiParts, gate: Pick<Gate, 'shown'> = gateOf(parts)): Route[] {
  const counters = new Counters(parts.operations);
  const root: Route = {
    method: 'GET',
    path: '/',
    acl: 'read',
    permission: 'devices.read',
    handle: () => linksTo('', { dev: 'dev_mgr', cfg: 'cfg_mgr', pg: 'pg_mgr', status: 'status', 'srv.configure': 'configure' }),
  };
  const status: Route = {
    method: 'GET',
    path: '/status',
    acl: 'status.read',
    permission: 'devices.read',
    async handle() {
      await parts.store.ping();
      // There is no bus here that could fail.
      return { status: 200, json: { rest_api: 'ok', bus_consumer: { status: 'ok' } } };
    },
  };
  return [
    root,
    status,
    ...configureRoutes(parts),
    ...deviceRoutes(parts, gate, counters),
    ...configRoutes(parts),
    ...pluginRoutes(parts, counters),
  ];
}

/** wazo-provd's API 0.2 over the services of this server, for its clients: docs/provd-compatibility.md. */
export function provd(parts: ApiParts): RequestHandler {
  const gate = gateOf(parts);
  const routes = provdRoutes(parts, gate);
  const ways = routes.map((route) => ({ route, pattern: patternOf(route.path) }));
  const description = describe(routes);

  async function answer(request: Request): Promise<Answer | string> {
    const [, path = '', search = ''] = /^([^?]*)(?:\?(.*))?$/s.exec(request.url) ?? [];
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    if (path === '/api/api.yml' && method === 'GET') return description;
    const there = ways.filter(({ pattern }) => pattern.test(path));
    if (there.length === 0) throw new Refusal(404, 'No Such Resource');
    const way = there.find(({ route }) => route.method === method);
    if (!METHODS.has(request.method) || !way) throw new Refusal(501, `I don't know how to treat a ${request.method} request.`);
    const params = paramsOf(way.pattern, path);
    const { caller, tenant } = await gate.admit(request);
    authorise(way.route, caller, { ...params, tenant: gate.shown(tenant) });
    checkAccept(request);
    const body = method === 'POST' || method === 'PUT' ? await bodyOf(request) : new Map<string, OrderedJson>();
    const call = { caller, tenant, params, query: new URLSearchParams(search), body, path: `/0.2${path}` };
    const handle = async () => way.route.handle(call);
    return method === 'GET' ? handle() : actingAs(actorOf(caller, addressOf(request, parts)), handle);
  }

  return async (request, response) => {
    response.set(CORS);
    if (request.method === 'OPTIONS') {
      response.status(200).end();
      return;
    }
    try {
      await send(response, await answer(request));
    } catch (thrown) {
      // A part of an answer is already on its way: all that is left is to break off.
      if (response.headersSent) response.destroy();
      const { status, text } = toldOf(thrown);
      const fields = {
        method: request.method,
        path: request.originalUrl.split('?')[0],
        ip: addressOf(request, parts),
        status,
      };
      if (status >= 500 && status !== 501)
        parts.log.error({ event: 'api.failed', ...fields, err: thrown }, 'could not answer a client');
      else parts.log.debug({ event: 'api.refused', ...fields }, 'refused a client');
      tell(response, status, text);
    }
  };
}

function patternOf(path: string): RegExp {
  const source = path.replaceAll('.', '\\.').replaceAll(/:(\w+)/g, '(?<$1>[^/]*)');
  return new RegExp(`^${source === '/' ? '/?' : source}$`);
}

function paramsOf(pattern: RegExp, path: string): Record<string, string> {
  try {
    return Object.fromEntries(
      Object.entries(pattern.exec(path)?.groups ?? {}).map(([name, text]) => [name, decodeURIComponent(text)]),
    );
  } catch (cause) {
    if (cause instanceof URIError) throw new Refusal(404, 'No such resource');
    throw cause;
  }
}

/** By a permission of this server's, or by what provd calls it; the access lists of wazo-auth know that alone. */
function authorise(
  { acl, permission, serverWide = false }: Route,
  caller: Caller,
  params: Readonly<Record<string, string>>,
): void {
  const words = acl.replaceAll(/\{(\w+)\}/g, (_, name) => params[name]?.replaceAll(/[^\w-]/g, '_') ?? '');
  const isOurs = caller.kind !== 'wazo-user' && caller.may(permission);
  if (!isOurs && !caller.may(`provd.${words}`)) throw unauthorized();
  if (serverWide && !caller.isMain) throw unauthorized();
}

function checkAccept({ headers: { accept } }: Request): void {
  if (accept === undefined) return;
  const wanted = accept.split(',').map((each) => each.split(';')[0]?.trim());
  if (wanted.some((each) => each === MEDIA_TYPE || each === '*/*' || each === 'application/*')) return;
  throw new Refusal(406, `You must accept the "${MEDIA_TYPE}" MIME type.`);
}

async function bodyOf(request: Request): Promise<Map<string, OrderedJson>> {
  if (request.headers['content-type'] !== MEDIA_TYPE) throw new Refusal(415, `Entity must be in media type "${MEDIA_TYPE}".`);
  const body = await readBody(request).catch((cause) => {
    throw cause instanceof HttpProblem && cause.status === 400
      ? new Refusal(400, `Invalid JSON document: ${cause.message}`)
      : cause;
  });
  if (body instanceof Map) return body;
  throw new Refusal(400, 'Invalid JSON document: it must be an object');
}

function toldOf(thrown: unknown): { status: number; text: string } {
  if (thrown instanceof Refusal) return { status: thrown.status, text: thrown.message };
  const status = statusOf(thrown);
  if (status >= 500 || !(thrown instanceof ProvisioningError))
    return { status, text: status === 503 ? 'Try again later' : 'Processing Failed' };
  if (status === 404) return { status, text: 'No such resource' };
  // provd knows no 409.
  return { status: status === 409 || status === 412 ? 400 : status, text: thrown.message };
}

async function send(response: Response, answer: Answer | string): Promise<void> {
  if (typeof answer === 'string') {
    tell(response, 200, answer);
    return;
  }
  const { status, json, location, list } = answer;
  if (location !== undefined) response.setHeader('location', location);
  if (list) {
    const pieces = await begun(written(list));
    response.status(status).setHeader('content-type', MEDIA_TYPE);
    return streamTo(response, pieces);
  }
  if (json === undefined) {
    if (status !== 204) response.setHeader('content-type', 'text/html');
    response.status(status).end();
    return;
  }
  // The little that is told of what was made provd sends as a page, and its clients are used to it.
  response.setHeader('content-type', status === 201 ? 'text/html' : MEDIA_TYPE);
  response.status(status).end(stringifyOrdered(fromPlain(json)));
}

/** Characters of a list that go out together. */
const PIECE = 65_536;

/** A list may have as many items as there are devices: it is written as it is read, and read as fast as it is taken. */
async function* written({ name, items }: NonNullable<Answer['list']>): AsyncGenerator<string> {
  let text = `{${JSON.stringify(name)}:[`;
  let separator = '';
  for await (const item of items) {
    text += separator + stringifyOrdered(new Map(item));
    separator = ',';
    if (text.length < PIECE) continue;
    yield text;
    text = '';
  }
  yield `${text}]}`;
}

/** What fails before the first piece is answered as any failure is. */
async function begun(pieces: AsyncGenerator<string>): Promise<AsyncIterable<string>> {
  const { value: first = '' } = await pieces.next();
  async function* whole() {
    yield first;
    yield* pieces;
  }
  return whole();
}

function tell(response: Response, status: number, text: string): void {
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.status(status).end(text);
}

/** As OpenAPI 2.0, which provd has at `/api/api.yml`: JSON is YAML. */
function describe(routes: readonly Route[]): string {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { method, path, acl } of routes) {
    const template = path.replaceAll(/:(\w+)/g, '{$1}');
    const parameters = Array.from(path.matchAll(/:(\w+)/g), ([, name]) => ({ name, in: 'path', required: true, type: 'string' }));
    paths[template] ??= {};
    paths[template][method.toLowerCase()] = {
      description: `**Required ACL:** \`provd.${acl}\``,
      ...(parameters.length > 0 && { parameters }),
      responses: { default: { description: 'docs/provd-compatibility.md' } },
    };
  }
  const security = { wazo_auth_token: { type: 'apiKey', name: 'X-Auth-Token', in: 'header' } };
  return JSON.stringify({
    swagger: '2.0',
    info: { title: 'provd', version: '0.2' },
    basePath: '/0.2',
    consumes: [MEDIA_TYPE],
    produces: [MEDIA_TYPE],
    securityDefinitions: security,
    security: [{ wazo_auth_token: [] }],
    paths,
  });
}
