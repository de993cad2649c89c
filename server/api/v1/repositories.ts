import * as z from 'zod';
import { shown } from '../../lib/download/network.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import { MASK } from '../../lib/mask.ts';
import { channels } from '../../repositories/model.ts';
import { isWhole, type RepositoryState } from '../../repositories/service.ts';
import { text, time } from '../fields.ts';
import { listingOf } from '../listing.ts';
import type { ApiParts } from '../parts.ts';
import { timeOf } from '../revision.ts';
import { endpoint, param, type Route } from '../route.ts';
import { begins, begun } from './operations.ts';

const body = z.strictObject({
  location: z
    .string()
    // One who asks over the network cannot know in which directory the server works.
    .refine(isWhole, 'must be a URL (http, https, ftp, file), or the whole path, from /, of a folder or a bundle on the server')
    .refine(
      (location) => !location.includes(MASK),
      `has ${MASK} where a token was shown: write the token itself, or leave it as it is`,
    ),
  channel: z.enum(channels, { error: `must be ${channels.join(', ')}` }).optional(),
  priority: z.number().int().min(-1_000).max(1_000).optional(),
  keys: z.array(z.string()).optional(),
  allow_unsigned: z.boolean().optional(),
});
const changeBody = body.partial();
const refreshBody = z.strictObject({ name: z.string().optional() });

const document = z
  .strictObject({
    name: text,
    location: text.meta({ description: 'Without login and tokens.' }),
    channel: z.enum(channels),
    priority: z.int(),
    keys: z.array(text),
    allow_unsigned: z.boolean(),
    serial: z.number().nullable(),
    refreshed: time.nullable(),
    signed_by: text.nullable(),
    problem: text.nullable(),
    versions: z.number().nullable(),
  })
  .meta({ id: 'Repository' });

/** Where vendor packages come from. */
export function repositoryRoutes({ repositories, operations }: ApiParts): Route[] {
  const list = listingOf({
    summary: 'List repositories',
    permission: 'repositories.read',
    serverWide: true,
    name: 'repositories',
    item: document,
    filters: z.strictObject({ channel: z.enum(channels, { error: `must be ${channels.join(', ')}` }) }).partial(),
    sorts: {
      name: ({ name }: RepositoryState) => name,
      priority: ({ priority }) => priority,
      refreshed: ({ refreshed }) => refreshed,
    },
    usual: 'name',
    key: ({ name }) => name,
    find: ({ query: { channel } }) => repositories.list().filter((each) => (channel ?? each.channel) === each.channel),
    document: documentOf,
  });

  const enter = endpoint({
    summary: 'Enter a repository, or replace it',
    permission: 'repositories.update',
    serverWide: true,
    body,
    answers: { 200: document },
    async handle(call) {
      const { location, channel = 'stable', priority = 0, keys = [], allow_unsigned: allowUnsigned = false } = call.body;
      const repository = { name: param(call, 'name'), location, channel, priority, keys, allowUnsigned };
      return { json: documentOf(await repositories.enter(repository)) };
    },
  });

  const change = endpoint({
    summary: 'Change a repository',
    about: 'What is not named stays: a location is shown without its login and its tokens, and could not be sent back.',
    permission: 'repositories.update',
    serverWide: true,
    body: changeBody,
    answers: { 200: document },
    async handle(call) {
      const name = param(call, 'name');
      const before = repositories.list().find((each) => each.name === name);
      if (!before) throw new ProvisioningError('repository-unknown', `There is no repository ${name}`);
      const {
        location = before.location,
        channel = before.channel,
        priority = before.priority,
        keys = before.keys,
        allow_unsigned: allowUnsigned = before.allowUnsigned,
      } = call.body;
      return { json: documentOf(await repositories.enter({ name, location, channel, priority, keys, allowUnsigned })) };
    },
  });

  const remove = endpoint({
    summary: 'Remove a repository',
    permission: 'repositories.delete',
    serverWide: true,
    answers: { 204: 'nothing' },
    async handle(call) {
      await repositories.remove(param(call, 'name'));
      return {};
    },
  });

  const refresh = endpoint({
    summary: 'Read the index of one repository, or of all',
    permission: 'repositories.refresh',
    serverWide: true,
    body: refreshBody,
    answers: begins,
    async handle({ body: { name } }) {
      const order = { label: 'update', title: `read the index of ${name ?? 'all repositories'}`, key: 'repositories' };
      return begun(
        await operations.start(order, async (task) => {
          const states = await repositories.refresh(name, {
            signal: task.signal,
            progress: (current, end) => task.progress(current, end),
          });
          return {
            repositories: states.map((each) => ({
              name: each.name,
              versions: each.versions ?? null,
              problem: each.problem ?? null,
            })),
          };
        }),
      );
    },
  });

  return [
    { path: '/api/v1/repositories', methods: { GET: list } },
    { path: '/api/v1/repositories/refresh', methods: { POST: refresh } },
    { path: '/api/v1/repositories/:name', methods: { PUT: enter, PATCH: change, DELETE: remove } },
  ];
}

/** A URL may carry user:password@, or a token in its query. */
function withoutSecrets(location: string): string {
  return URL.canParse(location) && /^(?:https?|ftp):/i.test(location) ? shown(new URL(location)) : location;
}

function documentOf({
  name,
  location,
  channel,
  priority,
  keys,
  allowUnsigned,
  serial,
  refreshed,
  signedBy,
  problem,
  versions,
}: RepositoryState) {
  return {
    name,
    location: withoutSecrets(location),
    channel,
    priority,
    keys,
    allow_unsigned: allowUnsigned,
    serial: serial ?? null,
    refreshed: refreshed === undefined ? null : timeOf(refreshed),
    signed_by: signedBy ?? null,
    problem: problem ?? null,
    versions: versions ?? null,
  };
}
