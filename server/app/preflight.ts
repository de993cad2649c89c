import { access, constants } from 'node:fs/promises';
import { makeDirectory } from '../lib/directory.ts';
import { type Complaint, ProvisioningError } from '../lib/errors.ts';
import { bindTcp, bindUdp } from '../listeners/probe.ts';
import { settingsInvalid } from '../settings/invalid.ts';
import { type Attempt, explainSystemError } from '../settings/system-error.ts';
import type { Settings } from '../settings.ts';

/**
 * All that the system does not give of what the settings ask for: ports, the data directory, the certificate. To be asked when the
 * start failed for one of them, so that an administrator need not mend them one start after the other.
 */
export async function preflight(settings: Settings): Promise<Complaint[]> {
  const { data, http, tftp, admin } = settings;
  const { tls } = http;
  const files = tls.enabled ? { 'http.tls.certificate': tls.certificate, 'http.tls.key': tls.key } : {};
  const checks = [
    check({ kind: 'directory', key: 'data', path: data }, async () => {
      await makeDirectory(data);
      await access(data, constants.W_OK | constants.X_OK);
    }),
    ...Object.entries(files).map(([key, path = '']) => check({ kind: 'file', key, path }, () => access(path, constants.R_OK))),
    ...(http.enabled ? listens('http', http.listen, http.port, bindTcp) : []),
    ...(tls.enabled ? listens('http.tls', tls.listen, tls.port, bindTcp) : []),
    ...(tftp.enabled ? listens('tftp', tftp.listen, tftp.port, bindUdp) : []),
    ...listens('admin', admin.listen, admin.port, bindTcp),
  ];
  return (await Promise.all(checks)).flat();
}

function listens(key: string, hosts: readonly string[], port: number, bind: typeof bindTcp): Promise<readonly Complaint[]>[] {
  return hosts.map((address) => check({ kind: 'listen', key, address, port }, () => bind(address, port)));
}

async function check(attempt: Attempt, attempted: () => Promise<unknown>): Promise<readonly Complaint[]> {
  try {
    await attempted();
    return [];
  } catch (cause) {
    const { complaints } = explainSystemError(cause, attempt);
    return complaints;
  }
}

/** The error with all that is wrong, when it was the system that refused something; the error itself otherwise. */
export async function withAllProblems(cause: unknown, settings: Settings): Promise<unknown> {
  if (!(cause instanceof ProvisioningError) || cause.code !== 'settings-invalid') return cause;
  const found = await preflight(settings);
  const known = new Set(found.map(({ message }) => message));
  // What went away meanwhile is told all the same: it was what stopped the start.
  const complaints = [...cause.complaints.filter(({ message }) => !known.has(message)), ...found];
  return settingsInvalid(complaints, cause);
}
