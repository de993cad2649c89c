import * as z from 'zod';
import type { Description } from './openapi.ts';
import { pageOf } from './page.ts';
import { endpoint, type Route } from './route.ts';

/** What the API is, for programs and for people, without a token: it tells nothing of what the server has. */
export function descriptionRoutes(describe: () => Description): Route[] {
  const document = endpoint({
    summary: 'Describe the API, as OpenAPI 3.1',
    answers: { 200: z.looseObject({ openapi: z.string() }) },
    handle: () => ({ json: describe() }),
  });
  const page = endpoint({
    summary: 'Show the API to people',
    answers: { 200: { mediaType: 'text/html' } },
    handle: () => ({
      bytes: pageOf(describe()),
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      },
    }),
  });
  return [
    { path: '/openapi.json', methods: { GET: document } },
    { path: '/docs', methods: { GET: page } },
  ];
}
