import { type Command, Option } from 'commander';
import { asking, type ClientOptions, clientFor, print } from './command.ts';
import { examples } from './device.ts';
import type { Io } from './io.ts';

interface ConfigOptions extends ClientOptions {
  readonly tenant?: string;
  readonly url?: string;
  readonly address?: string;
}

/** `offhook dhcp-config` */
export function addDhcpConfig(program: Command, io: Io): void {
  asking(
    program
      .command('dhcp-config')
      .description("print a configuration for the site's own DHCP server: what phones of the installed packages need")
      .argument('<server>', 'which one: kea, dnsmasq, isc, mikrotik or windows')
      .option('--tenant <tenant>', 'whose phones: URLs have its provisioning key; its id or name')
      .addOption(new Option('--url <url>', 'under which phones reach Offhook; default: phones.url, or the address of its host'))
      .addOption(new Option('--address <ip>', 'its address of IPv4, for options that take nothing else'))
      .addHelpText(
        'after',
        examples([
          'offhook dhcp-config dnsmasq > /etc/dnsmasq.d/offhook.conf',
          '(umask 077; offhook dhcp-config kea --tenant north > /etc/kea/offhook.json)',
          'offhook dhcp-config kea --url https://phones.example.com',
        ]),
      ),
  ).action((server: string, options: ConfigOptions) => show(server, options, io));
}

async function show(server: string, options: ConfigOptions, io: Io): Promise<void> {
  const query = (['tenant', 'url', 'address'] as const).flatMap((name) => {
    const value = options[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const { bytes } = await clientFor(options, io).ask('GET', `/api/v1/dhcp/config/${encodeURIComponent(server)}`, { query });
  const text = bytes.toString();
  const document = new Map([
    ['server', server],
    ['text', text],
  ]);
  print(io, options, document, () => text);
}
