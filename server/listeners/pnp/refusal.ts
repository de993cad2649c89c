import { codeOf, ProvisioningError, reason } from '../../lib/errors.ts';

/** Faults that do not pass by themselves. */
const LASTING: ReadonlySet<string> = new Set(['pnp-port-in-use', 'pnp-port-not-allowed', 'pnp-socket-failed']);

/** Whether a server is not to start with it: somebody has to do something. */
export function endsStart({ code }: ProvisioningError): boolean {
  return LASTING.has(code);
}

/** What the system says to a socket that we want, in words for an administrator. @param where what it was to be opened on */
export function explainRefusal(error: unknown, port: number, where: string): ProvisioningError {
  const [code, problem] = complain(codeOf(error), error, port);
  return new ProvisioningError(code, `UDP port ${port} of ${where}: ${problem}`, { cause: error });
}

function complain(code: string, error: unknown, port: number): readonly [code: string, problem: string] {
  switch (code) {
    case 'EADDRINUSE':
      return [
        'pnp-port-in-use',
        `another program has the port on all addresses of this host (ss -lnup 'sport = :${port}' shows which), a PBX, say. Bind that one to its ` +
          'own address, and both are served: what phones send to the group 224.0.1.75 comes to no other address',
      ];
    case 'EACCES':
    case 'EPERM':
      return [
        'pnp-port-not-allowed',
        isDevice(error)
          ? 'the system lets only root bind a socket to an interface; from Linux 5.7 on it lets everybody, before it needs the capability ' +
            'CAP_NET_RAW'
          : `user ${process.getuid?.() ?? 'of this process'} may not bind it: below 1024 it needs the capability CAP_NET_BIND_SERVICE ` +
            '(AmbientCapabilities=CAP_NET_BIND_SERVICE in the systemd unit, --cap-add NET_BIND_SERVICE in a container)',
      ];
    case 'ENODEV':
    case 'EADDRNOTAVAIL':
      return ['pnp-interface-unready', 'the interface or its address has just gone; it is taken up when it is there again'];
    default:
      return ['pnp-socket-failed', `it cannot be opened: ${reason(error)}`];
  }
}

function isDevice(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'syscall' in error && error.syscall === 'setsockopt';
}
