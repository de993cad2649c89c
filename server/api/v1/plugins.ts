import * as z from 'zod';
import type { Plugin } from '../../plugins/model.ts';
import { text } from '../fields.ts';
import { listingOf } from '../listing.ts';
import type { ApiParts } from '../parts.ts';
import type { Route } from '../route.ts';

const document = z
  .strictObject({
    id: text,
    vendor: text,
    package: text,
    package_version: text,
    firmware: text,
    models: z.array(text),
    files: z.array(
      z.strictObject({
        name: text,
        template: text,
        own: z.boolean().meta({ description: 'One device’s own, or common to many.' }),
        secret: z.boolean(),
      }),
    ),
  })
  .meta({ id: 'Plugin' });

const broken = z.strictObject({ id: text, folder: text, problem: text });

export function pluginRoutes({ plugins }: ApiParts): Route[] {
  const list = listingOf({
    summary: 'List plugins',
    about: 'What devices are associated with; `broken` are vendor packages that could not be taken in.',
    permission: 'plugins.read',
    name: 'plugins',
    item: document,
    besides: { broken: z.array(broken) },
    filters: z.strictObject({ vendor: z.string(), package: z.string(), model: z.string() }).partial(),
    sorts: {
      id: ({ id }: Plugin) => id,
      vendor: ({ package: owner }) => owner.definition.vendor,
      package: ({ package: owner }) => owner.id,
    },
    usual: 'id',
    key: ({ id }) => id,
    find: ({ query: { vendor, package: owner, model } }) =>
      plugins.catalogue
        .plugins()
        .filter(
          (each) =>
            (vendor === undefined || vendor === each.package.definition.vendor) &&
            (owner ?? each.package.id) === each.package.id &&
            (model === undefined || each.models.has(model)),
        ),
    document: documentOf,
    more: () => ({ broken: plugins.catalogue.broken.map(({ id, folder, problem }) => ({ id, folder, problem })) }),
  });

  return [{ path: '/api/v1/plugins', methods: { GET: list } }];
}

function documentOf({ id, version, models, artefacts, package: owner }: Plugin) {
  return {
    id,
    vendor: owner.definition.vendor,
    package: owner.id,
    package_version: owner.definition.version,
    firmware: version,
    models: [...models.keys()],
    files: artefacts.map(({ name, template, own, secret }) => ({ name, template, own, secret: secret === true })),
  };
}
