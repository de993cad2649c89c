import { codeOf, ProvisioningError, reason } from '../../lib/errors.ts';

/** Faults that do not pass by themselves. */
const LASTING: ReadonlySet<string> = new Set(['dhcp-port-in-use', 'dhcp-port-not-allowed', 'dhcp-socket-failed']);

/** Whether a server is not to start with it: somebody has to do something. */
export function endsStart({ code }: ProvisioningError): boolean {
  return LASTING.has(code);
}

/**
 * What the system says to a socket that we want, in words for an administrator.
 *
 * @param where the interface's name; undefined where it is none
 */
export function explainRefusal(error: unknown, port: number, where: string | undefined): ProvisioningError {
  const [code, problem] = complain(codeOf(error), error, port);
  const on = where === undefined ? '' : ` on ${where}`;
  return new ProvisioningError(code, `UDP port ${port}${on}: ${problem}`, { cause: error });
}

function complain(code: string, error: unknown, port: number): readonly [code: string, problem: string] {
  switch (code) {
    case 'EADDRINUSE':
      return [
        'dhcp-port-in-use',
        `another program has it and does not share it (ss -lnup 'sport = :${port}' shows which): Kea never does, dnsmasq does with ` +
          'bind-interfaces. Stop that program; or let it go on giving out addresses, and tell Offhook of them by its hook',
      ];
    case 'EACCES':
    case 'EPERM':
      return [
        'dhcp-port-not-allowed',
        isDevice(error)
          ? 'the system lets only root bind a socket to an interface; from Linux 5.7 on it lets everybody, before it needs the capability ' +
            'CAP_NET_RAW'
          : `user ${process.getuid?.() ?? 'of this process'} may not bind it: it needs the capability CAP_NET_BIND_SERVICE ` +
            '(AmbientCapabilities=CAP_NET_BIND_SERVICE in the systemd unit, --cap-add NET_BIND_SERVICE in a container)',
      ];
    case 'ENODEV':
    case 'EADDRNOTAVAIL':
      return ['dhcp-interface-unready', 'the interface or its address has just gone; it is taken up when it is there again'];
    default:
      return ['dhcp-socket-failed', `it cannot be opened: ${reason(error)}`];
  }
}

function isDevice(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'syscall' in error && error.syscall === 'setsockopt';
}
