import type { RequestHandler } from 'express';

const METHODS = 'GET, POST, PUT, PATCH, DELETE';
const HEADERS = 'Authorization, Content-Type, If-Match, Idempotency-Key, Last-Event-ID';
const EXPOSED = 'Content-Disposition, ETag, Location, Retry-After';

/**
 * Lets web pages of some origins use what is below `/api/` in a browser (Fetch standard, section 3.2). Pages show a token, and no cookie: there is nothing that
 * a browser sends by itself.
 */
export function cors(origins: readonly string[]): RequestHandler {
  const permitted = new Set(origins.map((origin) => origin.toLowerCase()));
  return (request, response, next) => {
    if (permitted.size > 0) response.vary('Origin');
    const { origin } = request.headers;
    if (origin !== undefined && permitted.has(origin.toLowerCase())) {
      response.set({ 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED });
      const isPreflight = request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
      if (isPreflight) {
        response.set({
          'access-control-allow-methods': METHODS,
          'access-control-allow-headers': HEADERS,
          'access-control-max-age': '600',
        });
        response.status(204).end();
        return;
      }
    }
    next();
  };
}
