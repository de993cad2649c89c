import { readFile } from 'node:fs/promises';
import { type Network, type Proxies, parseProxy } from '../lib/download/network.ts';
import type { Patience } from '../lib/download/persist.ts';
import type { Credentials } from '../lib/login.ts';
import { Secret } from '../lib/secret.ts';
import type { ParameterService } from '../parameters/service.ts';
import { explainSystemError } from '../settings/system-error.ts';
import type { Settings } from '../settings.ts';

/** How this server fetches what is elsewhere. */
export interface Fetching {
  readonly network: Network;
  readonly patience: Patience;
  /** For the files that a vendor gives only to who logs in. */
  credentialsFor(host: string): Credentials | undefined;
}

/** @throws ProvisioningError when the certificates cannot be read */
export async function fetching({ network, firmware }: Settings, parameters?: Pick<ParameterService, 'get'>): Promise<Fetching> {
  const { certificates } = network;
  const proxyOf = (name: 'http_proxy' | 'https_proxy' | 'ftp_proxy') => {
    const text = network[name] ?? parameters?.get(name);
    return text === undefined ? undefined : parseProxy(text, `network.${name}`);
  };
  // Clients of provd may set them while the server runs.
  const proxies: Proxies = {
    get http() {
      return proxyOf('http_proxy');
    },
    get https() {
      return proxyOf('https_proxy');
    },
    get ftp() {
      return proxyOf('ftp_proxy');
    },
  };
  const trusted = certificates === undefined ? undefined : await readCertificates(certificates);
  return {
    network: {
      proxies,
      ...(trusted !== undefined && { certificates: trusted }),
      connectMs: network.connect_seconds * 1_000,
      stallMs: network.stall_seconds * 1_000,
    },
    patience: { tries: network.tries },
    credentialsFor(host) {
      const login = firmware.credentials.get(host);
      if (!(login instanceof Map)) return undefined;
      return { username: String(login.get('username')), password: new Secret(String(login.get('password'))) };
    },
  };
}

function readCertificates(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause) => {
    throw explainSystemError(cause, { kind: 'file', key: 'network.certificates', path });
  });
}
