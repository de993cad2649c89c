import type { BootServer } from '../sdk/boot-options.ts';
import { type BootPlan, bootPlan, type PackageFacts } from './classes.ts';
import { dnsmasqConfig } from './dnsmasq.ts';
import { iscConfig } from './isc.ts';
import { keaConfig } from './kea.ts';
import { mikrotikConfig } from './mikrotik.ts';
import { windowsConfig } from './windows.ts';

const writers = {
  kea: keaConfig,
  dnsmasq: dnsmasqConfig,
  isc: iscConfig,
  mikrotik: mikrotikConfig,
  windows: windowsConfig,
} satisfies Readonly<Record<string, (plan: BootPlan) => string>>;

/** DHCP servers that there is a configuration for. */
export type DhcpServer = keyof typeof writers;
export const dhcpServers = Object.keys(writers) as readonly DhcpServer[];

export function isDhcpServer(text: string): text is DhcpServer {
  return Object.hasOwn(writers, text);
}

/**
 * Has a DHCP server give the phones of installed packages what they need; the same text for the same packages and server.
 * @param isSecret the URL has a provisioning key, which the text says of itself
 */
export function dhcpConfig(kind: DhcpServer, packages: readonly PackageFacts[], server: BootServer, isSecret = false): string {
  return writers[kind](bootPlan(packages, server, isSecret));
}
