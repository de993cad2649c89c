import { isIP } from 'node:net';
import * as z from 'zod';
import { isProxy } from './lib/download/network.ts';
import { type Hours, parseHours } from './lib/hours.ts';
import { type Network, parseNetwork } from './lib/ip.ts';
import type { OrderedJson } from './lib/ordered-json.ts';
import { parseShare, type Share } from './lib/share.ts';

/**
 * The settings of this server, as settings/load.ts reads them; every key with its type, default and description, and nowhere else:
 * docs/settings.md and offhook.yml.example are generated from here. Keys have the same name in YAML, in the code and, in capitals,
 * in the environment.
 */

export interface About {
  readonly description: string;
  /** What may stand here, for a message; where absent it follows from the type. */
  readonly allowed?: string;
  /** A path of this host: `<data>` and `<bundled>` are filled in, and what is relative starts at the working directory. */
  readonly filePath?: true;
  /** May hold passwords: a message never shows the value, and --print-settings masks them. */
  readonly secret?: true;
}
export const about = z.registry<About>();

/** Both ends belong to it. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

const path = z.string().min(1);
const port = z.int().min(0).max(65_535);
const addresses = z.array(z.string().refine((text) => isIP(text) !== 0)).min(1);
const ADDRESSES = "a list of IPv4 and IPv6 addresses (:: in quotes: '::')";
const EVERYWHERE = ['0.0.0.0', '::'];
const PORT = '0 takes any free port.';

const addressRange = z.string().transform((text, context): Network => {
  const parsed = parseNetwork(text);
  if (parsed) return parsed;
  context.addIssue({ code: 'custom', input: text });
  return z.NEVER;
});

const portRange = z.string().transform((text, context): PortRange => {
  const [from = 0, to = 0] = /^\d{1,5}-\d{1,5}$/.test(text) ? text.split('-').map(Number) : [];
  if (from > 0 && from <= to && to <= 65_535) return { from, to };
  context.addIssue({ code: 'custom', input: text });
  return z.NEVER;
});

function refused(text: string, context: z.RefinementCtx): never {
  context.addIssue({ code: 'custom', input: text });
  return z.NEVER;
}

const shareOf = (text: string, context: z.RefinementCtx): Share => parseShare(text) ?? refused(text, context);

/** The base of URLs: what is put behind it starts with a slash. */
const baseUrl = z.string().transform((text, context): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const extra = url && url.username + url.password + url.search + url.hash;
  if (url && /^https?:$/.test(url.protocol) && !extra && !/[?#]/.test(text)) return url.href.replace(/\/+$/, '');
  context.addIssue({ code: 'custom', input: text });
  return z.NEVER;
});

const tls = z
  .strictObject({
    enabled: z.boolean().default(false).register(about, { description: 'Serve phones over HTTPS too.' }),
    listen: addresses.default(EVERYWHERE).register(about, { description: 'Addresses to listen on.', allowed: ADDRESSES }),
    port: port.default(8668).register(about, { description: `Port for HTTPS. ${PORT}` }),
    certificate: path.optional().register(about, {
      description:
        'PEM file: the certificate, then the intermediate ones. Read again when it changes. Needed when HTTPS is enabled.',
      filePath: true,
    }),
    key: path.optional().register(about, {
      description: "PEM file with the certificate's private key. Read again when it changes. Needed when HTTPS is enabled.",
      filePath: true,
    }),
    min_version: z.enum(['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']).default('TLSv1.2').register(about, {
      description: 'The oldest TLS that a phone may speak. Old firmware needs TLSv1, whose ciphers are weak.',
    }),
  })
  .register(about, { description: 'HTTPS for phones.' });

const http = z
  .strictObject({
    enabled: z.boolean().default(true).register(about, { description: 'Serve phones over HTTP.' }),
    listen: addresses.default(EVERYWHERE).register(about, { description: 'Addresses to listen on.', allowed: ADDRESSES }),
    port: port.default(8667).register(about, { description: `Port for HTTP. ${PORT}` }),
    trusted_proxies: z
      .int()
      .min(0)
      .max(16)
      .default(0)
      .register(about, {
        description:
          'How many reverse proxies stand before this server, for HTTP and HTTPS: the address of a phone is the entry of X-Forwarded-For that ' +
          'so many count from the right. With 0 the header is not looked at. Too large a number lets phones choose their address.',
      }),
    tls,
  })
  .register(about, { description: 'What phones fetch over HTTP.' });

const tftp = z
  .strictObject({
    enabled: z.boolean().default(true).register(about, { description: 'Serve phones over TFTP.' }),
    listen: addresses.default(EVERYWHERE).register(about, { description: 'Addresses to listen on.', allowed: ADDRESSES }),
    port: port.default(69).register(about, {
      description: `Port for TFTP. Phones look at 69, and a port below 1024 needs the capability CAP_NET_BIND_SERVICE. ${PORT}`,
    }),
    max_transfers: z.int().min(1).max(20_000).default(1_000).register(about, {
      description: 'Transfers at one time. A phone that asks beyond them gets no answer and asks again by itself.',
    }),
    transfer_ports: portRange.optional().register(about, {
      description:
        'Ports that files are sent from, for a firewall between server and phones; where absent the system chooses them. As many as are free, ' +
        'up to 256, are taken at the start and shared by all transfers; a phone that asks from one port of its own needs one for each file that ' +
        'it fetches within ten seconds.',
      allowed: 'a range of ports, 50000-50255',
    }),
  })
  .register(about, { description: 'What phones fetch over TFTP.' });

const dhcp = z
  .strictObject({
    mode: z
      .enum(['off', 'listen', 'serve', 'proxy'])
      .default('off')
      .register(about, {
        description:
          'listen hears what phones ask other DHCP servers, and answers nobody; serve gives addresses and tells phones where their files are; ' +
          'proxy tells only that, to those who ask for it alone (DHCPINFORM), beside a server that gives addresses.',
      }),
    interfaces: z.array(path).default([]).register(about, {
      description: 'Network interfaces, such as eth0: those that are served, or heard. To listen, none is all of them.',
      allowed: 'a list of names',
    }),
    port: port.min(1).default(67).register(about, {
      description: 'Port of DHCP. A port below 1024 needs the capability CAP_NET_BIND_SERVICE. Clients have the next one.',
    }),
    known_only: z.boolean().default(false).register(about, {
      description:
        'Answers only phones: those that a vendor package recognises by class or MAC address, devices, and whoever has a reservation.',
    }),
    match_client_id: z
      .boolean()
      .default(true)
      .register(about, {
        description:
          'A client is who its client identifier (option 61) says, as RFC 2131 has it. false: who its MAC address says, so that a phone whose boot loader and firmware ' +
          'have different identifiers has one address. After a change clients get other addresses.',
      }),
    force: z.boolean().default(false).register(about, {
      description: 'Serves a network although another DHCP server answers there.',
    }),
    probe_milliseconds: z.int().min(0).max(10_000).default(500).register(about, {
      description: 'How long it is looked whether somebody has an address before it is offered to a new client. 0 is not at all.',
    }),
    lease_seconds: z.int().min(60).max(4_294_967_294).default(86_400).register(about, {
      description: 'How long a client has an address, where its subnet says nothing else.',
    }),
    new_clients_percent: z.int().min(1).max(100).default(75).register(about, {
      description:
        'How much of a pool clients may have that nobody knew before: who invents MAC addresses does not take the rest from phones that are known.',
    }),
    subnets: z
      .instanceof(Map<string, OrderedJson>)
      .transform((map): ReadonlyMap<string, OrderedJson> => map)
      .default(new Map())
      .register(about, {
        description:
          'The networks whose clients are served, those behind relays too, by prefix. Each has pools (10.0.0.100-10.0.0.200, or { range: …, vendor: … } for ' +
          "one vendor's phones), routers, dns, ntp, domain, lease_seconds, options (by code) and reservations (addresses by MAC address).",
        allowed: 'networks (10.0.0.0/24), each with pools, routers, dns, ntp, domain, lease_seconds, options, reservations',
      }),
  })
  .register(about, {
    description: 'What phones ask for an address (docs/dhcp.md). A change needs a restart, which loses no lease.',
  });

const pnp = z
  .strictObject({
    interfaces: z
      .array(path)
      .default([])
      .register(about, {
        description:
          'Network interfaces, such as eth0, on which phones are told the URL of this server that ask their network for it when they boot (SUBSCRIBE for ' +
          'ua-profile to 224.0.1.75). None is off. The URL carries no provisioning key: the whole network hears it.',
        allowed: 'a list of names',
      }),
    port: port.min(1).default(5_060).register(about, {
      description: 'Port of SIP PnP. Phones ask on 5060; on addresses of this host it stays free, for a PBX.',
    }),
  })
  .register(about, {
    description: 'Phones that ask over SIP PnP where their configuration is (docs/pnp.md). A change needs a restart.',
  });

const adminTls = z
  .strictObject({
    enabled: z.boolean().default(false).register(about, { description: 'Speak HTTPS, and nothing else, on this port.' }),
    certificate: path.optional().register(about, {
      description:
        'PEM file: the certificate, then the intermediate ones. Read again when it changes. Needed when HTTPS is enabled.',
      filePath: true,
    }),
    key: path.optional().register(about, {
      description: "PEM file with the certificate's private key. Read again when it changes. Needed when HTTPS is enabled.",
      filePath: true,
    }),
  })
  .register(about, { description: 'HTTPS for administrators and programs.' });

const admin = z
  .strictObject({
    listen: addresses.default(['127.0.0.1', '::1']).register(about, {
      description:
        'Addresses to listen on. All but /status and /metrics needs a token, or a login. Beyond loopback only with tls, or with allow_unencrypted.',
      allowed: ADDRESSES,
    }),
    port: port.default(8666).register(about, { description: `Port of the REST API, the console, /status and /metrics. ${PORT}` }),
    names: z
      .array(z.string().regex(/^[\w.-]+$/))
      .default([])
      .register(about, {
        description:
          'Names under which programs and browsers ask this server, besides its addresses and localhost; requests under other names are refused.',
        allowed: 'a list of host names, such as provisioning.example.com',
      }),
    allow_unencrypted: z
      .boolean()
      .default(false)
      .register(about, {
        description:
          'Listen beyond loopback without tls: tokens, passwords of users and of phones cross the network readable. Behind a reverse proxy on another host, say, over a line ' +
          'that you trust.',
      }),
    trusted_proxies: z
      .int()
      .min(0)
      .max(16)
      .default(0)
      .register(about, {
        description:
          'How many reverse proxies stand before the API: who asks is the entry of X-Forwarded-For that so many count from the right, for the history, for logs and where ' +
          'logins are limited. With 0 the header is not looked at. Too large a number lets callers choose their address.',
      }),
    cors_origins: z
      .array(z.string().regex(/^https?:\/\/[\w.-]+(?::\d{1,5})?$|^https?:\/\/\[[\da-f:]+\](?::\d{1,5})?$/i))
      .default([])
      .register(about, {
        description: 'Origins of web pages that may use the API in a browser (CORS). None by default.',
        allowed: 'a list of origins, such as https://portal.example.com',
      }),
    event_streams: z.int().min(0).max(100_000).default(200).register(about, {
      description: 'How many programs may listen to events at once; beyond, they are told to try again later (503). 0 is none.',
    }),
    tls: adminTls,
  })
  .register(about, { description: 'What administrators and programs use.' });

const phones = z
  .strictObject({
    url: baseUrl.optional().register(about, {
      description:
        'The URL of this server that phones are told, such as http://provisioning.example.com:8667. Without it, the address on which ' +
        'the phone reached the server. Needed behind a reverse proxy or a port mapping.',
      allowed: 'a URL with http:// or https://, without user, query or fragment',
    }),
    unknown: z
      .enum(['create', 'hold', 'refuse'])
      .default('create')
      .register(about, {
        description:
          'What becomes of a phone that nobody knows: create makes a device of it, hold makes one that gets nothing of its own until an ' +
          'operator approves it, refuse makes none.',
      }),
    nat: z.boolean().default(false).register(about, {
      description: 'Phones share addresses (they sit behind NAT): an address neither identifies a device nor contradicts one.',
    }),
    secrets_without_key: z
      .array(addressRange)
      .default(['loopback', 'private', 'link-local'].flatMap((word) => parseNetwork(word) ?? []))
      .register(about, {
        description:
          "Networks to which files with passwords are sent although the URL does not carry the tenant's provisioning key. [] is none.",
        allowed: 'a list of networks: 192.0.2.0/24, 2001:db8::/32, single addresses, loopback, private, link-local or any',
      }),
    address_hold_seconds: z
      .int()
      .min(0)
      .max(31_536_000)
      .default(3_600)
      .register(about, {
        description:
          'How long after its last request an address counts as its device: a request from there that names another device gets no ' +
          'file with passwords. Not with nat.',
      }),
  })
  .register(about, { description: 'How phones are treated.' });

const log = z
  .strictObject({
    level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info').register(about, {
      description: 'The least grave event that is logged. The level of a running server can be changed.',
    }),
    format: z.enum(['auto', 'json', 'pretty']).default('auto').register(about, {
      description: 'json for programs, pretty for people; auto is pretty on a terminal and json elsewhere.',
    }),
    file: path.optional().register(about, {
      description: 'Log to this file instead of standard output. SIGHUP opens it again, for logrotate.',
      filePath: true,
    }),
    security_file: path.default('<data>/security.log').register(about, {
      description: 'Who asked for what with passwords in it, in lines for fail2ban (see docs/fail2ban). SIGHUP opens it again.',
      filePath: true,
    }),
  })
  .register(about, { description: 'What the server writes about itself.' });

const plugins = z
  .strictObject({
    directories: z.array(path).default(['<bundled>', '<data>/plugins']).register(about, {
      description:
        'Where vendor packages lie, one folder each; of two with one name the later wins. <bundled> are those that come along.',
      filePath: true,
      allowed: 'a list of directories',
    }),
  })
  .register(about, { description: 'Vendor packages.' });

const limits = z
  .strictObject({
    output_kilobytes: z.int().min(1).max(1_048_576).default(4_096).register(about, { description: 'Size of one rendered file.' }),
    steps: z
      .int()
      .min(1_000)
      .max(1_000_000_000)
      .default(1_000_000)
      .register(about, { description: 'Rounds of all loops of one file.' }),
    milliseconds: z.int().min(1).max(600_000).default(1_000).register(about, { description: 'Time to render one file.' }),
  })
  .register(about, { description: 'What one template may use before its file counts as failed.' });

const render = z
  .strictObject({
    cache_megabytes: z.int().min(0).max(1_048_576).default(64).register(about, {
      description:
        'Memory for rendered files: 5 kilobytes a phone, and 50 where files tell every key. Files without room are rendered when they are asked for.',
    }),
    limits,
  })
  .register(about, { description: 'How files are made.' });

const deliveries = z
  .strictObject({
    flush_seconds: z.int().min(1).max(3_600).default(5).register(about, {
      description:
        'How often it is written to disk what phones fetched and when. Of notes not yet written, a crash loses so much.',
    }),
  })
  .register(about, { description: 'Notes of what phones fetched.' });

const recent = z
  .strictObject({
    per_device: z
      .int()
      .min(0)
      .max(1_000)
      .default(20)
      .register(about, { description: 'The last requests of each device. The same request with the same outcome counts once.' }),
    unrecognised: z.int().min(0).max(100_000).default(500).register(about, {
      description: 'The last requests that no device was found for.',
    }),
    megabytes: z.int().min(0).max(65_536).default(16).register(about, {
      description:
        'Memory for all of them, about one kilobyte a request. Without room, devices that did not ask for the longest time go first.',
    }),
  })
  .register(about, { description: 'The last requests of phones, kept in memory for offhook requests and offhook explain.' });

/** A proxy is read again where it is used: settings go from process to process as texts. */
const proxy = z.string().refine((text) => isProxy(text));
const PROXY = 'http://host:port or http://user:password@host:port';
const proxyFor = (protocol: string) =>
  proxy.optional().register(about, {
    description: `The proxy for ${protocol} URLs; it may carry user:password@.`,
    allowed: PROXY,
    secret: true,
  });

const network = z
  .strictObject({
    http_proxy: proxyFor('http'),
    https_proxy: proxyFor('https'),
    ftp_proxy: proxyFor('ftp'),
    certificates: path.optional().register(about, {
      description: 'PEM file of certificate authorities that are trusted besides the usual ones.',
      filePath: true,
    }),
    connect_seconds: z.int().min(1).max(3_600).default(30).register(about, { description: 'Until a connection stands.' }),
    stall_seconds: z.int().min(1).max(3_600).default(60).register(about, {
      description: 'Without a byte, until a download is tried again.',
    }),
    tries: z.int().min(1).max(100).default(5).register(about, { description: 'How often a download is tried.' }),
  })
  .register(about, { description: 'How firmware and vendor packages are fetched.' });

const login = z.instanceof(Map).refine((map) => {
  const isText = (key: string) => typeof map.get(key) === 'string' && map.get(key) !== '';
  return map.size === 2 && isText('username') && isText('password');
});

const firmware = z
  .strictObject({
    credentials: z
      .instanceof(Map<string, OrderedJson>)
      .refine((map) => [...map.values()].every((value) => login.safeParse(value).success))
      .transform((map): ReadonlyMap<string, OrderedJson> => map)
      .default(new Map())
      .register(about, {
        description:
          'For files that a vendor gives only to who logs in: the host of their URLs, with username and password. Texts, in quotes if they are digits.',
        allowed: 'names of hosts, each with { username: …, password: … }',
        secret: true,
      }),
    unpacked_megabytes: z.int().min(1).max(1_048_576).default(4_096).register(about, {
      description: 'What the archives of one firmware package may unpack to.',
    }),
    unpacked_files: z.int().min(1).max(10_000_000).default(20_000).register(about, {
      description: 'How many files the archives of one firmware package may hold.',
    }),
    check_days: z.int().min(0).max(365).default(0).register(about, {
      description:
        'How often the vendors are asked whether the files of the firmware packages that can be installed are still there; what is not is logged. 0 is never.',
    }),
  })
  .register(about, { description: 'Firmware packages.' });

const operations = z
  .strictObject({
    keep: z.int().min(0).max(10_000).default(1_000).register(about, {
      description: 'How many that have ended are kept; beyond, the oldest go. They are in memory, some kilobytes each.',
    }),
    keep_days: z.int().min(1).max(3_650).default(7).register(about, {
      description: 'How long one that has ended is kept.',
    }),
  })
  .register(about, { description: 'What is kept of long pieces of work, for offhook operation list.' });

const history = z
  .strictObject({
    audit_days: z.int().min(1).max(36_500).default(365).register(about, {
      description: 'How long it is kept who changed what: about half a kilobyte a change.',
    }),
    versions: z.int().min(0).max(100_000).default(50).register(about, {
      description: 'How many earlier versions of one config are kept; beyond, the oldest go.',
    }),
    version_days: z.int().min(1).max(36_500).default(365).register(about, {
      description: 'How long an earlier version of a config is kept.',
    }),
  })
  .register(about, { description: 'What is kept of changes.' });

const wazoAuth = z
  .strictObject({
    url: baseUrl.optional().register(about, {
      description:
        'The wazo-auth server that is asked about tokens of clients of provd which are none of this server (docs/provd-compatibility.md), such as ' +
        'https://wazo.example.com/api/auth.',
      allowed: 'a URL with http:// or https://, without user, query or fragment',
    }),
    main_tenant: z.uuid().toLowerCase().optional().register(about, {
      description: 'UUID of the master tenant there, which is the main tenant of this server. Needed with url.',
      allowed: 'a UUID',
    }),
  })
  .register(about, { description: 'Who asks for what below /0.2 may be somebody whom a wazo-auth server knows.' });

const sync = z
  .strictObject({
    ways: z
      .array(path)
      .min(1)
      .default(['phone'])
      .register(about, {
        description:
          'By which ways phones are told, one after the other until one works: phone (at its address), outbound-proxy and registrar (those of its ' +
          'first line), and names in sync.pbxs.',
        allowed: 'a list of phone, outbound-proxy, registrar and names in sync.pbxs',
      }),
    tenant_ways: z
      .instanceof(Map<string, OrderedJson>)
      .transform((map): ReadonlyMap<string, OrderedJson> => map)
      .default(new Map())
      .register(about, {
        description: 'Other ways for the devices of some tenants and of those below them, by the name or id of the tenant.',
        allowed: 'names of tenants, each with a list of ways',
      }),
    pbxs: z
      .instanceof(Map<string, OrderedJson>)
      .transform((map): ReadonlyMap<string, OrderedJson> => map)
      .default(new Map())
      .register(about, {
        description:
          'Who tells phones for this server, by a name: { kind: asterisk, host, port, username, secret, channel: pjsip or sip, tls, certificates, verify } or ' +
          '{ kind: webhook, url, token, certificates, patience_seconds } (docs/operating.md).',
        allowed: 'names, each with { kind: asterisk, … } or { kind: webhook, … }',
        secret: true,
      }),
    waves: z
      .array(z.string().transform(shareOf))
      .default(['1', '5%', '100%'].flatMap((text) => parseShare(text) ?? []))
      .register(about, {
        description:
          'Of many phones so many are told before the next begin, when those before came back: numbers, or percents of all. What is left is the last wave.',
        allowed: 'a list of numbers and percents: 1, 5%, 100%',
      }),
    per_second: z
      .int()
      .min(1)
      .max(10_000)
      .default(10)
      .register(about, { description: 'Of many phones so many are told in a second.' }),
    patience_seconds: z.int().min(1).max(86_400).default(300).register(about, {
      description: 'Of many phones each that was told has so long to fetch its files.',
    }),
    tolerance_percent: z.int().min(0).max(100).default(10).register(about, {
      description: 'When more phones of a wave than this do not come back, or cannot be told, no more are told.',
    }),
    hours: z
      .string()
      .transform((text, context): Hours => parseHours(text) ?? refused(text, context))
      .optional()
      .register(about, {
        description: 'When many phones may be told, in the time zone of this host; outside of it they wait.',
        allowed: 'a part of the day, such as 22:00-05:00',
      }),
    transport: z.enum(['udp', 'tcp', 'tls']).default('udp').register(about, {
      description: 'How phones take SIP at their addresses.',
    }),
    port: z.int().min(1).max(65_535).default(5_060).register(about, { description: 'The port on which phones take SIP.' }),
    certificates: path.optional().register(about, {
      description: 'With tls: PEM file of authorities whose certificates phones have, besides the usual ones.',
      filePath: true,
    }),
    verify: z.boolean().default(true).register(about, {
      description: 'With tls: only a phone whose certificate is believed is told anything.',
    }),
  })
  .register(about, { description: 'How phones are told to read their configuration anew.' });

const workers = z
  .int()
  .min(1)
  .max(256)
  .default(1)
  .register(about, {
    description:
      'Processes that serve phones over HTTP and HTTPS. More than one is worth it when one keeps a processor core busy; each takes ' +
      'memory of its own, render.cache_megabytes included.',
  });

export const schema = z.strictObject({
  data: path.default('./var').register(about, {
    description: 'Directory of everything that the server keeps. With NODE_ENV=production the default is /var/lib/offhook.',
    filePath: true,
  }),
  http,
  tftp,
  dhcp,
  pnp,
  admin,
  phones,
  base_config: z
    .instanceof(Map<string, OrderedJson>)
    .transform((map): ReadonlyMap<string, OrderedJson> => map)
    .default(new Map())
    .register(about, {
      description:
        'Raw config that lies under all configs, in the words of raw_config (locale, timezone, sip_proxy_ip …). The keys keep their order.',
      allowed: 'raw config keys with their values',
      secret: true,
    }),
  log,
  plugins,
  render,
  deliveries,
  recent_requests: recent,
  operations,
  history,
  network,
  firmware,
  sync,
  wazo_auth: wazoAuth,
  workers,
});

type Frozen<T> = T extends string | number | boolean | undefined | Network | ReadonlyMap<string, OrderedJson>
  ? T
  : { readonly [Key in keyof T]: Frozen<T[Key]> };

/** The settings in force: complete, checked, deeply frozen; paths are absolute. */
export type Settings = Frozen<z.output<typeof schema>>;
