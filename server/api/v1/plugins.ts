import type { Plugin } from '../../plugins/model.ts';
import type { ApiParts } from '../parts.ts';
import type { Answer, Route } from '../route.ts';

export function pluginRoutes({ plugins }: ApiParts): Route[] {
  function list(): Answer {
    const { catalogue } = plugins;
    const installed = catalogue.plugins();
    return {
      json: {
        plugins: installed.map(documentOf),
        total: installed.length,
        broken: catalogue.broken.map(({ id, folder, problem }) => ({ id, folder, problem })),
      },
    };
  }

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
