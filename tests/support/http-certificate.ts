import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { afterEach } from '@jest/globals';
import { type Client, client } from './http-listener.ts';

const directories: string[] = [];

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'offhook-http-'));
  directories.push(directory);
  return directory;
}

export interface Pair {
  readonly certificate: string;
  readonly key: string;
}

/** Makes a self-signed certificate for `name` and its key in the directory. */
export function makePair(directory: string, name: string): Pair {
  const pair = { certificate: join(directory, 'cert.pem'), key: join(directory, 'key.pem') };
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];
  const subject = ['-days', '2', '-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, '-out', pair.certificate, '-keyout', pair.key], {
    stdio: 'pipe',
  });
  return pair;
}

/** A TLS connection that trusts whoever answers. Rejects when the handshake fails. */
export async function dialTls(port: number, options: ConnectionOptions = {}): Promise<Client & { readonly socket: TLSSocket }> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  await once(socket, 'secureConnect');
  return { ...client(socket), socket };
}

/** The name in the certificate that a new connection is shown. */
export async function shownName(port: number): Promise<string> {
  const { socket } = await dialTls(port);
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return String(CN);
}
