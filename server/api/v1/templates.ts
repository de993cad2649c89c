import { createHash } from 'node:crypto';
import * as z from 'zod';
import { unifiedDiff } from '../../overrides/merge.ts';
import type { Template } from '../../overrides/model.ts';
import { flag, page, readObject, readQuery } from '../input.ts';
import type { ApiParts } from '../parts.ts';
import { checkTag } from '../revision.ts';
import { type Answer, type Call, param, type Route } from '../route.ts';

const listQuery = z
  .strictObject({
    ...page,
    plugin: z.string(),
    state: z.enum(['current', 'outdated', 'same', 'orphaned', 'own'], {
      error: 'must be current, outdated, same, orphaned or own',
    }),
    all: flag,
  })
  .partial();
const replacement = z.strictObject({ text: z.string({ error: 'must be a text' }), force: flagOf() });
const forced = z.strictObject({ force: flagOf() });

function flagOf() {
  return z.boolean({ error: 'must be true or false' }).default(false);
}

/** Operators' templates in place of packages'. */
export function templateRoutes({ overrides }: ApiParts): Route[] {
  const place = (call: Call): [plugin: string, name: string] => [param(call, 'plugin'), param(call, 'name')];
  const checkOf = (call: Call) => (current: Template) => checkTag(call.ifMatch, tagOf(current));

  async function list({ query }: Call): Promise<Answer> {
    const { plugin, state, all, limit = 100, offset = 0 } = readQuery(query, listQuery);
    const found = [...(await overrides.list()), ...(all ? await overrides.listOthers() : [])].filter(
      (each) => (plugin ?? each.plugin) === each.plugin && (state === undefined || each.state === state),
    );
    found.sort((a, b) => compare(a.plugin, b.plugin) || compare(a.name, b.name));
    return { json: { templates: found.slice(offset, offset + limit).map(summaryOf), total: found.length } };
  }

  async function show(call: Call): Promise<Answer> {
    return answer(await overrides.get(...place(call)));
  }

  async function put(call: Call): Promise<Answer> {
    const { text, force } = readObject(call.body, replacement);
    return answer(await overrides.put(...place(call), text, { force, check: checkOf(call) }));
  }

  async function remove(call: Call): Promise<Answer> {
    await overrides.remove(...place(call), checkOf(call));
    return {};
  }

  async function diff(call: Call): Promise<Answer> {
    const { override, base, origin, name, plugin } = await overrides.get(...place(call));
    const { text, conflicts } = await overrides.tryMerge(plugin, name);
    const [mine, theirs] = [named(`templates/${plugin}/${name}`, override), named(origin?.name ?? '', origin?.text)];
    const before = named(`${theirs.name} as it was`, base ?? origin?.text);
    return {
      json: {
        from_package: unifiedDiff(theirs, mine),
        of_package: unifiedDiff(before, theirs),
        of_operator: unifiedDiff(before, mine),
        merge: { text, conflicts, diff: unifiedDiff(mine, named(`${mine.name} merged`, text)) },
      },
    };
  }

  async function merge(call: Call): Promise<Answer> {
    const { force } = call.body === undefined ? { force: false } : readObject(call.body, forced);
    return answer(await overrides.merge(...place(call), { force, check: checkOf(call) }));
  }

  async function accept(call: Call): Promise<Answer> {
    return answer(await overrides.accept(...place(call), checkOf(call)));
  }

  const one = '/api/v1/templates/:plugin/:name';
  return [
    { path: '/api/v1/templates', methods: { GET: list } },
    { path: one, methods: { GET: show, PUT: put, DELETE: remove } },
    { path: `${one}/diff`, methods: { GET: diff } },
    { path: `${one}/merge`, methods: { POST: merge } },
    { path: `${one}/accept`, methods: { POST: accept } },
  ];
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function named(name: string, text = '') {
  return { name, text };
}

/** Names what there is, of the operator's and of the package: who looked at one does not change another. */
function tagOf({ override, base, origin }: Template): string {
  const texts = JSON.stringify([override ?? null, base ?? null, origin?.text ?? null]);
  return `"${createHash('sha256').update(texts).digest('hex')}"`;
}

function answer(template: Template): Answer {
  const { override, base, origin, former } = template;
  return {
    headers: { etag: tagOf(template) },
    json: {
      ...summaryOf(template),
      override: override ?? null,
      base: base ?? null,
      package: origin?.text ?? null,
      former: former ?? null,
    },
  };
}

/** As a list shows it: without texts. */
function summaryOf({ plugin, name, state, origin }: Template) {
  return { plugin, name, state: state ?? null, instead_of: origin?.name ?? null };
}
