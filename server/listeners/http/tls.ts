import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, DEFAULT_CIPHERS, type SecureVersion } from 'node:tls';
import { codeOf, ProvisioningError, reason } from '../../lib/errors.ts';

export interface TlsSettings {
  /** A PEM file: our certificate, then those that lead to a root. */
  readonly certificate: string;
  /** A PEM file: the private key, not encrypted. */
  readonly key: string;
  /** TLSv1.2 when absent. Old phones know TLSv1 or TLSv1.1 only. */
  readonly minVersion?: SecureVersion;
}

/** What node:tls takes, for a server and for `setSecureContext`. */
export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly minVersion: SecureVersion;
  readonly ciphers: string;
}

/**
 * Reads certificate and key. Rejects with the system's error when a file cannot be read, with `certificate-invalid` when the two
 * are not PEM or not a pair.
 */
export async function readCertificate(settings: TlsSettings): Promise<Certificate> {
  const [cert, key] = await Promise.all([readFile(settings.certificate), readFile(settings.key)]);
  const minVersion = settings.minVersion ?? 'TLSv1.2';
  // Below 1.2 the handshake signs with MD5 and SHA-1, which OpenSSL 3 does only when told that security level 0 is enough.
  const old = minVersion === 'TLSv1' || minVersion === 'TLSv1.1';
  const options = { cert, key, minVersion, ciphers: old ? `${DEFAULT_CIPHERS}:@SECLEVEL=0` : DEFAULT_CIPHERS };
  try {
    createSecureContext(options);
  } catch (cause) {
    const message = `${settings.certificate} and ${settings.key} are not a certificate and its key: ${reason(cause)}`;
    throw new ProvisioningError('certificate-invalid', message, { cause });
  }
  return options;
}

export interface CertificateWatch {
  /** Looks at once. Never rejects: what is found is given to `use` or `reject`. */
  reload(): Promise<void>;
  stop(): void;
}

/**
 * Looks at the files every `everyMs` and hands a pair other than the one in use to `use`, an unusable one to `reject`, each once.
 *
 * Reads the files instead of watching them: a watch holds on to a directory's inode and misses that a symbolic link above it turns
 * elsewhere (how Kubernetes swaps secrets), and network file systems report nothing. What changed is taken when it looks the same
 * twice, so that a certificate whose key is still being written is not reported as broken.
 */
export function watchCertificate(
  settings: TlsSettings,
  inUse: Certificate,
  everyMs: number,
  use: (certificate: Certificate) => void,
  reject: (cause: unknown) => void,
): CertificateWatch {
  let taken = `${digest(inUse.cert)} ${digest(inUse.key)}`;
  let seen = taken;
  let timer: NodeJS.Timeout | undefined;

  async function take(found: string): Promise<void> {
    taken = found;
    try {
      use(await readCertificate(settings));
    } catch (cause) {
      reject(cause);
    }
  }

  async function look(): Promise<void> {
    const found = await fingerprint(settings);
    const settled = found === seen;
    seen = found;
    if (settled && found !== taken) await take(found);
    if (timer) schedule();
  }

  function schedule(): void {
    timer = setTimeout(() => void look(), everyMs).unref();
  }

  schedule();
  return {
    reload: async () => take(await fingerprint(settings)),
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}

/** Tells two states of the files apart, readable or not. */
async function fingerprint({ certificate, key }: TlsSettings): Promise<string> {
  const states = await Promise.all([certificate, key].map((file) => readFile(file).then(digest, codeOf)));
  return states.join(' ');
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
