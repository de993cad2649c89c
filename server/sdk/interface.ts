import { ProvisioningError } from '../lib/errors.ts';

/**
 * The version of what `sdk.ts` promises. It grows when a package that uses what is new would not work on a server before; `oldest` grows
 * when packages made for it no longer work.
 */
export const supportedInterfaces = { oldest: 1, newest: 1 };

/** Of interface versions, those that a package works with: the oldest that has all it needs, and the one that it was built for. */
export interface InterfaceRange {
  readonly min: number;
  readonly max: number;
}

/** Why a server cannot use a package of that range; undefined when it can. */
export function interfaceRefusal({ min, max }: InterfaceRange, { oldest, newest } = supportedInterfaces): string | undefined {
  if (min > newest) return `it needs interface ${min} and this Offhook has ${newest}: upgrade Offhook`;
  if (max < oldest) return `it was built for interface ${max} and this Offhook needs ${oldest} or newer: upgrade the package`;
  return undefined;
}

/** @throws ProvisioningError plugin-interface */
export function checkInterface(range: InterfaceRange, supported = supportedInterfaces): void {
  const refusal = interfaceRefusal(range, supported);
  if (refusal !== undefined) throw new ProvisioningError('plugin-interface', `The package cannot be used: ${refusal}`);
}
