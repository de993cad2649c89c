import * as z from 'zod';
import { ProvisioningError } from '../lib/errors.ts';
import { count, text, time } from './fields.ts';
import type { ApiParts } from './parts.ts';
import { timeOf } from './revision.ts';
import { type Answer, endpoint, type Route } from './route.ts';

const interfaces = z.array(
  z.strictObject({ interface: text.nullable(), state: text, problem: text.nullable(), detail: text.nullable() }),
);
const document = z
  .strictObject({
    version: text,
    started: time,
    uptime_seconds: count,
    listeners: z.array(z.strictObject({ name: text, url: text })),
    dhcp: interfaces,
    pnp: interfaces,
    store: z.strictObject({ ok: z.boolean(), problem: text.nullable() }),
    plugins: z.strictObject({ loaded: z.array(text), broken: z.array(z.strictObject({ id: text, problem: text })) }),
    devices: z.strictObject({ total: count.nullable(), configured: count.nullable(), waiting: count }),
  })
  .meta({ id: 'Status' });

/** What monitoring asks, without a token: neither tells anything secret. */
export function statusRoutes(parts: ApiParts): Route[] {
  const show = endpoint({
    summary: 'Show how the server is',
    answers: { 200: document, 503: document },
    handle: () => status(parts),
  });
  const measured = endpoint({
    summary: 'Show what Prometheus reads',
    answers: { 200: { mediaType: 'text/plain' } },
    handle: () => metrics(parts),
  });
  return [
    { path: '/status', methods: { GET: show } },
    { path: '/metrics', methods: { GET: measured } },
  ];
}

async function metrics({ metrics: registry }: ApiParts): Promise<Answer> {
  return { headers: { 'content-type': registry.contentType }, bytes: await registry.metrics() };
}

/** 503 when the store does not answer: phones whose files are in memory are served all the same. */
async function status(parts: ApiParts): Promise<Answer> {
  const { version, started, plugins, sweep } = parts;
  const { problem, devices } = await look(parts);
  return {
    status: problem === null ? 200 : 503,
    json: {
      version,
      started: timeOf(started),
      uptime_seconds: Math.floor((Date.now() - started) / 1_000),
      listeners: parts.addresses().map(({ name, url }) => ({ name, url })),
      dhcp: parts.dhcp().map(interfaceDocument),
      pnp: parts.pnp().map(interfaceDocument),
      store: { ok: problem === null, problem },
      plugins: {
        loaded: plugins.catalogue.plugins().map(({ id }) => id),
        broken: plugins.catalogue.broken.map(({ id, problem: why }) => ({ id, problem: why })),
      },
      devices: { ...devices, waiting: await sweep.waiting },
    },
  };
}

function interfaceDocument({ name, state, problem }: ReturnType<ApiParts['dhcp']>[number]) {
  return { interface: name ?? null, state, problem: problem?.code ?? null, detail: problem?.message ?? null };
}

async function look({ store, devices, log }: ApiParts) {
  try {
    await store.ping();
    const [all, configured] = await Promise.all([devices.count({}), devices.count({ configured: true })]);
    return { problem: null, devices: { total: all, configured } };
  } catch (cause) {
    log.error({ event: 'status.store-failed', err: cause }, 'the store does not answer');
    const problem = cause instanceof ProvisioningError ? cause.code : 'store-failed';
    return { problem, devices: { total: null, configured: null } };
  }
}
