import { readFile, readlink } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { basename } from 'node:path';
import { ifThere, ProvisioningError } from './errors.ts';
import { contains, type Ip, type Network, parseIp, parseNetwork } from './ip.ts';
import { indexOf } from './system-sockets.ts';

/** An IPv4 address of an interface, and the subnet that it is in. */
export interface OwnAddress {
  readonly address: Ip;
  readonly subnet: Network;
}

/** A network interface of this host as it is now. */
export interface Interface {
  readonly name: string;
  /** Another when the interface has gone and one of its name has come. */
  readonly index: number;
  /** In the system's order; one at least. */
  readonly addresses: readonly [OwnAddress, ...OwnAddress[]];
}

/** Which listener wants it: what its errors are called. */
export type ListenerName = 'dhcp' | 'pnp';

/** @throws ProvisioningError dhcp-interface-missing, dhcp-interface-unready (or pnp-…): what is the matter with it, and what to do */
export async function findInterface(name: string, listener: ListenerName): Promise<Interface> {
  const index = await indexOf(name);
  if (index === undefined) throw missing(name, listener);
  const [first, ...others] = addressesOf(name);
  if (!first) throw await unready(name, listener);
  return { name, index, addresses: [first, ...others] };
}

/**
 * Which of our addresses a client should know the server by (option 54), and sees answers come from: the one in the subnet of another
 * address, as that which is given to the client, or the client's own; else the first.
 */
export function serverAddress({ addresses }: Interface, near?: Ip): Ip {
  const [first] = addresses;
  return (near && addresses.find(({ subnet }) => contains([subnet], near))?.address) ?? first.address;
}

/** An address with a label, `eth0:1`, is told as if the label were an interface. */
function addressesOf(name: string): OwnAddress[] {
  const entries = Object.entries(networkInterfaces()).filter(([label]) => label === name || label.startsWith(`${name}:`));
  return entries.flatMap(([, found = []]) =>
    found.flatMap(({ address, cidr, family }) => {
      const [ip, subnet] = [parseIp(address), parseNetwork(cidr ?? address)];
      return family === 'IPv4' && ip && subnet ? [{ address: ip, subnet }] : [];
    }),
  );
}

function missing(name: string, listener: ListenerName): ProvisioningError {
  const labels = Object.keys(networkInterfaces()).filter((label) => label !== 'lo' && !label.includes(':'));
  const others = labels.length > 0 ? `those that are up: ${labels.join(', ')}` : 'none but lo is up';
  const message = `This host has no interface ${name} (${others}); correct the name, or make it: it is taken up when it comes`;
  return new ProvisioningError(`${listener}-interface-missing`, message);
}

async function unready(name: string, listener: ListenerName): Promise<ProvisioningError> {
  const master = await ifThere(readlink(`/sys/class/net/${name}/master`));
  const state = (await ifThere(readFile(`/sys/class/net/${name}/operstate`, 'utf8')))?.trim();
  const problem = master
    ? `is a port of ${basename(master)} and has no IPv4 address; name ${basename(master)} in its place`
    : state === 'down' || state === 'lowerlayerdown'
      ? `is down: it has no link, or was not brought up (ip link set ${name} up); it is taken up when it is up and has an IPv4 address`
      : `has no IPv4 address, and answers come from one; give it one (ip address add …): it is taken up then`;
  return new ProvisioningError(`${listener}-interface-unready`, `The interface ${name} ${problem}`);
}
