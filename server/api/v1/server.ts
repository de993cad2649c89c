import * as z from 'zod';
import { readObject } from '../input.ts';
import type { ApiParts } from '../parts.ts';
import { conflicting } from '../problem.ts';
import type { Answer, Call, Route } from '../route.ts';
import { begun } from './operations.ts';

const level = z.strictObject({
  level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], {
    error: 'must be trace, debug, info, warn, error or fatal',
  }),
});

/** What is about the running server itself. */
export function serverRoutes({ log, setLogLevel, reload }: ApiParts): Route[] {
  function show(): Answer {
    return { json: { level: log.level } };
  }

  async function change({ body }: Call): Promise<Answer> {
    await setLogLevel(readObject(body, level).level);
    return show();
  }

  async function again(): Promise<Answer> {
    return begun(await conflicting(reload));
  }

  return [
    { path: '/api/v1/log-level', methods: { GET: show, PUT: change } },
    { path: '/api/v1/reload', methods: { POST: again } },
  ];
}
