/** What is known of who asks for a file. */
export interface Claim {
  /** The file is one device's own. */
  readonly own: boolean;
  /** It carries passwords or keys. */
  readonly secret: boolean;
  /** An operator has not approved the device yet. */
  readonly held: boolean;
  /** What speaks against its being the device that asks. */
  readonly contradictions: readonly string[];
  /** The id of another known device to which the address belongs. */
  readonly addressOwner?: string | undefined;
  /** Nothing but the address says which device it is, and it is not surely at that address. */
  readonly addressOnly: boolean;
  /** The request came with the key of the device's tenant, or from a network that the settings trust. */
  readonly trusted: boolean;
}

/** Why a file does not leave: what kind of thing it is, and in words. */
export interface Obstacle {
  readonly kind: 'held' | 'contradiction' | 'address-taken' | 'address-only' | 'untrusted';
  readonly why: string;
}

/**
 * Whether a file may leave for the one who asks. Common files go to anybody; a device's own file only to that device, and one
 * with secrets only with the tenant's key or into a network that the settings trust.
 * @returns why not, in words; undefined when it may
 */
export function refusal(claim: Claim): string | undefined {
  return obstacles(claim)[0]?.why;
}

/** All that stands in the way, the gravest first: with one of them gone the next one shows. */
export function obstacles(claim: Claim): Obstacle[] {
  const found: Obstacle[] = [];
  if (!claim.own) return found;
  if (claim.held) found.push({ kind: 'held', why: 'the device waits for approval' });
  if (claim.contradictions.length > 0) found.push({ kind: 'contradiction', why: claim.contradictions.join('; ') });
  if (claim.addressOwner !== undefined) {
    found.push({ kind: 'address-taken', why: `the address belongs to the device ${claim.addressOwner}` });
  }
  if (!claim.secret) return found;
  if (claim.addressOnly) found.push({ kind: 'address-only', why: 'only the address says which device it is' });
  if (!claim.trusted) {
    found.push({ kind: 'untrusted', why: 'no provisioning key, and the settings do not trust the network' });
  }
  return found;
}
