import { type Complaint, codeOf, type ProvisioningError, reason } from '../lib/errors.ts';
import { whyUnwritable } from '../lib/writing.ts';
import { settingsInvalid } from './invalid.ts';

/** What the server was about to do when the system said no. */
export type Attempt =
  /** `key` is the listener's: `http`, `http.tls`, `tftp`, `admin`. */
  | { readonly kind: 'listen'; readonly key: string; readonly address: string; readonly port: number }
  /** `key` names a range of ports of which one was needed: `tftp.transfer_ports`. */
  | { readonly kind: 'range'; readonly key: string; readonly address: string }
  /** `key` names a directory that the server writes to: `data`. */
  | { readonly kind: 'directory'; readonly key: string; readonly path: string }
  /** `key` names a file that the server appends to: `log.file`. */
  | { readonly kind: 'log'; readonly key: string; readonly path: string }
  /** `key` names a file that the server reads: `http.tls.certificate`. */
  | { readonly kind: 'file'; readonly key: string; readonly path: string };

/**
 * One clear message for a listener that cannot listen, a directory that cannot be written, a file that cannot be read: which key,
 * what is the matter, what to do.
 */
export function explainSystemError(error: unknown, attempt: Attempt): ProvisioningError {
  return settingsInvalid([complain(codeOf(error), attempt, error)], error);
}

function complain(code: string, attempt: Attempt, error: unknown): Complaint {
  switch (attempt.kind) {
    case 'listen':
      return listening(code, attempt, error);
    case 'range':
      return searching(code, attempt, error);
    default:
      return opening(code, attempt, error);
  }
}

function searching(code: string, { key, address }: Attempt & { kind: 'range' }, error: unknown): Complaint {
  const problem =
    code === 'EADDRINUSE'
      ? `all these ports of ${address} are in use by other programs (ss -lnup shows which)`
      : `cannot take these ports of ${address}: ${reason(error)}`;
  return { path: key, message: `${key}: ${problem}; choose another range, from 1024` };
}

function listening(code: string, { key, address, port }: Attempt & { kind: 'listen' }, error: unknown): Complaint {
  const [portKey, listenKey] = [`${key}.port`, `${key}.listen`];
  const at = (path: string, problem: string): Complaint => ({ path, message: `${path}: ${problem}` });
  const free = `--set ${portKey}=${port < 1024 ? port + 6900 : port + 1000}`;
  switch (code) {
    case 'EADDRINUSE':
      return at(
        portKey,
        `port ${port} on ${address} is in use by another program (ss -lntup shows which); stop that one, or choose another port: ${free}`,
      );
    case 'EACCES':
    case 'EPERM':
      return at(
        portKey,
        `port ${port} on ${address} is not allowed to user ${userId()}: below 1024 it needs the capability CAP_NET_BIND_SERVICE ` +
          '(AmbientCapabilities=CAP_NET_BIND_SERVICE in the systemd unit, --cap-add NET_BIND_SERVICE in a container, or ' +
          `sysctl net.ipv4.ip_unprivileged_port_start=${port}); or choose a port from 1024: ${free}`,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return at(
        listenKey,
        `this host has no address ${address} (ip address shows those it has); correct the list, or wait for the network`,
      );
    case 'EAFNOSUPPORT':
    case 'EINVAL':
      return at(
        listenKey,
        `the system cannot listen on ${address}: that family is switched off, or a link-local address misses its interface (fe80::1%eth0)`,
      );
    default:
      return at(portKey, `cannot listen on port ${port} of ${address}: ${reason(error)}`);
  }
}

function opening(code: string, { kind, key, path }: Exclude<Attempt, { kind: 'listen' | 'range' }>, error: unknown): Complaint {
  const choose = {
    directory: `choose another directory: --set ${key}=DIR`,
    log: `choose another file: --set ${key}=FILE`,
    file: `correct ${key}`,
  }[kind];
  const missing = {
    directory: 'it does not exist and cannot be made; make it, or ',
    log: 'its directory does not exist; make that, or ',
    file: 'there is no such file; ',
  }[kind];
  const why = kind === 'file' ? undefined : whyUnwritable(error, path);
  const known = why ? `${why.problem}; ${why.remedy}, or ` : kind === 'file' ? unreadable(code) : undefined;
  const told = code === 'ENOENT' ? missing : (known ?? `${reason(error)}; `);
  return { path: key, message: `${key}: ${path}: ${told}${choose}` };
}

/** Why a file cannot be read, and what to do besides correcting the setting. */
function unreadable(code: string): string | undefined {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return `user ${userId()} may not read it; allow that user to (chgrp and chmod g+r), or `;
    case 'ENOTDIR':
      return 'a part of the path is a file, not a directory; ';
    case 'EISDIR':
      return 'it is a directory, not a file; ';
    default:
      return undefined;
  }
}

const userId = () => process.getuid?.() ?? 'of this process';
