import * as z from 'zod';
import { toPlain } from '../../lib/ordered-json.ts';
import type { ApiParts } from '../parts.ts';
import { endpoint, type Route } from '../route.ts';
import { begins, begun } from './operations.ts';

const id = z.string({ error: 'must be the id of a plugin' });
const texts = z.array(z.string({ error: 'must be a text' }), { error: 'must be a list of texts' });
const flag = z.boolean({ error: 'must be true or false' });
const where = z.strictObject(
  { plugin: id, model: texts.optional(), tenant: texts.optional(), pinned: flag.optional() },
  { error: 'must be an object with the plugin that the devices have' },
);
const order = z.strictObject({
  where: z.preprocess((value) => (value instanceof Map ? toPlain(value) : value), where),
  to: id,
  pin: flag.default(false),
  dry_run: flag.default(false),
});

export function moveRoutes({ move }: ApiParts): Route[] {
  const start = endpoint({
    summary: 'Move devices from one plugin to another',
    about: 'With `dry_run` the operation tells what would change, and changes nothing.',
    permission: 'devices.update',
    serverWide: true,
    body: order,
    answers: begins,
    async handle({ body: { where, to, pin, dry_run: dryRun } }) {
      const { plugin: from, model, tenant, pinned } = where;
      const which = {
        ...(model && { models: model }),
        ...(tenant && { tenants: tenant }),
        ...(pinned !== undefined && { pinned }),
      };
      return begun(await move({ from, to, pin, dryRun, ...which }));
    },
  });
  return [{ path: '/api/v1/moves', methods: { POST: start } }];
}
