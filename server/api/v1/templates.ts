import { createHash } from 'node:crypto';
import * as z from 'zod';
import { ProvisioningError } from '../../lib/errors.ts';
import { unifiedDiff } from '../../overrides/merge.ts';
import type { Template } from '../../overrides/model.ts';
import { count, text } from '../fields.ts';
import { bodyInvalid, flag } from '../input.ts';
import { listingOf } from '../listing.ts';
import type { ApiParts } from '../parts.ts';
import { HttpProblem } from '../problem.ts';
import { checkTag } from '../revision.ts';
import { type Answer, type Call, endpoint, param, type Route } from '../route.ts';

const filters = z
  .strictObject({
    plugin: z.string(),
    state: z.enum(['current', 'outdated', 'same', 'orphaned', 'own'], {
      error: 'must be current, outdated, same, orphaned or own',
    }),
    all: flag,
  })
  .partial();
const replacement = z.strictObject({ text: z.string({ error: 'must be a text' }), force: flagOf() });
const trial = z.strictObject({
  device: z.string({ error: 'must be the id of a device' }),
  text: z.string({ error: 'must be a text' }),
});
const forced = z.strictObject({ force: flagOf() });

function flagOf() {
  return z.boolean({ error: 'must be true or false' }).default(false);
}

const states = z.enum(['current', 'outdated', 'same', 'orphaned', 'own']);
const summary = z
  .strictObject({
    plugin: text,
    name: text,
    state: states.nullable().meta({ description: 'Of an operator’s template; null of a package’s.' }),
    instead_of: text.nullable(),
  })
  .meta({ id: 'TemplateSummary' });
const document = z
  .strictObject({
    ...summary.shape,
    override: text.nullable(),
    base: text.nullable().meta({ description: 'The package’s text from which the override was made.' }),
    package: text.nullable(),
    former: text.nullable(),
  })
  .meta({ id: 'Template' });
const conflict = z.strictObject({ line: count, marked: count, override: text, base: text, package: text });
const diffs = z.strictObject({
  from_package: text,
  of_package: text,
  of_operator: text,
  merge: z.strictObject({ text, conflicts: z.array(conflict), diff: text }),
});

const previewed = z
  .strictObject({
    name: text,
    text: text.nullable(),
    problem: text.nullable().meta({ description: 'Why it cannot be made.' }),
    diff: text.meta({ description: 'From what the device has now; empty when it is the same.' }),
  })
  .meta({ id: 'PreviewedFile' });

/** Operators' templates in place of packages'. */
export function templateRoutes({ overrides, devices, plugins, desired, tryTemplate, baseUrl }: ApiParts): Route[] {
  const place = (call: Call): [plugin: string, name: string] => [param(call, 'plugin'), param(call, 'name')];
  const checkOf = (call: Call) => (current: Template) => checkTag(call.ifMatch, tagOf(current));

  const list = listingOf({
    summary: 'List operators’ templates',
    about: 'With `all` also those of packages that could be overridden.',
    permission: 'templates.read',
    serverWide: true,
    name: 'templates',
    item: summary,
    filters,
    sorts: { plugin: ({ plugin }: Template) => plugin, name: ({ name }) => name, state: ({ state }) => state },
    usual: 'plugin',
    key: ({ plugin, name }) => `${plugin}/${name}`,
    async find({ query: { plugin, state, all } }) {
      return [...(await overrides.list()), ...(all ? await overrides.listOthers() : [])].filter(
        (each) => (plugin ?? each.plugin) === each.plugin && (state === undefined || each.state === state),
      );
    },
    document: summaryOf,
  });

  const show = endpoint({
    summary: 'Show a template',
    permission: 'templates.read',
    serverWide: true,
    revised: true,
    answers: { 200: document },
    handle: async (call) => answer(await overrides.get(...place(call))),
  });

  const put = endpoint({
    summary: 'Put a template in place of a package’s',
    about: 'One that cannot be compiled is refused, unless `force` is set.',
    permission: 'templates.update',
    serverWide: true,
    body: replacement,
    revised: true,
    answers: { 200: document },
    async handle(call) {
      const { text, force } = call.body;
      return answer(await overrides.put(...place(call), text, { force, check: checkOf(call) }));
    },
  });

  const remove = endpoint({
    summary: 'Remove an operator’s template',
    permission: 'templates.delete',
    serverWide: true,
    revised: true,
    answers: { 204: 'nothing' },
    async handle(call) {
      await overrides.remove(...place(call), checkOf(call));
      return {};
    },
  });

  const diff = endpoint({
    summary: 'Compare an operator’s template with the package’s',
    permission: 'templates.read',
    serverWide: true,
    answers: { 200: diffs },
    async handle(call) {
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
    },
  });

  const merge = endpoint({
    summary: 'Merge the package’s changes into an operator’s template',
    about: '409 tells the lines where both changed the same.',
    permission: 'templates.update',
    serverWide: true,
    body: forced,
    revised: true,
    answers: { 200: document },
    handle: async (call) => answer(await overrides.merge(...place(call), { force: call.body.force, check: checkOf(call) })),
  });

  const accept = endpoint({
    summary: 'Keep an operator’s template as it is, although the package’s has changed',
    permission: 'templates.update',
    serverWide: true,
    revised: true,
    answers: { 200: document },
    handle: async (call) => answer(await overrides.accept(...place(call), checkOf(call))),
  });

  const preview = endpoint({
    summary: 'Preview a template: the files of a device as they would be with another text of it',
    about: 'Nothing is kept. The files hold passwords: it needs the permission `secrets.read`, too.',
    permission: 'templates.read',
    serverWide: true,
    body: trial,
    answers: { 200: z.strictObject({ device: text, files: z.array(previewed) }) },
    async handle(call) {
      if (!call.caller.may('secrets.read'))
        throw new HttpProblem(403, 'permission-missing', 'Files hold passwords: this needs the permission secrets.read, too');
      const { device: id, text } = call.body;
      const [pluginId, name] = place(call);
      const plugin = plugins.catalogue.plugin(pluginId);
      if (!plugin) throw new ProvisioningError('plugin-unknown', `There is no plugin ${pluginId}`);
      const device = await devices.get(id);
      if (!device || !call.caller.sees(device.tenant))
        throw bodyInvalid('The body is not valid', [{ path: 'device', message: 'is no device that there is' }]);
      const tried = tryTemplate(pluginId, name, text);
      const files = [];
      for (const file of desired.filesOf(plugin, device)) {
        const make = (made: Pick<typeof desired, 'file'>) =>
          textOf(() => made.file(plugin, file, device, device.tenant, baseUrl(device.id)));
        const [before, after] = [await make(desired), await make(tried)];
        const diff = unifiedDiff(named(`${file.name} as it is`, before.text), named(file.name, after.text));
        files.push({ name: file.name, text: after.text ?? null, problem: after.problem ?? null, diff });
      }
      return { json: { device: device.id, files } };
    },
  });

  const one = '/api/v1/templates/:plugin/:name';
  return [
    { path: '/api/v1/templates', methods: { GET: list } },
    { path: one, methods: { GET: show, PUT: put, DELETE: remove } },
    { path: `${one}/diff`, methods: { GET: diff } },
    { path: `${one}/preview`, methods: { POST: preview } },
    { path: `${one}/merge`, methods: { POST: merge } },
    { path: `${one}/accept`, methods: { POST: accept } },
  ];
}

/** What is made, or why it cannot be. */
async function textOf(
  make: () => Promise<{ readonly bytes: Buffer }>,
): Promise<{ readonly text?: string; readonly problem?: string }> {
  try {
    return { text: (await make()).bytes.toString() };
  } catch (cause) {
    if (!(cause instanceof ProvisioningError) || /^store-/.test(cause.code)) throw cause;
    return { problem: cause.message };
  }
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
