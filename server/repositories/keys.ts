import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { ProvisioningError } from '../lib/errors.ts';

/** A public key, as settings have it: `ed25519:` and its 32 bytes in base64. */
export function publicLine(key: KeyObject): string {
  return `ed25519:${rawBytes(key).toString('base64')}`;
}

/** By which a signature names its key: the first 16 digits of its SHA-256. */
export function keyId(key: KeyObject): string {
  return createHash('sha256').update(rawBytes(key)).digest('hex').slice(0, 16);
}

/** @throws ProvisioningError repository-key-invalid */
export function readPublicLine(line: string): KeyObject {
  const [, text = ''] = /^ed25519:([A-Za-z\d+/]{43}=)$/.exec(line.trim()) ?? [];
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== 32) {
    throw new ProvisioningError(
      'repository-key-invalid',
      `${JSON.stringify(line)} is no public key; "offhook repository key" prints one: ed25519: and 44 characters`,
    );
  }
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') }, format: 'jwk' });
}

/** One line of a signature file: who signed, and the signature of exactly these bytes. */
export function signatureLine(bytes: Buffer, privateKey: KeyObject): string {
  return `${keyId(createPublicKey(privateKey))} ${sign(null, bytes, privateKey).toString('base64')}\n`;
}

interface Signature {
  readonly keyId: string;
  readonly bytes: Buffer;
}

/** The lines of a signature file; undefined when it is none. */
export function readSignatures(text: string): Signature[] | undefined {
  if (!/^(?:[\da-f]{16} [A-Za-z\d+/]{86}==\n)+$/.test(text)) return undefined;
  const signatures = text
    .trimEnd()
    .split('\n')
    .map((line) => ({ keyId: line.slice(0, 16), bytes: Buffer.from(line.slice(17), 'base64') }));
  // The last characters of base64 have bits that mean nothing: one signature is written in one way.
  const again = signatures.map((each) => `${each.keyId} ${each.bytes.toString('base64')}\n`).join('');
  return again === text ? signatures : undefined;
}

export function isSignedBy(bytes: Buffer, signature: Signature, key: KeyObject): boolean {
  return signature.keyId === keyId(key) && verify(null, bytes, key, signature.bytes);
}

function rawBytes(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
}
