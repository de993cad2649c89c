import type { Complaint } from '../lib/errors.ts';
import { contains, parseIp, parseNetwork } from '../lib/ip.ts';
import type { Settings } from '../settings.ts';
import { OWN_WAYS, readTenantWays } from './pbxs.ts';
import { formatOrigin, type Node, show } from './yaml.ts';

/** Settings that are right by themselves and not together. */
export interface BrokenRule {
  /** Those it is about; when one of them is wrong by itself, this is not worth a second complaint. */
  readonly keys: readonly string[];
  readonly complaint: Complaint;
}

export function brokenRules(settings: Settings, given: ReadonlyMap<string, Node>): BrokenRule[] {
  const where = (key: string) => {
    const node = given.get(key);
    return node ? `${formatOrigin(node.origin)}: ` : '';
  };
  return [
    ...tlsFiles(settings, where),
    ...unencrypted(settings, where),
    ...samePort(settings, where),
    ...dhcpParts(settings, where),
    ...pnpPort(settings, where),
    ...wazoTenant(settings, where),
    ...unknownWays(settings, where),
  ];
}

type Where = (key: string) => string;

function tlsFiles({ http, admin }: Settings, where: Where): BrokenRule[] {
  return Object.entries({ http, admin }).flatMap(([group, { tls }]) => {
    const enabled = `${group}.tls.enabled`;
    const missing = tls.enabled ? (['certificate', 'key'] as const).filter((name) => tls[name] === undefined) : [];
    return missing.map((name) => {
      const path = `${group}.tls.${name}`;
      const message = `${where(enabled)}${enabled} is true; ${path} must name a PEM file`;
      return { keys: [enabled, path], complaint: { path, message } };
    });
  });
}

const loopback = ['loopback'].flatMap((word) => parseNetwork(word) ?? []);

/** Whoever listens on the path would have tokens, and the passwords of all phones. */
function unencrypted({ admin }: Settings, where: Where): BrokenRule[] {
  if (admin.tls.enabled || admin.allow_unencrypted) return [];
  const beyond = admin.listen.filter((address) => {
    const ip = parseIp(address);
    return !ip || !contains(loopback, ip);
  });
  if (beyond.length === 0) return [];
  const path = 'admin.listen';
  const remedy = 'give admin.tls a certificate, or say admin.allow_unencrypted: true';
  const message = `${where(path)}${path} has ${beyond.join(', ')}, where tokens and passwords would cross the network readable; ${remedy}`;
  return [{ keys: [path, 'admin.tls.enabled', 'admin.allow_unencrypted'], complaint: { path, message } }];
}

function wazoTenant({ wazo_auth: { url, main_tenant } }: Settings, where: Where): BrokenRule[] {
  if (url === undefined || main_tenant !== undefined) return [];
  const [key, path] = ['wazo_auth.url', 'wazo_auth.main_tenant'];
  const message = `${where(key)}${key} is set; ${path} must be the UUID of the master tenant there`;
  return [{ keys: [key, path], complaint: { path, message } }];
}

/** Ways that nobody has described. */
function unknownWays({ sync }: Settings, where: Where): BrokenRule[] {
  const known = [...OWN_WAYS, ...sync.pbxs.keys()];
  const lists = [
    ['sync.ways', sync.ways] as const,
    ...[...readTenantWays(sync.tenant_ways).ways.values()].map((ways) => ['sync.tenant_ways', ways] as const),
  ];
  return lists.flatMap(([path, ways]) =>
    ways
      .filter((way) => !known.includes(way))
      .map((way) => {
        const message = `${where(path)}${path} names ${JSON.stringify(show(way))}, which is none of ${known.map(show).join(', ')}; describe it in sync.pbxs`;
        return { keys: [path, 'sync.pbxs'], complaint: { path, message } };
      }),
  );
}

/** What a mode of the DHCP server cannot do without. */
function dhcpParts({ dhcp }: Settings, where: Where): BrokenRule[] {
  const isMissing = {
    interfaces: (dhcp.mode === 'serve' || dhcp.mode === 'proxy') && dhcp.interfaces.length === 0 && 'must name the interfaces',
    subnets: dhcp.mode === 'serve' && dhcp.subnets.size === 0 && 'must have the networks that are served',
  };
  return Object.entries(isMissing).flatMap(([name, wanted]) => {
    const path = `dhcp.${name}`;
    const message = `${where('dhcp.mode')}dhcp.mode is ${dhcp.mode}; ${path} ${wanted}`;
    return wanted === false ? [] : [{ keys: ['dhcp.mode', path], complaint: { path, message } }];
  });
}

/** The group is an address of its own; who has a port on all addresses has it there, too. */
function pnpPort({ pnp, tftp, dhcp }: Settings, where: Where): BrokenRule[] {
  const { interfaces, port } = pnp;
  if (interfaces.length === 0) return [];
  const isEverywhere = tftp.enabled && tftp.listen.some((address) => address === '0.0.0.0' || address === '::');
  const { from = 0, to = 0 } = tftp.transfer_ports ?? {};
  const taken = {
    'tftp.port': isEverywhere && tftp.port === port && `is ${port}, as tftp.port is`,
    'tftp.transfer_ports': isEverywhere && from <= port && port <= to && `is ${port}, which is in tftp.transfer_ports`,
    'dhcp.port': dhcp.mode !== 'off' && dhcp.port === port && `is ${port}, as dhcp.port is`,
  };
  const path = 'pnp.port';
  return Object.entries(taken).flatMap(([other, problem]) => {
    const message = `${where(path)}${path} ${problem}; choose another port for one of them`;
    return problem === false ? [] : [{ keys: [path, other, 'pnp.interfaces'], complaint: { path, message } }];
  });
}

function samePort({ http, admin }: Settings, where: Where): BrokenRule[] {
  const listeners = [
    ...(http.enabled ? [{ name: 'http', ...http }] : []),
    ...(http.tls.enabled ? [{ name: 'http.tls', ...http.tls }] : []),
    { name: 'admin', ...admin },
  ];
  return listeners.flatMap((one, index) =>
    listeners
      .slice(index + 1)
      .filter((other) => one.port === other.port && one.port !== 0 && overlap(one.listen, other.listen))
      .map((other) => {
        const [path, taken] = [`${other.name}.port`, `${one.name}.port`];
        const message = `${where(path)}${path} is ${other.port}, as ${taken} is, on the same address; choose another port for one of them`;
        return { keys: [path, taken, `${one.name}.listen`, `${other.name}.listen`], complaint: { path, message } };
      }),
  );
}

/** 0.0.0.0 holds all IPv4 addresses; :: holds all IPv6 ones and, in a list without an IPv4 address, those of IPv4 too. */
function overlap(some: readonly string[], others: readonly string[]): boolean {
  const isV6 = (address: string) => address.includes(':');
  const holds = (one: string, other: string, list: readonly string[]) =>
    one === other || (one === '0.0.0.0' && !isV6(other)) || (one === '::' && (isV6(other) || list.every(isV6)));
  return some.some((one) => others.some((other) => holds(one, other, some) || holds(other, one, others)));
}
