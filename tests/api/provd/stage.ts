import { MEDIA_TYPE } from '../../../server/api/provd/answer.ts';
import { ask, type Json, type Stage, TOKEN } from '../stage.ts';

export { MEDIA_TYPE };

export interface Reply {
  readonly status: number;
  readonly type: string | null;
  readonly location: string | null;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Json;
}

/** Asks as a client of provd does: as the administrator, unless the headers say otherwise. */
export async function askProvd(
  stage: Pick<Stage, 'url'>,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const response = await fetch(`${stage.url}/0.2${path}`, {
    method,
    headers: { 'x-auth-token': TOKEN, ...(body !== undefined && { 'content-type': MEDIA_TYPE }), ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const type = response.headers.get('content-type');
  const json = /^[{[]/.test(text) ? JSON.parse(text) : undefined;
  return { status: response.status, type, location: response.headers.get('location'), headers: response.headers, text, json };
}

/** As `operation.py` of provd's client takes an answer apart: without the first two parts of the path. */
export function clientPath(location: string | null): string {
  return `/${(location ?? '').split('/').slice(2).join('/')}`;
}

export async function tenantOf(stage: Stage, name: string, parent?: string): Promise<string> {
  const { json } = await ask(stage, 'POST', '/api/v1/tenants', { name, ...(parent && { parent }) });
  return json.id ?? '';
}

export async function tokenOf(stage: Stage, tenant: string, permissions: readonly string[]): Promise<Record<string, string>> {
  const { json } = await ask(stage, 'POST', '/api/v1/tokens', { name: 'x', tenant, permissions });
  return { 'x-auth-token': json.token ?? '' };
}
