import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from './netns.ts';

/** What a client got. */
export interface Got {
  readonly address: string;
  /** By dhclient's name: `tftp-server-name`. */
  option(name: string): string | undefined;
}

/**
 * Has dhclient get a lease on a host's eth0; the address is not set there. It goes on then as a phone would, until the host is removed.
 * @param folder for its files @param wanted names of options that it asks for besides the usual ones
 */
export async function dhclient(
  host: Host,
  folder: string,
  vendorClass: string | undefined,
  wanted: readonly string[] = [],
): Promise<Got> {
  const at = (name: string) => join(folder, `${name}-${host.namespace}`);
  const send = vendorClass === undefined ? '' : `send vendor-class-identifier "${vendorClass}";\n`;
  const asked = ['subnet-mask', 'routers', 'domain-name', ...wanted].join(', ');
  writeFileSync(at('conf'), `${send}request ${asked};\ntimeout 10;\n`);
  const client = host.spawn('dhclient', [
    '-4',
    '-1',
    '-d',
    '-v',
    '-cf',
    at('conf'),
    '-lf',
    at('leases'),
    '-pf',
    at('pid'),
    '-sf',
    '/bin/true',
    'eth0',
  ]);
  await client.until(/bound to/);
  const lease = readFileSync(at('leases'), 'utf8');
  const found = (name: string) => new RegExp(`^\\s*${name} (.*);$`, 'm').exec(lease)?.[1]?.replaceAll('"', '');
  return { address: found('fixed-address') ?? '', option: (name) => found(`option ${name}`) };
}
