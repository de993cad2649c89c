import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { type Ip, parseIp } from './ip.ts';

type Interfaces = NodeJS.Dict<NetworkInterfaceInfo[]>;

/** Bridges and tunnels of containers, virtual machines and VPNs: phones rarely stand behind them. Their usual names on Linux. */
const VIRTUAL = /^(?:docker|br-|veth|virbr|lxc|lxd|cni|flannel|cali|vmnet|vboxnet|tun|tap|wg|tailscale|zt)/;

/**
 * The address of this host that is told to phones when no request says on which one they reach us, as when files are rendered
 * ahead: IPv4 before IPv6, cards before virtual interfaces, else in the system's order; 127.0.0.1 for a host without a network.
 */
export function defaultAddress(interfaces: Interfaces = networkInterfaces()): Ip {
  const found = Object.entries(interfaces).flatMap(([name, addresses = []]) =>
    addresses.flatMap(({ address, family, internal }) => {
      const ip = parseIp(address);
      if (!ip || internal || isLinkLocal(ip)) return [];
      return [{ ip, rank: (VIRTUAL.test(name) ? 2 : 0) + (family === 'IPv6' ? 1 : 0) }];
    }),
  );
  const [best] = found.toSorted((one, other) => one.rank - other.rank);
  return best?.ip ?? ('127.0.0.1' as Ip);
}

/** Whether IPv6 is switched on, were it only for ::1. */
export function hasIpv6(interfaces: Interfaces = networkInterfaces()): boolean {
  return Object.values(interfaces).some((addresses = []) => addresses.some(({ family }) => family === 'IPv6'));
}

/** Good on one link only, and in IPv6 not even an address without the name of the interface. */
function isLinkLocal(ip: Ip): boolean {
  return ip.startsWith('169.254.') || /^fe[89ab]/.test(ip);
}
