import { access, constants, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeDirectory } from '../lib/directory.ts';
import { type Complaint, ProvisioningError, reason } from '../lib/errors.ts';
import { readCertificate, type TlsSettings } from '../listeners/http.ts';
import { bindTcp, bindUdp } from '../listeners/probe.ts';
import { settingsInvalid } from '../settings/invalid.ts';
import { type Attempt, explainSystemError } from '../settings/system-error.ts';
import type { Settings } from '../settings.ts';

/**
 * All that the system does not give of what the settings ask for: ports, the data directory, log files, the certificate. To be asked
 * when the start failed for one of them, so that an administrator need not mend them one start after the other.
 */
async function preflight(settings: Settings): Promise<Complaint[]> {
  const { data, http, tftp, admin } = settings;
  const directory = await check({ kind: 'directory', key: 'data', path: data }, async () => {
    await makeDirectory(data);
    await access(data, constants.W_OK | constants.X_OK);
  });
  const checks = [
    // They may lie in the data directory, and are then not worth a second complaint.
    ...(directory.length > 0 ? [] : logFiles(settings)),
    checkCertificate('http.tls', http.tls),
    checkCertificate('admin.tls', admin.tls),
    ...(http.enabled ? listens('http', http.listen, http.port, bindTcp) : []),
    ...(http.tls.enabled ? listens('http.tls', http.tls.listen, http.tls.port, bindTcp) : []),
    ...(tftp.enabled ? listens('tftp', tftp.listen, tftp.port, bindUdp) : []),
    ...listens('admin', admin.listen, admin.port, bindTcp),
  ];
  return [...directory, ...(await Promise.all(checks)).flat()];
}

function logFiles({ log }: Settings): Promise<readonly Complaint[]>[] {
  const files = { 'log.file': log.file, 'log.security_file': log.security_file };
  return Object.entries(files).flatMap(([key, path]) =>
    path === undefined ? [] : [check({ kind: 'log', key, path }, () => writable(path))],
  );
}

/** Not by opening it: it may be a pipe that nobody reads yet. */
async function writable(path: string): Promise<void> {
  try {
    await access(path, constants.W_OK);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    await access(dirname(path), constants.W_OK | constants.X_OK);
  }
}

/** @throws ProvisioningError settings-invalid for log files that cannot be written */
export async function checkLogFiles(settings: Settings): Promise<void> {
  const complaints = (await Promise.all(logFiles(settings))).flat();
  if (complaints.length > 0) throw settingsInvalid(complaints);
}

/** The settings of a listener of TLS. */
interface TlsGroup {
  readonly enabled: boolean;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  readonly min_version?: TlsSettings['minVersion'];
}

/**
 * What keeps a certificate and its key from being used.
 * @param group the key of its settings: `http.tls`
 */
export async function checkCertificate(group: string, tls: TlsGroup): Promise<readonly Complaint[]> {
  const { certificate, key, min_version: minVersion } = tls;
  if (!tls.enabled || certificate === undefined || key === undefined) return [];
  const files = { [`${group}.certificate`]: certificate, [`${group}.key`]: key };
  const checks = Object.entries(files).map(([name, path]) => check({ kind: 'file', key: name, path }, () => readFile(path)));
  const unreadable = (await Promise.all(checks)).flat();
  if (unreadable.length > 0) return unreadable;
  try {
    await readCertificate({ certificate, key, ...(minVersion && { minVersion }) });
    return [];
  } catch (cause) {
    const path = `${group}.certificate`;
    return [
      { path, message: `${path}: ${reason(cause)}; give a certificate and the private key that belongs to it, both in PEM` },
    ];
  }
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
