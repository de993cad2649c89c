import * as z from 'zod';
import type { OrderedJson } from '../lib/ordered-json.ts';
import { toPlain } from '../lib/ordered-json.ts';
import type { Misplaced } from './subnets.ts';

/** Ways to tell phones that every server has. */
export const OWN_WAYS = ['phone', 'outbound-proxy', 'registrar'] as const;

const text = z.string({ error: 'must be a text, in quotes if it is of digits' }).min(1, { error: 'must not be empty' });
const flag = z.boolean({ error: 'must be true or false' });
const port = z.int({ error: 'must be a whole number from 1 to 65535' }).min(1).max(65_535);
const url = text.refine((given) => URL.canParse(given) && /^https?:$/.test(new URL(given).protocol), {
  error: 'must be a URL with http:// or https://',
});
const kinds = {
  asterisk: z.strictObject({
    kind: z.literal('asterisk'),
    host: text,
    port: port.optional(),
    username: text,
    secret: text,
    channel: z.enum(['pjsip', 'sip'], { error: 'must be pjsip or sip' }).default('pjsip'),
    tls: flag.default(false),
    certificates: text.optional(),
    verify: flag.default(true),
  }),
  webhook: z.strictObject({
    kind: z.literal('webhook'),
    url,
    token: text.optional(),
    certificates: text.optional(),
    patience_seconds: z.int({ error: 'must be a whole number from 1 to 300' }).min(1).max(300).default(10),
  }),
} as const;

export type AsteriskSettings = z.output<(typeof kinds)['asterisk']>;
export type WebhookSettings = z.output<(typeof kinds)['webhook']>;
export type PbxSettings = AsteriskSettings | WebhookSettings;

/** Reads the value of `sync.pbxs`: one part for each, by the name that `sync.ways` calls it. */
export function readPbxs(value: ReadonlyMap<string, OrderedJson>): {
  readonly pbxs: ReadonlyMap<string, PbxSettings>;
  readonly problems: readonly Misplaced[];
} {
  const problems: Misplaced[] = [];
  const pbxs = new Map<string, PbxSettings>();
  for (const [name, part] of value) {
    if (OWN_WAYS.some((own) => own === name))
      problems.push({ steps: [name], message: 'is a way that every server has; choose another name' });
    const kind = part instanceof Map ? part.get('kind') : undefined;
    if (!(part instanceof Map) || (kind !== 'asterisk' && kind !== 'webhook')) {
      const steps = part instanceof Map && kind !== undefined ? [name, 'kind'] : [name];
      problems.push({
        steps,
        message: `must ${steps.length === 1 ? 'be a map with a kind, which is' : 'be'} asterisk or webhook`,
      });
      continue;
    }
    const read = kinds[kind].safeParse(toPlain(part));
    if (read.success) pbxs.set(name, read.data);
    else problems.push(...read.error.issues.flatMap((issue) => problemsOf(name, issue, Object.keys(kinds[kind].shape))));
  }
  return { pbxs, problems };
}

function problemsOf(name: string, issue: z.core.$ZodIssue, known: readonly string[]): Misplaced[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ steps: [name, key], message: `is no key of it: they are ${known.join(', ')}` }));
  }
  return [{ steps: [name, ...issue.path.map(String)], message: issue.message }];
}

/** Reads the value of `sync.tenant_ways`: for each tenant, by its name or id, the names of its ways. */
export function readTenantWays(value: ReadonlyMap<string, OrderedJson>): {
  readonly ways: ReadonlyMap<string, readonly string[]>;
  readonly problems: readonly Misplaced[];
} {
  const problems: Misplaced[] = [];
  const ways = new Map<string, readonly string[]>();
  for (const [tenant, part] of value) {
    const list = Array.isArray(part) ? part : [part];
    if (list.every((way) => typeof way === 'string')) ways.set(tenant, list);
    else problems.push({ steps: [tenant], message: 'must be a list of names of ways' });
  }
  return { ways, problems };
}
