/** The options of DHCP, as a table: what the server and its users can say and read of each. Others are bytes. */

import { ProvisioningError, prefixed } from '../errors.ts';
import {
  clientFqdn,
  clientIdentifier,
  encapsulated,
  enterpriseClasses,
  enterpriseOptions,
  names,
  relayInformation,
  routes,
  searchList,
  sipServers,
  userClasses,
} from './composed.ts';
import {
  address,
  addresses,
  addressPairs,
  bytes,
  type Format,
  flag,
  parseHex,
  seconds,
  signedSeconds,
  text,
  u8,
  u8s,
  u16,
  u16s,
  u32,
} from './format.ts';

/** The bytes of options by code. */
export type Options = ReadonlyMap<number, Buffer>;

/** Codes that the exchange itself is about. */
export const Code = {
  subnetMask: 1,
  routers: 3,
  hostName: 12,
  requestedAddress: 50,
  leaseTime: 51,
  overload: 52,
  messageType: 53,
  serverIdentifier: 54,
  parameterRequestList: 55,
  message: 56,
  maximumMessageSize: 57,
  renewalTime: 58,
  rebindingTime: 59,
  vendorClass: 60,
  clientIdentifier: 61,
  relayInformation: 82,
  subnetSelection: 118,
} as const;

/** What a server, its clients and relays say by themselves: neither an operator nor a vendor package gives it. */
export const serversOwn: ReadonlySet<number> = new Set([1, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 61, 82]);

/** Values of option 53 (RFC 2132, section 9.6; RFC 3203). */
export const MessageType = {
  discover: 1,
  offer: 2,
  request: 3,
  decline: 4,
  acknowledge: 5,
  refuse: 6,
  release: 7,
  inform: 8,
  forceRenew: 9,
} as const;

/** Sub-options of option 82 (RFC 3046, section 2.0; RFC 3527; RFC 5107). */
export const RelayCode = { circuitId: 1, remoteId: 2, linkSelection: 5, serverIdentifierOverride: 11 } as const;

/** Code, name and format. Names are IANA's; where it has none that fits, what phones use the option for. */
const table = {
  // RFC 2132, section 3: vendor extensions of RFC 1497
  1: ['Subnet Mask', address],
  2: ['Time Offset', signedSeconds],
  3: ['Router', addresses],
  4: ['Time Server', addresses],
  5: ['Name Server', addresses],
  6: ['Domain Server', addresses],
  7: ['Log Server', addresses],
  8: ['Quotes Server', addresses],
  9: ['LPR Server', addresses],
  10: ['Impress Server', addresses],
  11: ['RLP Server', addresses],
  12: ['Hostname', text],
  13: ['Boot File Size', u16],
  14: ['Merit Dump File', text],
  15: ['Domain Name', text],
  16: ['Swap Server', address],
  17: ['Root Path', text],
  18: ['Extension File', text],
  // Sections 4 and 5: IP, of the host and of an interface
  19: ['Forward On/Off', flag],
  20: ['SrcRte On/Off', flag],
  21: ['Policy Filter', addressPairs],
  22: ['Max DG Assembly', u16],
  23: ['Default IP TTL', u8],
  24: ['MTU Timeout', seconds],
  25: ['MTU Plateau', u16s],
  26: ['MTU Interface', u16],
  27: ['MTU Subnet', flag],
  28: ['Broadcast Address', address],
  29: ['Mask Discovery', flag],
  30: ['Mask Supplier', flag],
  31: ['Router Discovery', flag],
  32: ['Router Request', address],
  33: ['Static Route', addressPairs],
  // Sections 6 and 7: link layer and TCP
  34: ['Trailers', flag],
  35: ['ARP Timeout', seconds],
  36: ['Ethernet', flag],
  37: ['Default TCP TTL', u8],
  38: ['Keepalive Time', seconds],
  39: ['Keepalive Data', flag],
  // Section 8: applications and services
  40: ['NIS Domain', text],
  41: ['NIS Servers', addresses],
  42: ['NTP Servers', addresses],
  43: ['Vendor Specific', encapsulated],
  44: ['NETBIOS Name Srv', addresses],
  45: ['NETBIOS Dist Srv', addresses],
  46: ['NETBIOS Node Type', u8],
  47: ['NETBIOS Scope', text],
  48: ['X Window Font', addresses],
  49: ['X Window Manager', addresses],
  // Section 9: DHCP
  50: ['Address Request', address],
  51: ['Address Time', seconds],
  52: ['Overload', u8],
  53: ['DHCP Msg Type', u8],
  54: ['DHCP Server Id', address],
  55: ['Parameter List', u8s],
  56: ['DHCP Message', text],
  57: ['DHCP Max Msg Size', u16],
  58: ['Renewal Time', seconds],
  59: ['Rebinding Time', seconds],
  60: ['Class Id', text],
  61: ['Client Id', clientIdentifier],
  // RFC 2242
  62: ['NetWare/IP Domain', text],
  63: ['NetWare/IP Option', encapsulated],
  // RFC 2132, sections 8 and 9
  64: ['NIS-Domain-Name', text],
  65: ['NIS-Server-Addr', addresses],
  66: ['Server-Name', text],
  67: ['Bootfile-Name', text],
  68: ['Home-Agent-Addrs', addresses],
  69: ['SMTP-Server', addresses],
  70: ['POP3-Server', addresses],
  71: ['NNTP-Server', addresses],
  72: ['WWW-Server', addresses],
  73: ['Finger-Server', addresses],
  74: ['IRC-Server', addresses],
  75: ['StreetTalk-Server', addresses],
  76: ['STDA-Server', addresses],
  // RFC 3004, 4702, 3046
  77: ['User-Class', userClasses],
  81: ['Client FQDN', clientFqdn],
  82: ['Relay Agent Information', relayInformation],
  // RFC 2241, 4388, 4578
  85: ['NDS Servers', addresses],
  86: ['NDS Tree Name', text],
  87: ['NDS Context', text],
  91: ['client-last-transaction-time option', seconds],
  92: ['associated-ip option', addresses],
  93: ['Client System', u16s],
  94: ['Client NDI', u8s],
  95: ['LDAP', text],
  97: ['UUID/GUID', bytes],
  98: ['User-Auth', text],
  // RFC 4833
  100: ['PCode', text],
  101: ['TCode', text],
  // RFC 8925
  108: ['IPv6-Only Preferred', seconds],
  112: ['Netinfo Address', addresses],
  113: ['Netinfo Tag', text],
  // RFC 8910; before, and to Gigaset phones, a URL by which they configure themselves
  114: ['DHCP Captive-Portal', text],
  // RFC 2563, 2937, 3011, 3397, 3361, 3442
  116: ['Auto-Config', flag],
  117: ['Name Service Search', u16s],
  118: ['Subnet Selection Option', address],
  119: ['Domain Search', searchList],
  120: ['SIP Servers DHCP Option', sipServers],
  121: ['Classless Static Route Option', routes],
  // RFC 3925
  124: ['V-I Vendor Class', enterpriseClasses],
  125: ['V-I Vendor-Specific Information', enterpriseOptions],
  // For phones, as RFC 4578 has noted it; what they take is text, `VLAN-A=10;` or a number in digits
  128: ['TFTP Server IP address (for IP Phone software load)', text],
  129: ['Call Server IP address', text],
  130: ['Discrimination string', text],
  131: ['Remote statistics server IP address', text],
  132: ['IEEE 802.1Q VLAN ID', text],
  133: ['IEEE 802.1D/p Layer 2 Priority', text],
  134: ['Diffserv Code Point (DSCP) for VoIP signalling and media streams', text],
  135: ['HTTP Proxy for phone-specific applications', text],
  // RFC 5192, 5223, 5417, 6011, 6153
  136: ['OPTION_PANA_AGENT', addresses],
  137: ['OPTION_V4_LOST', names],
  138: ['OPTION_CAPWAP_AC_V4', addresses],
  141: ['SIP UA Configuration Service Domains', searchList],
  142: ['OPTION-IPv4_Address-ANDSF', addresses],
  // RFC 6704, 5859
  145: ['FORCERENEW_NONCE_CAPABLE', u8s],
  150: ['TFTP server address', addresses],
  // RFC 6926
  152: ['base-time', u32],
  153: ['start-time-of-state', seconds],
  154: ['query-start-time', u32],
  155: ['query-end-time', u32],
  156: ['dhcp-state', u8],
  157: ['data-source', u8],
  // To Polycom and Yealink phones where their configuration is; RFC 7710 had it, and gave it back
  160: ['Configuration server of phones', text],
  // RFC 8520
  161: ['OPTION_MUD_URL_V4', text],
  // Avaya's
  176: ['IP Telephone', text],
  // RFC 5071
  208: ['PXELINUX Magic', bytes],
  209: ['Configuration File', text],
  210: ['Path Prefix', text],
  211: ['Reboot Time', seconds],
  // In private use, as is what follows: of Avaya, Microsoft (as 121) and WPAD
  242: ['IP Telephone (private)', text],
  249: ['Classless Static Route (private)', routes],
  252: ['Web Proxy Auto-Discovery', text],
} satisfies Readonly<Record<number, readonly [string, Format<unknown>]>>;

type Table = typeof table;
export type KnownCode = keyof Table;
type Values = { readonly [Code in KnownCode]: Exclude<ReturnType<Table[Code][1]['read']>, undefined> };
const rows: { readonly [Code in KnownCode]: readonly [name: string, format: Format<Values[Code]>] } = table;

/** What an option says, by its code. */
export type Value<Code extends KnownCode> = Values[Code];

/** What stands at the edges of an option and is none itself, and what `encodePacket` writes when it has to. */
const NOT_TO_GIVE = new Map([
  [0, 'which pads'],
  [255, 'which ends the options'],
  [Code.overload, 'which the server writes where it is needed'],
]);

type Row = readonly [name: string, format: Format<unknown>];
const byCode: ReadonlyMap<number, Row> = new Map(Object.entries<Row>(table).map(([code, row]) => [Number(code), row]));

/** An option to put into a packet: `new Map([option(53, MessageType.offer), option(51, 3_600)])`. */
export function option<Code extends KnownCode>(code: Code, value: Value<Code>): readonly [number, Buffer] {
  return [code, rows[code][1].write(value)];
}

/** What an option says; undefined where it is not there, or its bytes are not of its format: `describeOption` tells why. */
export function readOption<Code extends KnownCode>(options: Options, code: Code): Value<Code> | undefined {
  const found = options.get(code);
  return found && rows[code][1].read(found);
}

/** An option for people. */
export interface Description {
  readonly name: string;
  /** Its value as a person writes it; of what has no format, or is not of its format, text where it is some, else `0x…`. */
  readonly text: string;
  /** That it is not of its format, as a sentence without its subject: `has 3 bytes that are not an IPv4 address (10.0.0.1)`. */
  readonly problem?: string;
}

export function describeOption(code: number, value: Buffer): Description {
  const [name, format]: Row = byCode.get(code) ?? [`Option ${code}`, bytes];
  const said = format.read(value);
  if (said !== undefined) return { name, text: format.print(said) };
  return { name, text: bytes.print(value), problem: `has ${value.length} bytes that are not ${format.takes}` };
}

/**
 * Reads an option as settings and vendor packages give it: by its format (`10.0.0.1, 10.0.0.2`, `true`, `1=text, 2=0x0a0b`), or as
 * bytes (`0x0a0b`, for any option). Sub-options that are none are the text itself: phones are told so, too.
 *
 * @throws ProvisioningError dhcp-option-invalid, with what the option takes
 */
export function parseOption(code: number, said: string): Buffer {
  const [name, format]: Row = byCode.get(code) ?? ['which has no format', bytes];
  if (!Number.isInteger(code) || code < 0 || code > 255) throw invalid(`There is no DHCP option ${code}: they are 1 to 254`);
  const why = NOT_TO_GIVE.get(code);
  if (why !== undefined) throw invalid(`There is no giving DHCP option ${code}, ${why}`);
  const trimmed = said.trim();
  const bare = trimmed.startsWith('0x') ? parseHex(trimmed) : undefined;
  if (bare) return bare;
  const value = format.parse(trimmed);
  if (value !== undefined) {
    try {
      return format.write(value);
    } catch (cause) {
      throw prefixed(`DHCP option ${code}, ${name}`, cause);
    }
  }
  if (format === encapsulated && !/^(?:\d+\s*=|0x)/.test(trimmed) && trimmed !== '') return Buffer.from(trimmed);
  throw invalid(`DHCP option ${code}, ${name}, cannot be "${said}": it takes ${format.takes}; or bytes (0x0a0b)`);
}

function invalid(message: string): ProvisioningError {
  return new ProvisioningError('dhcp-option-invalid', message);
}
