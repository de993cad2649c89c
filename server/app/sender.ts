import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { localAddresses } from '../lib/local-address.ts';
import { explainSystemError } from '../settings/system-error.ts';
import type { Settings } from '../settings.ts';
import { SipSender } from '../sync/sender.ts';

/** What tells phones something over SIP. @throws ProvisioningError when the certificates cannot be read */
export async function createSender({ sync: { certificates, verify } }: Pick<Settings, 'sync'>): Promise<SipSender> {
  const own =
    certificates === undefined
      ? undefined
      : await readFile(certificates, 'utf8').catch((cause) => {
          throw explainSystemError(cause, { kind: 'file', key: 'sync.certificates', path: certificates });
        });
  const tls = { rejectUnauthorized: verify, ...(own !== undefined && { ca: [...rootCertificates, own] }) };
  return new SipSender({ localAddress: localAddresses(), tls });
}
