import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { apiRoutes } from '../../server/api/api.ts';
import { type Description, describeApi } from '../../server/api/openapi.ts';
import type { ApiParts } from '../../server/api/parts.ts';

type Json = { readonly [key: string]: Json };

/** Routes without what stands behind them. */
export const routes = apiRoutes({ log: {}, plugins: {} } as unknown as ApiParts);

export const description = describeApi(routes, '1.2.3') as Description & Json;

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema({ $id: 'api', ...description });

const patterns = routes.map(({ path }) => ({
  pattern: new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+').replaceAll(/\*\w+/g, '.+')}$`),
  template: path.replaceAll(/[:*](\w+)/g, '{$1}'),
}));
const checks = new Map<string, ValidateFunction>();

interface Answered {
  readonly status: number;
  /** Media type. */
  readonly type: string | null;
  readonly json: unknown;
  readonly text: string;
}

/** A list is described whole, and as it is when some fields are asked for: of a whole one nothing may lack. */
function asAsked(schema: Json | undefined, url: string): Json | undefined {
  const [whole, part] = (schema?.anyOf ?? []) as unknown as readonly Json[];
  const isList = whole?.properties?.next !== undefined;
  return isList ? (/[?&]fields=/.test(url) ? part : whole) : schema;
}

/** @throws when the description of the API says otherwise of this answer */
export function checkAnswer(method: string, url: string, { status, type, json, text }: Answered): void {
  const [path = ''] = url.split('?');
  const found = patterns.find(({ pattern }) => pattern.test(path));
  const operation = found && description.paths?.[found.template]?.[(method === 'HEAD' ? 'GET' : method).toLowerCase()];
  const where = `${method} ${path} ${status}`;
  const isDescribed = operation?.responses?.[status] !== undefined;
  if (operation && status < 400 && !isDescribed) throw new Error(`${where} is an answer that is not described`);
  const response = isDescribed ? operation?.responses?.[status] : description.paths?.['/status']?.get?.responses?.default;
  if (method === 'HEAD') return;
  const content = response?.content ?? {};
  const mediaTypes = Object.keys(content);
  const name = mediaTypes.find((each) => each === '*/*' || type?.startsWith(each.replace(/;.*/, '')));
  if (mediaTypes.length === 0 && text === '') return;
  if (name === undefined)
    throw new Error(`${where} is ${type}, and described as ${mediaTypes.join(', ') || 'nothing'}: ${text.slice(0, 200)}`);
  const schema = asAsked(content[name]?.schema, url);
  if (!schema) return;
  const key = JSON.stringify(schema);
  let check = checks.get(key);
  if (!check) {
    check = ajv.compile(JSON.parse(key.replaceAll('"#/', '"api#/')));
    checks.set(key, check);
  }
  if (!check(json)) throw new Error(`${where} is not as described: ${ajv.errorsText(check.errors)}: ${text.slice(0, 600)}`);
}
