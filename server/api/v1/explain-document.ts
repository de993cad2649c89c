import * as z from 'zod';
import { masked } from '../../lib/mask.ts';
import type { Explanation } from '../../pipeline/explain/explain.ts';
import { tell } from '../../pipeline/explain/tell.ts';
import { anything, count, text, time } from '../fields.ts';
import type { ApiParts } from '../parts.ts';
import { timeOf } from '../revision.ts';
import { answerDocument, answerSchema, leaseDocument, leaseSchema, messageDocument, messageSchema } from './dhcp-document.ts';
import { factsSchema, requestDocument, requestSchema } from './request-document.ts';

export const explanationSchema = z
  .strictObject({
    request: z.strictObject({
      at: time.nullable(),
      ...requestSchema.shape,
      key: z.enum(['none', 'valid', 'wrong']),
      tenant: text.nullable(),
    }),
    verdict: text.meta({ description: 'In a sentence.' }),
    advice: z.array(z.strictObject({ text, command: text.nullable() })),
    would: z.array(text).meta({ description: 'What asking so would change.' }),
    outcome: z.looseObject({ kind: text }),
    obstacles: z.array(z.strictObject({ kind: text, why: text })),
    recognition: z.strictObject({
      facts: factsSchema,
      evidence: z.array(z.strictObject({ package: text, place: text, pattern: text, facts: factsSchema })),
      mac_prefix_vendor: text.nullable(),
      contradictions: z.array(text),
    }),
    device: z.strictObject({
      text: text.nullable(),
      id: text.nullable(),
      found_by: text.nullable(),
      undecided: z.array(text),
      address_owner: text.nullable(),
    }),
    plugin: z.strictObject({ text: text.nullable(), id: text.nullable(), installed: z.boolean(), pinned: z.boolean() }),
    candidates: z.array(z.strictObject({ plugin: text, score: z.number(), why: text })),
    dhcp: z.strictObject({
      text: text.nullable(),
      mode: text.nullable(),
      last: messageSchema.nullable(),
      lease: leaseSchema.nullable(),
      answer: answerSchema.nullable(),
    }),
    pnp: z.strictObject({ text: text.nullable(), at: time.nullable() }),
    config: z.looseObject({ text: text.nullable(), id: text.nullable(), raw_config: anything.optional() }),
    files: z.array(
      z.strictObject({
        name: text,
        secret: z.boolean(),
        templates: z.array(z.strictObject({ name: text, layers: z.array(text) })),
        override: text.nullable(),
        digest: text.nullable(),
        bytes: count.nullable(),
        problem: text.nullable(),
        delivered: text.nullable(),
      }),
    ),
  })
  .meta({ id: 'Explanation' });

/** An explanation, in words and as facts. No key, no password and no content of a file is in it. */
export function explainDocument(explanation: Explanation, parts: ApiParts) {
  const { heard, recalled, caller, candidates, plugin, obstacles, dhcp } = explanation;
  const { recorded, profile } = explanation.question;
  const { device } = caller ?? {};
  // Behind a wrong key stands what the phone meant.
  const identification = explanation.behindKey?.identification ?? heard.identification;
  const told = tell(explanation, parts.circumstances);
  return {
    request: {
      at: recorded === undefined ? null : timeOf(recorded),
      ...requestDocument(heard.wrongKey ? withoutFirst(heard.request) : heard.request, parts),
      key: heard.wrongKey ? 'wrong' : heard.tenant ? 'valid' : 'none',
      tenant: heard.tenant?.id ?? null,
    },
    verdict: told.verdict,
    advice: told.advice.map(({ text, command }) => ({ text, command: command ?? null })),
    would: told.would,
    outcome: outcomeOf(explanation),
    obstacles,
    recognition: {
      facts: identification.info,
      evidence: identification.evidence,
      mac_prefix_vendor: identification.prefixVendor ?? null,
      contradictions: caller?.contradictions ?? identification.contradictions,
    },
    device: {
      text: told.device,
      id: recalled?.device?.id ?? null,
      found_by: recalled?.finding.by ?? null,
      undecided: recalled?.finding.undecided ?? [],
      address_owner: recalled?.addressOwner ?? null,
    },
    plugin: {
      text: told.plugin,
      id: device?.plugin ?? plugin?.id ?? null,
      installed: plugin !== undefined,
      pinned: device?.pinned ?? false,
    },
    candidates: candidates.map((candidate) => ({ plugin: candidate.plugin.id, score: candidate.score, why: candidate.why })),
    dhcp: {
      text: told.dhcp,
      mode: dhcp?.mode ?? null,
      last: dhcp?.last ? messageDocument(dhcp.last) : null,
      lease: dhcp?.lease ? leaseDocument(dhcp.lease) : null,
      answer: dhcp?.answer ? answerDocument(dhcp.answer, parts.tenants) : null,
    },
    pnp: { text: told.pnp || null, at: profile ? timeOf(profile.last) : null },
    config: { text: told.config, ...configOf(explanation) },
    files: explanation.files.map(({ file, templates, override, digest, bytes, problem, delivered }) => ({
      name: file.name,
      secret: file.artefact.secret === true,
      templates,
      override: override ?? null,
      digest: digest ?? null,
      bytes: bytes ?? null,
      problem: problem ?? null,
      delivered: delivered ?? null,
    })),
  };
}

/** A wrong key is often the right one with a slip. */
function withoutFirst(request: Explanation['heard']['request']) {
  return { ...request, path: request.path.replace(/^\/[^/]*/, '/[key]') };
}

function outcomeOf({ heard, outcome }: Explanation) {
  if (heard.wrongKey) return { kind: 'wrong-key' };
  if (!outcome) return { kind: 'no-request' };
  switch (outcome.kind) {
    case 'file': {
      const { bytes, digest, contentType } = outcome.rendered;
      return { kind: outcome.kind, file: outcome.file.name, bytes: bytes.length, digest, content_type: contentType };
    }
    case 'image':
      return outcome;
    case 'refused':
      return { kind: outcome.kind, file: outcome.file.name, why: outcome.why };
    case 'no-config':
    case 'failed':
      return { kind: outcome.kind, file: outcome.file.name, code: outcome.cause.code, why: outcome.cause.message };
    default:
      return outcome;
  }
}

function configOf({ config }: Explanation) {
  if (!config) return { id: null };
  const { from, id, resolved, origins, problem, complaints } = config;
  return {
    id: id ?? null,
    from,
    problem: problem ?? null,
    chain: resolved?.chain ?? [],
    missing: resolved?.missing ?? [],
    complaints,
    raw_config: masked(resolved?.raw ?? new Map()),
    origins: origins ?? new Map(),
  };
}
