import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { codeOf, ProvisioningError, reason } from '../lib/errors.ts';
import { publicLine } from '../repositories/keys.ts';

/**
 * Makes a key pair (Ed25519, RFC 8032) and keeps the private one in a new file, for its owner only.
 *
 * @returns the public key, as settings have it
 * @throws ProvisioningError key-exists; what the system throws
 */
export async function makeKey(file: string): Promise<string> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  try {
    await writeFile(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    if (codeOf(cause) !== 'EEXIST') throw cause;
    throw new ProvisioningError('key-exists', `${file} exists; whoever trusts it would trust it no longer. Choose another name`, {
      cause,
    });
  }
  return publicLine(publicKey);
}

/** @throws ProvisioningError key-unreadable */
export async function readKey(file: string): Promise<KeyObject> {
  const key = await readFile(file)
    .then((pem) => createPrivateKey(pem))
    .catch((cause) => {
      throw new ProvisioningError('key-unreadable', `${file} cannot be read as a private key: ${reason(cause)}`, { cause });
    });
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new ProvisioningError('key-unreadable', `${file} has a key of the kind ${key.asymmetricKeyType}, and not ed25519`);
  }
  return key;
}

/** The public key of a private one, as settings have it. */
export function publicLineOf(key: KeyObject): string {
  return publicLine(createPublicKey(key));
}
