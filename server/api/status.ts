import { ProvisioningError } from '../lib/errors.ts';
import type { ApiParts } from './parts.ts';
import { timeOf } from './revision.ts';
import type { Answer, Route } from './route.ts';

/** What monitoring asks, without a token: neither tells anything secret. */
export function statusRoutes(parts: ApiParts): Route[] {
  return [
    { path: '/status', methods: { GET: () => status(parts) } },
    { path: '/metrics', methods: { GET: () => metrics(parts) } },
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
      dhcp: parts.dhcp().map(({ name, state, problem: why }) => ({ interface: name, state, problem: why?.code ?? null })),
      store: { ok: problem === null, problem },
      plugins: {
        loaded: plugins.catalogue.plugins().map(({ id }) => id),
        broken: plugins.catalogue.broken.map(({ id, problem: why }) => ({ id, problem: why })),
      },
      devices: { ...devices, waiting: await sweep.waiting },
    },
  };
}

async function look({ store, devices, log }: ApiParts) {
  try {
    await store.ping();
    const [all, configured] = await Promise.all([devices.list({ limit: 0 }), devices.list({ limit: 0, configured: true })]);
    return { problem: null, devices: { total: all.total, configured: configured.total } };
  } catch (cause) {
    log.error({ event: 'status.store-failed', err: cause }, 'the store does not answer');
    const problem = cause instanceof ProvisioningError ? cause.code : 'store-failed';
    return { problem, devices: { total: null, configured: null } };
  }
}
