import { chmodSync, cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Host, peer, type Running } from './netns.ts';

/** The DHCP servers of a site of its own that hooks are for. */
export const siteKinds = ['kea', 'dnsmasq', 'isc'] as const;
export type SiteKind = (typeof siteKinds)[number];

/** Where a site's server stands. */
export interface Site {
  readonly host: Host;
  /** For its files: they are where they were when it is started again. */
  readonly folder: string;
  /** `10.88.0`: of the network on its eth0, of which it gives .100 to .200. */
  readonly net: string;
  /** It asks no clients but behind relays, where that has to be said. */
  readonly isRelayed?: boolean;
}

/** @returns where the file is */
function put(folder: string, name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** The hooks of dhcp-config/, told where Offhook is. @param url its administrators' @param token a file @returns the script of a server */
export function hookOf(kind: SiteKind, folder: string, url: string, token: string): string {
  const hooks = join(folder, 'hooks');
  cpSync(join(import.meta.dirname, '../../dhcp-config'), hooks, { recursive: true });
  const configuration = put(folder, 'hook.conf', `url=${url}\ntoken_file=${token}\n`);
  mkdirSync(join(folder, 'bin'));
  chmodSync(put(join(folder, 'bin'), 'logger', `#!/bin/sh\nshift 5\nprintf '%s\\n' "$*" >>${folder}/syslog\n`), 0o755);
  const script = put(
    folder,
    'hook',
    `#!/bin/sh
export PATH=${folder}/bin:/usr/local/bin:/usr/bin:/bin OFFHOOK_HOOK_CONF=${configuration} OFFHOOK_SPOOL=${folder}/spool
[ ! -e ${folder}/environment ] || . ${folder}/environment
exec ${hooks}/${kind}/offhook-lease "$@"
`,
  );
  chmodSync(script, 0o755);
  return script;
}

/**
 * Starts a site's own server with what was generated for it, and a hook. Clients have their addresses for an hour, from Kea and ISC dhcpd
 * for two seconds if they want them no longer.
 */
export async function startSite(kind: SiteKind, site: Site, text: string, hook: string): Promise<Running> {
  const [running, started] = starters[kind](site, text, hook);
  await running.until(started);
  return running;
}

const starters: Readonly<Record<SiteKind, (site: Site, text: string, hook: string) => readonly [Running, RegExp]>> = {
  kea({ host, folder, net, isRelayed = false }, text, hook) {
    const included = put(folder, 'offhook.json', text.replaceAll(/"name": "\/usr\/local[^"]*"/g, `"name": "${hook}"`));
    const file = put(
      folder,
      'kea.json',
      `{ "Dhcp4": { <?include "${included}"?>,
        "interfaces-config": { "interfaces": ["eth0"]${isRelayed ? ', "dhcp-socket-type": "udp"' : ''} },
        "lease-database": { "type": "memfile", "persist": true, "name": "${folder}/leases" },
        "valid-lifetime": 3600, "min-valid-lifetime": 2, "max-valid-lifetime": 3600, "decline-probation-period": 2,
        "expired-leases-processing": { "reclaim-timer-wait-time": 1, "flush-reclaimed-timer-wait-time": 0 },
        "subnet4": [{ "subnet": "${net}.0/24", "pools": [{ "pool": "${net}.100 - ${net}.200" }] }] } }`,
    );
    const environment = `KEA_PIDFILE_DIR=${folder} KEA_LOCKFILE_DIR=${folder} KEA_LOGGER_DESTINATION=stderr`.split(' ');
    return [host.spawn('env', [...environment, peer('kea-dhcp4'), '-c', file]), /DHCP4_STARTED/];
  },
  dnsmasq({ host, folder, net }, text, hook) {
    const file = put(folder, 'dnsmasq.conf', text.replace(/^dhcp-script=.*$/m, `dhcp-script=${hook}`));
    const words = ['--keep-in-foreground', '--port=0', '--interface=eth0', '--user=root', '--log-facility=-', '--no-ping'];
    const leases = ['--pid-file=', `--dhcp-leasefile=${folder}/leases`, `--dhcp-range=${net}.100,${net}.200,1h`];
    return [host.spawn('dnsmasq', ['-C', file, ...words, ...leases]), /started/];
  },
  isc({ host, folder, net }, text, hook) {
    const included = put(folder, 'offhook.conf', text.replaceAll(/"\/usr\/local[^"]*"/g, `"${hook}"`));
    const times = 'default-lease-time 3600; max-lease-time 3600; min-lease-time 2;';
    const subnet = `subnet ${net}.0 netmask 255.255.255.0 { range ${net}.100 ${net}.200; }`;
    const file = put(folder, 'dhcpd.conf', `authoritative;\n${times}\ninclude "${included}";\nping-check false;\n${subnet}\n`);
    const leases = join(folder, 'leases');
    if (!existsSync(leases)) writeFileSync(leases, '');
    const words = ['-4', '-f', '-d', '-cf', file, '-lf', leases, '--no-pid', 'eth0'];
    return [host.spawn('dhcpd', words), /Server starting service/];
  },
};
