import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler, type Response } from 'express';
import * as z from 'zod';
import type { Caller } from '../access/model.ts';
import { actingAs } from '../lib/actor.ts';
import type { Ip } from '../lib/ip.ts';
import { fromPlain, stringifyOrdered } from '../lib/ordered-json.ts';
import { actorOf, addressOf } from './actor.ts';
import { authenticate, authorise, guardHost } from './authenticate.ts';
import { cors } from './cors.ts';
import { descriptionRoutes } from './description.ts';
import { readBody, readObject, readQuery } from './input.ts';
import { describeApi } from './openapi.ts';
import type { ApiParts } from './parts.ts';
import { HttpProblem, problemAnswer, statusOf } from './problem.ts';
import { provd } from './provd/provd.ts';
import { doneOnce } from './repeats.ts';
import { type Answer, type Endpoint, isGuarded, type Method, type Route } from './route.ts';
import { statusRoutes } from './status.ts';
import { goneOf, streamTo } from './stream.ts';
import { claimRoutes } from './v1/claims.ts';
import { configBulkRoutes } from './v1/config-bulk.ts';
import { configRoutes } from './v1/configs.ts';
import { deviceBulkRoutes } from './v1/device-bulk.ts';
import { deviceCsvRoutes } from './v1/device-csv.ts';
import { deviceRoutes } from './v1/devices.ts';
import { dhcpRoutes } from './v1/dhcp.ts';
import { dhcpConfigRoutes } from './v1/dhcp-config.ts';
import { eventRoutes } from './v1/events.ts';
import { explainRoutes } from './v1/explain.ts';
import { firmwareRoutes } from './v1/firmware.ts';
import { historyRoutes } from './v1/history.ts';
import { moveRoutes } from './v1/move.ts';
import { operationRoutes } from './v1/operations.ts';
import { packageRoutes } from './v1/packages.ts';
import { pluginRoutes } from './v1/plugins.ts';
import { repositoryRoutes } from './v1/repositories.ts';
import { requestRoutes } from './v1/requests.ts';
import { resyncRoutes } from './v1/resyncs.ts';
import { serverRoutes } from './v1/server.ts';
import { templateRoutes } from './v1/templates.ts';
import { tenantRoutes } from './v1/tenants.ts';
import { tokenRoutes } from './v1/tokens.ts';
import { userRoutes } from './v1/users.ts';

/** All there is to ask, in the order in which it is looked through. */
export function apiRoutes(parts: ApiParts): Route[] {
  const permissions = new Set<string>();
  const routes = [
    ...statusRoutes(parts),
    ...deviceBulkRoutes(parts),
    ...deviceCsvRoutes(parts),
    ...deviceRoutes(parts),
    ...moveRoutes(parts),
    ...resyncRoutes(parts),
    ...claimRoutes(parts),
    ...configBulkRoutes(parts),
    ...configRoutes(parts),
    ...historyRoutes(parts),
    ...tenantRoutes(parts),
    ...tokenRoutes(parts, () => permissions),
    ...userRoutes(parts, () => permissions),
    ...pluginRoutes(parts),
    ...packageRoutes(parts),
    ...repositoryRoutes(parts),
    ...firmwareRoutes(parts),
    ...templateRoutes(parts),
    ...operationRoutes(parts),
    ...eventRoutes(parts),
    ...requestRoutes(parts),
    ...dhcpRoutes(parts),
    ...dhcpConfigRoutes(parts),
    ...explainRoutes(parts),
    ...serverRoutes(parts),
  ];
  routes.push(...descriptionRoutes(() => describeApi(routes, parts.version)));
  for (const { permission } of routes.flatMap(({ methods }) => Object.values(methods)))
    if (permission !== undefined) permissions.add(permission);
  return routes;
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
  app.use('/api', cors(parts.corsOrigins));
  for (const route of apiRoutes(parts)) {
    if (isGuarded(route)) app.all(route.path, admit(parts, route));
    app.all(route.path, dispatch(route, parts));
  }
  app.use('/0.2', provd(parts));
  // What is not there, either.
  app.use('/api', admit(parts));
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

/** Nobody learns without a token which paths there are, but for those that are open. */
function admit(parts: ApiParts, route?: Route): RequestHandler {
  return (request, response, next) => {
    const isOpen = route?.methods[request.method as Method]?.open ?? false;
    if (!isOpen) response.locals.caller = authenticate(request.headers.authorization, parts);
    next();
  };
}

/** Who asks for what needs no token. */
const nobody: Caller = {
  kind: 'token',
  id: '',
  name: '',
  tenant: '',
  permissions: [],
  isMain: false,
  may: () => false,
  sees: () => false,
  tenants: [],
};

const nothing = z.strictObject({});

function dispatch({ methods }: Route, parts: ApiParts): RequestHandler {
  const { log } = parts;
  return async (request, response) => {
    const endpoint = allowed(methods, request.method);
    const { handle, query = nothing, body = nothing, takesFile } = endpoint;
    const caller: Caller = response.locals.caller ?? nobody;
    const from = addressOf(request, parts);
    authorise(caller, endpoint);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const sent = isRead || takesFile !== undefined ? undefined : await readBody(request);
    const call = {
      caller,
      from,
      params: paramsOf(request),
      query: readQuery(new URLSearchParams(/\?(.*)$/s.exec(request.url)?.[1]), query),
      body: isRead || takesFile !== undefined ? undefined : readObject(sent, body),
      stream: fileOf(request),
      ifMatch: request.headers['if-match'],
      callerNow() {
        const now = caller === nobody ? nobody : authenticate(request.headers.authorization, parts);
        authorise(now, endpoint);
        return now;
      },
      gone: goneOf(response),
      lastEventId: request.headers['last-event-id']?.toString(),
    };
    const act = () => actingAs(actorOf(caller, from), () => handle(call));
    const key = request.headers['idempotency-key']?.toString();
    const asked = { caller, method: request.method, url: request.originalUrl, body: sent };
    const isOnce = key !== undefined && !isRead && takesFile === undefined && caller !== nobody;
    await send(response, await (isRead ? handle(call) : isOnce ? doneOnce({ ...asked, key }, endpoint, parts, act) : act()));
    log[isRead ? 'debug' : 'info'](
      { event: 'api.answered', ...told(request, from), status: response.statusCode },
      'answered a client',
    );
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

function allowed(methods: Route['methods'], asked: string): Endpoint {
  const method = (asked === 'HEAD' ? 'GET' : asked) as Method;
  const found = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (found) return found;
  const allow = Object.keys(methods).join(', ').replace('GET', 'GET, HEAD');
  throw new HttpProblem(405, 'method-not-allowed', `Here there is ${allow}`, { headers: { allow } });
}

/** What a wildcard stands for comes in segments. */
function paramsOf({ params }: Request): Record<string, string> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, Array.isArray(value) ? value.join('/') : value]),
  );
}

async function send(response: Response, { json, bytes, stream, headers = {}, status }: Answer): Promise<void> {
  response.status(status ?? (json === undefined && bytes === undefined && !stream ? 204 : 200));
  const type = json === undefined ? {} : { 'content-type': 'application/json' };
  const content = json === undefined ? bytes : `${stringifyOrdered(fromPlain(json))}\n`;
  // Not response.set, which adds a charset to the type: a file goes out with the type that a phone gets.
  for (const [name, value] of Object.entries({ ...type, ...headers })) response.setHeader(name, value);
  if (stream && response.req.method !== 'HEAD') return streamTo(response, stream);
  if (content !== undefined) response.setHeader('content-length', Buffer.byteLength(content));
  response.end(content);
}

/** The one catch: what was thrown is answered, and what is the server's fault is logged. */
function fail(parts: ApiParts): ErrorRequestHandler {
  const { log } = parts;
  return (thrown: unknown, request, response, _next) => {
    const status = statusOf(thrown);
    const fields = { ...told(request, addressOf(request, parts)), status, err: thrown };
    if (status >= 500) log.error({ event: 'api.failed', ...fields }, 'could not answer a client');
    else log.debug({ event: 'api.refused', ...fields }, 'refused a client');
    // A part of another answer is already on its way: all that is left is to break off.
    if (response.headersSent) response.destroy();
    else void send(response, problemAnswer(thrown));
  };
}

/** What a log tells of a request; not the query, nor the body. */
function told({ method, path }: Request, ip: Ip) {
  return { method, path, ip };
}
