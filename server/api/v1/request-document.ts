import * as z from 'zod';
import type { Recogniser } from '../../identify/identify.ts';
import { isSecretName, MASK } from '../../lib/mask.ts';
import { withoutKeys } from '../../pipeline/line.ts';
import type { RecentRequest } from '../../pipeline/recent-requests.ts';
import type { PhoneRequest } from '../../pipeline/request.ts';
import type { Tenant } from '../../tenants/model.ts';
import { count, text, time } from '../fields.ts';
import { timeOf } from '../revision.ts';

interface Parts {
  readonly tenants: { readonly main: Tenant; byKey(key: string): Tenant | undefined };
  readonly recogniser: () => Recogniser;
}

export const factsSchema = z
  .strictObject({ vendor: text, model: text, version: text, mac: text, serial: text, uuid: text })
  .partial()
  .meta({ id: 'DeviceInfo', description: 'What a request tells of a phone.' });

const became = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('file'), file: text, bytes: count, digest: text.optional() }),
  z.strictObject({ kind: z.enum(['refused', 'failed', 'no-config']), file: text, why: text }),
  z.strictObject({ kind: z.enum(['wrong-key', 'no-file', 'no-plugin']) }),
  z.strictObject({ kind: z.literal('told'), url: text }),
]);

export const requestSchema = z.strictObject({
  transport: z.enum(['http', 'https', 'tftp', 'dhcp', 'pnp']),
  ip: text,
  mac: text.nullable(),
  path: text,
  query: text,
  headers: z.record(z.string(), z.string()),
  options: z.record(z.string(), z.string()).meta({ description: 'Options of DHCP by code, in hexadecimal.' }),
  profile: z
    .strictObject({ vendor: text, model: text, version: text })
    .partial()
    .optional()
    .meta({ description: 'What the phone says of itself over SIP PnP.' }),
});

export const recentSchema = z.strictObject({
  at: time,
  first: time,
  times: count,
  ...requestSchema.shape,
  tenant: text.nullable(),
  facts: factsSchema,
  outcome: became,
  answered_ms: z.number(),
  taken_ms: z.number().nullable(),
});

/** A request of a phone as people may see it: without keys, passwords and tokens. Options of DHCP in hexadecimal. */
export function requestDocument(request: PhoneRequest, parts: Parts) {
  return {
    transport: request.transport,
    ip: request.ip,
    mac: request.mac ?? null,
    path: withoutKeys(request.path, parts),
    query: queryWithoutSecrets(request.query, parts),
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, headerWithoutSecrets(name, String(value), parts)]),
    ),
    options: Object.fromEntries(Array.from(request.options, ([code, bytes]) => [code, bytes.toString('hex')])),
    ...(request.profile && { profile: request.profile }),
  };
}

/** One of the last requests, with what it is recognised as by now. */
export function recentDocument(recent: RecentRequest, parts: Parts) {
  const { request, tenant, became, first, last, times, answeredMs, takenMs } = recent;
  return {
    at: timeOf(last),
    first: timeOf(first),
    times,
    ...requestDocument(request, parts),
    tenant: tenant ?? null,
    facts: parts.recogniser().identify({ ...request, path: request.path.replace(/^\/\[key\](?=\/)/, '') }).info,
    outcome: became,
    answered_ms: Math.round(answeredMs * 100) / 100,
    taken_ms: takenMs ?? null,
  };
}

function queryWithoutSecrets(query: string, parts: Parts): string {
  return query
    .split('&')
    .map((pair) => {
      const [name = '', ...value] = pair.split('=');
      if (value.length === 0) return textWithoutKeys(pair, parts);
      return `${name}=${isSecretName(name) ? MASK : textWithoutKeys(value.join('='), parts)}`;
    })
    .join('&');
}

function headerWithoutSecrets(name: string, value: string, parts: Parts): string {
  return isSecretName(name.replaceAll('-', '_')) ? MASK : textWithoutKeys(value, parts);
}

/** Whatever in a text is the key of a tenant: a proxy may tell the path it was asked for. */
function textWithoutKeys(text: string, { tenants }: Parts): string {
  return text.replaceAll(/[\w$~.-]+/g, (word) => (tenants.byKey(word) ? '[key]' : word));
}
