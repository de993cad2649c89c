import { ProvisioningError } from '../lib/errors.ts';
import { parseIndex } from './document.ts';
import { isSignedBy, keyId, readPublicLine, readSignatures } from './keys.ts';
import { type Channel, type Index, most } from './model.ts';

/** Whom a server believes. */
export interface Trust {
  /** Public keys, `ed25519:…`. */
  readonly keys: readonly string[];
  /** Believe also who has none of these keys: what comes over the network may then be anybody's. */
  readonly allowUnsigned?: boolean;
}

export interface Expected extends Trust {
  readonly channel: Channel;
  /** The highest serial that was ever seen of this channel. */
  readonly seenSerial?: number;
  readonly now: Date;
}

/** An index as it came. */
export interface SignedIndex {
  readonly bytes: Buffer;
  readonly signature: Buffer | undefined;
}

export interface CheckedIndex {
  readonly index: Index;
  /** Id of the key that signed it; undefined when none of the trusted ones did, and that was allowed. */
  readonly signedBy?: string;
}

/**
 * Reads an index. Nothing of it is looked at before its signature is known to be right.
 *
 * @throws ProvisioningError what `readSigned` throws; index-channel-wrong, index-replayed, index-expired
 */
export function readIndex(bytes: Buffer, signature: Buffer | undefined, expected: Expected): CheckedIndex {
  const checked = readSigned({ bytes, signature }, expected);
  checkCurrent(checked.index, expected);
  return checked;
}

/**
 * Reads an index of whatever channel and age, once its signature is known to be right.
 *
 * @throws ProvisioningError index-too-large, index-unsigned, index-key-unknown, index-signature-wrong, index-newer, index-invalid,
 *   repository-key-invalid
 */
export function readSigned({ bytes, signature }: SignedIndex, trust: Trust): CheckedIndex {
  if (bytes.length > most.index) {
    throw new ProvisioningError('index-too-large', `The index has ${bytes.length} bytes; ${most.index} are allowed`);
  }
  const signedBy = checkSignature(bytes, signature, trust);
  return { index: parseIndex(bytes), ...(signedBy !== undefined && { signedBy }) };
}

/** @returns the id of the key */
function checkSignature(
  bytes: Buffer,
  signature: Buffer | undefined,
  { keys, allowUnsigned = false }: Trust,
): string | undefined {
  const trusted = keys.map(readPublicLine);
  if (!signature) {
    if (allowUnsigned) return undefined;
    throw new ProvisioningError(
      'index-unsigned',
      'The index is not signed. Ask the repository for its key, or allow unsigned indexes if nobody else can write there',
    );
  }
  const signatures = signature.length > most.signature ? undefined : readSignatures(signature.toString('latin1'));
  if (!signatures) throw new ProvisioningError('index-signature-wrong', 'What should be the signature of the index is none');
  const ours = trusted.filter((key) => signatures.some((each) => each.keyId === keyId(key)));
  if (ours.length === 0) {
    if (allowUnsigned) return undefined;
    const ids = signatures.map((each) => each.keyId).join(', ');
    const known = trusted.map(keyId).join(', ') || 'none';
    throw new ProvisioningError(
      'index-key-unknown',
      `The index is signed with the key ${ids}, which is not trusted (trusted: ${known}). If that is the repository's key, offhook repository set NAME --key LINE makes it trusted`,
    );
  }
  // While an index is replaced, the signatures of the old and of the new one stand side by side.
  const right = ours.find((key) => signatures.some((each) => isSignedBy(bytes, each, key)));
  if (right) return keyId(right);
  throw new ProvisioningError(
    'index-signature-wrong',
    `The index or its signature was changed: the key ${ours.map(keyId).join(', ')} did not sign these bytes. Fetch it anew; if it stays so, do not trust this repository`,
  );
}

function checkCurrent({ channel, serial, expires }: Index, { channel: asked, seenSerial = 0, now }: Expected): void {
  if (channel !== asked) {
    throw new ProvisioningError('index-channel-wrong', `The index is of the channel ${channel}, and ${asked} was asked for`);
  }
  if (serial < seenSerial) {
    throw new ProvisioningError(
      'index-replayed',
      `The index has serial ${serial}, and ${seenSerial} was seen before: somebody shows an old one`,
    );
  }
  if (expires && expires <= now) {
    throw new ProvisioningError(
      'index-expired',
      `The index was good until ${expires.toISOString()}: the repository has to renew it`,
    );
  }
}
