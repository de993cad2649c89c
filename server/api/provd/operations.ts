import type { Operation } from '../../operations/model.ts';
import { statusOf } from '../../operations/status.ts';
import type { ApiParts } from '../parts.ts';
import { type Answer, noSuchResource } from './answer.ts';
import type { Call, Route } from './route.ts';

/**
 * Operations as provd numbers them: from 1 for each resource that starts some, until somebody deletes them or the server ends. Of another tenant none is there.
 */
export class Counters {
  readonly #operations: Pick<ApiParts['operations'], 'get'>;
  readonly #started = new Map<string, Map<string, { readonly id: string; readonly tenant: string; readonly label: boolean }>>();

  constructor(operations: Pick<ApiParts['operations'], 'get'>) {
    this.#operations = operations;
  }

  /** @param label whether its text begins with one @returns where the operation is to be looked at */
  begun({ path, tenant }: Call, { id }: Operation, { label = true } = {}): Answer {
    const started = this.#started.get(path) ?? new Map();
    this.#started.set(path, started);
    const number = String(Math.max(0, ...[...started.keys()].map(Number)) + 1);
    started.set(number, { id, tenant, label });
    return { status: 201, location: `${path}/${number}` };
  }

  /** How far one is, and how it is forgotten, below what starts some. */
  routes(path: string, permission: string, { serverWide = false } = {}): Route[] {
    const known = (call: Call) => {
      const [, base = '', number = ''] = /^(.*)\/([^/]*)$/s.exec(call.path) ?? [];
      const started = this.#started.get(base);
      const found = started?.get(number);
      const operation = found && call.caller.sees(found.tenant) ? this.#operations.get(found.id) : undefined;
      if (!started || !found || !operation) throw noSuchResource();
      return { started, number, found, operation };
    };
    return [
      {
        method: 'GET',
        path: `${path}/:operation`,
        acl: 'operation.read',
        permission,
        serverWide,
        handle(call) {
          const { found, operation } = known(call);
          return { status: 200, json: { status: statusOf(found.label ? operation : { ...operation, label: '' }) } };
        },
      },
      {
        method: 'DELETE',
        path: `${path}/:operation`,
        acl: 'operation.delete',
        permission,
        serverWide,
        handle(call) {
          const { started, number } = known(call);
          started.delete(number);
          return { status: 204 };
        },
      },
    ];
  }
}
