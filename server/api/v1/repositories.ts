import * as z from 'zod';
import { shown } from '../../lib/download/network.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import { MASK } from '../../lib/mask.ts';
import { channels } from '../../repositories/model.ts';
import { isWhole, type RepositoryState } from '../../repositories/service.ts';
import { readObject } from '../input.ts';
import type { ApiParts } from '../parts.ts';
import { timeOf } from '../revision.ts';
import { type Answer, type Call, param, type Route } from '../route.ts';
import { begun } from './operations.ts';

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

/** Where vendor packages come from. */
export function repositoryRoutes({ repositories, operations }: ApiParts): Route[] {
  function list(): Answer {
    const all = repositories.list();
    return { json: { repositories: all.map(documentOf), total: all.length } };
  }

  async function enter(call: Call): Promise<Answer> {
    const given = readObject(call.body, body);
    const { location, channel = 'stable', priority = 0, keys = [], allow_unsigned: allowUnsigned = false } = given;
    const repository = { name: param(call, 'name'), location, channel, priority, keys, allowUnsigned };
    return { json: documentOf(await repositories.enter(repository)) };
  }

  /** What is not named stays: a location is shown without its login and its tokens, and could not be sent back. */
  async function change(call: Call): Promise<Answer> {
    const given = readObject(call.body, changeBody);
    const name = param(call, 'name');
    const before = repositories.list().find((each) => each.name === name);
    if (!before) throw new ProvisioningError('repository-unknown', `There is no repository ${name}`);
    const {
      location = before.location,
      channel = before.channel,
      priority = before.priority,
      keys = before.keys,
      allow_unsigned: allowUnsigned = before.allowUnsigned,
    } = given;
    return { json: documentOf(await repositories.enter({ name, location, channel, priority, keys, allowUnsigned })) };
  }

  async function remove(call: Call): Promise<Answer> {
    await repositories.remove(param(call, 'name'));
    return {};
  }

  async function refresh(call: Call): Promise<Answer> {
    const { name } = readObject(call.body ?? new Map(), refreshBody);
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
  }

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
