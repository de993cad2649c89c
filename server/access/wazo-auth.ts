import * as z from 'zod';
import { ProvisioningError, reason } from '../lib/errors.ts';
import type { Permissions } from './permissions.ts';

/** What a wazo-auth server says of a token. */
export interface WazoToken {
  /** UUID of the user. */
  readonly user: string;
  /** UUID of its tenant there. */
  readonly tenant: string;
  /** Its access list; what is provd's begins with `provd.` */
  readonly permissions: Permissions;
}

export interface WazoTenant {
  readonly name: string;
  readonly parent: string | undefined;
}

/** A wazo-auth server, by its API 0.1. */
export interface WazoAuth {
  /**
   * @param tenant UUID of a tenant that the token has to see, its own or one below
   * @returns undefined when the token opens nothing, or not that
   * @throws ProvisioningError wazo-auth-unavailable
   */
  tokenOf(secret: string, tenant?: string): Promise<WazoToken | undefined>;
  /** As far as the token may know. @throws ProvisioningError wazo-auth-unavailable */
  tenantOf(uuid: string, secret: string): Promise<WazoTenant | undefined>;
  close(): Promise<void>;
}

export interface WazoAuthOptions {
  /** Under which `/0.1/` lies. */
  readonly url: string;
  /** PEM: authorities that are trusted besides those that Node knows. */
  readonly certificates?: string;
}

const patienceMs = 5_000;
/** Of an answer, in bytes: an access list has some hundred lines. */
const MAX_ANSWER = 1_048_576;

/** A token there is a UUID; one that is a path of its own (`..`) would ask for something else. */
const TOKEN = /^[\w-]{1,128}$/;

const tokenAnswer = z.object({
  data: z.object({
    acl: z.array(z.string()),
    metadata: z.object({ uuid: z.string(), tenant_uuid: z.string() }),
  }),
});
const tenantAnswer = z.object({ name: z.string().nullish(), parent_uuid: z.string().nullish() });

export async function openWazoAuth({ url, certificates }: WazoAuthOptions): Promise<WazoAuth> {
  // Most servers ask no other: they start faster without.
  const [{ Agent, request }, { rootCertificates }] = await Promise.all([import('undici'), import('node:tls')]);
  const agent = new Agent({
    connect: { timeout: patienceMs, ...(certificates !== undefined && { ca: [...rootCertificates, certificates] }) },
    headersTimeout: patienceMs,
    bodyTimeout: patienceMs,
    maxResponseSize: MAX_ANSWER,
  });

  /** @returns undefined when it refuses */
  async function ask<Answer>(
    path: string,
    answer: z.ZodType<Answer>,
    headers: Record<string, string>,
  ): Promise<Answer | undefined> {
    try {
      const { statusCode, body } = await request(`${url}/0.1/${path}`, { dispatcher: agent, headers });
      if (statusCode === 200) return answer.parse(await body.json());
      await body.dump();
      if (statusCode === 401 || statusCode === 403 || statusCode === 404) return undefined;
      throw new Error(`it answered with ${statusCode}`);
    } catch (cause) {
      const why = cause instanceof z.ZodError ? `its answer is not what it should be: ${z.prettifyError(cause)}` : reason(cause);
      throw new ProvisioningError('wazo-auth-unavailable', `The wazo-auth server ${url} could not be asked: ${why}`, { cause });
    }
  }

  return {
    async tokenOf(secret, tenant) {
      if (!TOKEN.test(secret)) return undefined;
      const query = tenant === undefined ? '' : `?tenant=${encodeURIComponent(tenant)}`;
      const found = await ask(`token/${secret}${query}`, tokenAnswer, {});
      return found && { user: found.data.metadata.uuid, tenant: found.data.metadata.tenant_uuid, permissions: found.data.acl };
    },
    async tenantOf(uuid, secret) {
      const found = await ask(`tenants/${encodeURIComponent(uuid)}`, tenantAnswer, { 'x-auth-token': secret });
      return found && { name: found.name ?? uuid, parent: found.parent_uuid ?? undefined };
    },
    close: () => agent.close(),
  };
}
