import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler, type Response } from 'express';
import { fromPlain, stringifyOrdered } from '../lib/ordered-json.ts';
import { authenticate, guardHost, type Tokens } from './authenticate.ts';
import { readBody } from './input.ts';
import type { ApiParts } from './parts.ts';
import { HttpProblem, problemAnswer, statusOf } from './problem.ts';
import type { Answer, Handler, Method, Route } from './route.ts';
import { statusRoutes } from './status.ts';
import { configRoutes } from './v1/configs.ts';
import { deviceRoutes } from './v1/devices.ts';
import { dhcpRoutes } from './v1/dhcp.ts';
import { dhcpConfigRoutes } from './v1/dhcp-config.ts';
import { explainRoutes } from './v1/explain.ts';
import { firmwareRoutes } from './v1/firmware.ts';
import { operationRoutes } from './v1/operations.ts';
import { packageRoutes } from './v1/packages.ts';
import { pluginRoutes } from './v1/plugins.ts';
import { repositoryRoutes } from './v1/repositories.ts';
import { requestRoutes } from './v1/requests.ts';
import { serverRoutes } from './v1/server.ts';
import { templateRoutes } from './v1/templates.ts';
import { tenantRoutes } from './v1/tenants.ts';

/** All there is to ask, in the order in which it is looked through. */
export function apiRoutes(parts: ApiParts): Route[] {
  return [
    ...statusRoutes(parts),
    ...deviceRoutes(parts),
    ...configRoutes(parts),
    ...tenantRoutes(parts),
    ...pluginRoutes(parts),
    ...packageRoutes(parts),
    ...repositoryRoutes(parts),
    ...firmwareRoutes(parts),
    ...templateRoutes(parts),
    ...operationRoutes(parts),
    ...requestRoutes(parts),
    ...dhcpRoutes(parts),
    ...dhcpConfigRoutes(parts),
    ...explainRoutes(parts),
    ...serverRoutes(parts),
  ];
}

/**
 * The administrators' API: JSON below `/api/v1` for those who have the token, `/status` and `/metrics` for all who reach it. Errors
 * are `application/problem+json` (RFC 9457) with a stable `code` and `complaints`.
 */
export function createApi(parts: ApiParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.disable('query parser');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.use(greet(parts));
  for (const route of apiRoutes(parts)) {
    if (route.path.startsWith('/api/')) app.all(route.path, admit(parts.tokens, route));
    app.all(route.path, dispatch(route, parts));
  }
  // What is not there, either.
  app.use('/api', admit(parts.tokens));
  app.use(() => {
    throw new HttpProblem(404, 'route-unknown', 'There is nothing under this path');
  });
  app.use(fail(parts));
  return app;
}

function greet({ hostNames }: ApiParts): RequestHandler {
  return (request, response, next) => {
    // Answers hold passwords, and files of phones are not to be taken for pages.
    response.set({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    guardHost(request.headers.host, hostNames);
    next();
  };
}

function admit({ admin, dhcp }: Tokens, { forDhcpServers = [] }: Pick<Route, 'forDhcpServers'> = {}): RequestHandler {
  return (request, _response, next) => {
    const isForDhcp = forDhcpServers.some((method) => method === request.method);
    authenticate(request.headers.authorization, isForDhcp ? [dhcp, admin] : [admin]);
    next();
  };
}

function dispatch({ methods, takesFile = false }: Route, { log }: ApiParts): RequestHandler {
  return async (request, response) => {
    const handler = handlerOf(methods, request.method);
    const hasBody = request.method !== 'GET' && request.method !== 'HEAD' && !takesFile;
    const answer = await handler({
      params: paramsOf(request),
      query: new URLSearchParams(/\?(.*)$/s.exec(request.url)?.[1]),
      body: hasBody ? await readBody(request) : undefined,
      stream: fileOf(request),
      ifMatch: request.headers['if-match'],
    });
    send(response, answer);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    log[isRead ? 'debug' : 'info']({ event: 'api.answered', ...told(request), status: response.statusCode }, 'answered a client');
  };
}

/** A file as it comes. Whoever has read enough of it leaves the connection whole, to answer on it; the rest is dropped as it comes. */
async function* fileOf(request: Request): AsyncGenerator<Buffer> {
  try {
    yield* request.iterator({ destroyOnReturn: false });
  } catch (cause) {
    throw new HttpProblem(400, 'body-incomplete', 'The body ended early', { cause });
  } finally {
    request.resume();
  }
}

function handlerOf(methods: Route['methods'], asked: string): Handler {
  const method = (asked === 'HEAD' ? 'GET' : asked) as Method;
  const handler = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (handler) return handler;
  const allow = Object.keys(methods).join(', ').replace('GET', 'GET, HEAD');
  throw new HttpProblem(405, 'method-not-allowed', `Here there is ${allow}`, { headers: { allow } });
}

/** What a wildcard stands for comes in segments. */
function paramsOf({ params }: Request): Record<string, string> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, Array.isArray(value) ? value.join('/') : value]),
  );
}

function send(response: Response, { json, bytes, headers = {}, status }: Answer): void {
  response.status(status ?? (json === undefined && bytes === undefined ? 204 : 200));
  const type = json === undefined ? {} : { 'content-type': 'application/json' };
  const content = json === undefined ? bytes : `${stringifyOrdered(fromPlain(json))}\n`;
  // Not response.set, which adds a charset to the type: a file goes out with the type that a phone gets.
  for (const [name, value] of Object.entries({ ...type, ...headers })) response.setHeader(name, value);
  if (content !== undefined) response.setHeader('content-length', Buffer.byteLength(content));
  response.end(content);
}

/** The one catch: what was thrown is answered, and what is the server's fault is logged. */
function fail({ log }: ApiParts): ErrorRequestHandler {
  return (thrown: unknown, request, response, _next) => {
    const status = statusOf(thrown);
    const fields = { ...told(request), status, err: thrown };
    if (status >= 500) log.error({ event: 'api.failed', ...fields }, 'could not answer a client');
    else log.debug({ event: 'api.refused', ...fields }, 'refused a client');
    // A part of another answer is already on its way: all that is left is to break off.
    if (response.headersSent) response.destroy();
    else send(response, problemAnswer(thrown));
  };
}

/** What a log tells of a request; not the query, nor the body. */
function told({ method, path, socket }: Request) {
  return { method, path, ip: socket.remoteAddress };
}
