import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rootCertificates, TLSSocket } from 'node:tls';
import { reason } from '../lib/errors.ts';
import { exit, Failure } from './io.ts';

export type Fetch = (url: string, options: RequestInit) => Promise<Response>;

/** Which certificate of a server is believed. */
export type Trust =
  /** One of this file: authorities, besides those that Node knows. */
  | { readonly authorities: string }
  /** The first of this file and no other, whatever names it has: it is the server's own, on this host. */
  | { readonly own: string };

/** @throws Failure when the file cannot be read */
export async function trusting(trust: Trust): Promise<Fetch> {
  // Most commands speak with the host that they run on, without TLS: they start faster without.
  const { Agent, buildConnector, fetch } = await import('undici');
  const dispatcher =
    'own' in trust
      ? new Agent({ connect: only(pem(trust.own), trust.own, buildConnector) })
      : new Agent({ connect: { ca: [...rootCertificates, pem(trust.authorities)] } });
  // The types of undici are those of Node's fetch, which is made of it.
  return (url, options) => fetch(url, { ...options, dispatcher } as Parameters<typeof fetch>[1]) as unknown as Promise<Response>;
}

function only(text: string, file: string, build: typeof import('undici').buildConnector) {
  const { fingerprint256 } = new X509Certificate(text);
  const connect = build({ rejectUnauthorized: false });
  const checked: ReturnType<typeof build> = (options, callback) =>
    connect(options, (...outcome) => {
      const [, socket] = outcome;
      const isOwn = socket instanceof TLSSocket && socket.getPeerX509Certificate()?.fingerprint256 === fingerprint256;
      if (!socket || isOwn) return callback(...outcome);
      socket.destroy();
      callback(new Error(`its certificate is not the one in ${file}`), null);
    });
  return checked;
}

function pem(file: string): string {
  try {
    const text = readFileSync(file, 'utf8');
    new X509Certificate(text);
    return text;
  } catch (cause) {
    throw new Failure(`The certificates in ${file} cannot be used: ${reason(cause)}`, exit.failed, cause);
  }
}
