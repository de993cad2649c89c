import * as z from 'zod';
import { settingsInForce } from '../../settings/print.ts';
import { text } from '../fields.ts';
import { listingOf } from '../listing.ts';
import type { ApiParts } from '../parts.ts';
import { conflicting } from '../problem.ts';
import { endpoint, type Route } from '../route.ts';
import { begins, begun } from './operations.ts';

const level = z.strictObject({
  level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], {
    error: 'must be trace, debug, info, warn, error or fatal',
  }),
});

const setting = z
  .strictObject({
    key: text,
    value: z.unknown().meta({ description: 'As it is written in a file of settings; null when it is not set.' }),
    description: text,
  })
  .meta({ id: 'Setting' });

/** What is about the running server itself. */
export function serverRoutes({ log, setLogLevel, settings, reload }: ApiParts): Route[] {
  const inForce = listingOf({
    summary: 'List settings in force',
    about: 'They are read when the server starts (docs/settings.md). Secrets in them are masks.',
    permission: 'settings.read',
    serverWide: true,
    name: 'settings',
    item: setting,
    filters: z.strictObject({ search: z.string().meta({ description: 'The beginning of the key.' }) }).partial(),
    sorts: { key: ({ key }: ReturnType<typeof settingsInForce>[number]) => key.path },
    usual: 'key',
    key: ({ key }) => key.path,
    find: ({ query: { search = '' } }) => settingsInForce(settings).filter(({ key }) => key.path.startsWith(search)),
    document: ({ key: { path, description }, value }) => ({ key: path, value: value ?? null, description }),
  });

  const show = endpoint({
    summary: 'Show how much is logged',
    permission: 'settings.read',
    serverWide: true,
    answers: { 200: level },
    handle: () => ({ json: { level: log.level } }),
  });

  const change = endpoint({
    summary: 'Change how much is logged, until the server starts again',
    permission: 'settings.update',
    serverWide: true,
    body: level,
    answers: { 200: level },
    async handle({ body }) {
      await setLogLevel(body.level);
      return { json: { level: log.level } };
    },
  });

  const again = endpoint({
    summary: 'Read anew what can be read anew: templates, vendor packages, certificates',
    permission: 'settings.update',
    serverWide: true,
    answers: begins,
    handle: async () => begun(await conflicting(reload)),
  });

  return [
    { path: '/api/v1/settings', methods: { GET: inForce } },
    { path: '/api/v1/log-level', methods: { GET: show, PUT: change } },
    { path: '/api/v1/reload', methods: { POST: again } },
  ];
}
