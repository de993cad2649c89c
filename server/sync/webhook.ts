import { reason } from '../lib/errors.ts';
import type { Secret } from '../lib/secret.ts';
import type { Told, Way } from './way.ts';

export interface WebhookOptions {
  readonly name: string;
  readonly url: string;
  /** Shown as a bearer token. */
  readonly token?: Secret;
  /** PEM: authorities that are trusted besides those that Node knows. */
  readonly certificates?: string;
  /** Until it has answered. Milliseconds. */
  readonly patienceMs: number;
}

/** So many are asked at once; the others wait for their turn. */
const connections = 16;
/** Of an answer, in bytes; nobody reads it. */
const MAX_ANSWER = 1_048_576;

/**
 * Has somebody else tell phones: a POST with what is known of the phone and what it is to be told, as JSON. Whoever answers 2xx tells the
 * phone. No password and no key is in it.
 */
export async function openWebhook({
  name,
  url,
  token,
  certificates,
  patienceMs,
}: WebhookOptions): Promise<Way & { close(): Promise<void> }> {
  const [{ Agent, request }, { rootCertificates }] = await Promise.all([import('undici'), import('node:tls')]);
  const agent = new Agent({
    connections,
    connect: { timeout: patienceMs, ...(certificates !== undefined && { ca: [...rootCertificates, certificates] }) },
    headersTimeout: patienceMs,
    bodyTimeout: patienceMs,
    maxResponseSize: MAX_ANSWER,
  });
  const { host } = new URL(url);

  return {
    name,
    async tell(notification, phone, signal): Promise<Told> {
      const { event, headers = [], contentType, body } = notification;
      const { device, mac, vendor, model, plugin, ip, account } = phone;
      const document = {
        event: 'device.resync',
        device: { id: device, mac, vendor, model, plugin, ip, account },
        notify: { event, headers: Object.fromEntries(headers), content_type: contentType, body },
      };
      try {
        const answer = await request(url, {
          method: 'POST',
          dispatcher: agent,
          headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token.reveal()}` }) },
          body: JSON.stringify(document),
          ...(signal && { signal }),
        });
        await answer.body.dump();
        const { statusCode } = answer;
        if (statusCode >= 200 && statusCode < 300) return { kind: 'told', words: `${host} answered ${statusCode}` };
        const kind = statusCode === 401 || statusCode === 403 ? 'login-refused' : 'refused';
        return { kind, why: `${host} answered ${statusCode}` };
      } catch (cause) {
        const isLate = cause instanceof Error && 'code' in cause && /^UND_ERR_(?:HEADERS|BODY)_TIMEOUT$/.test(String(cause.code));
        if (isLate) return { kind: 'silent', why: `${host} did not answer within ${patienceMs} ms` };
        return { kind: 'unreachable', why: `${host} could not be asked: ${reason(cause)}` };
      }
    },
    close: () => agent.close(),
  };
}
