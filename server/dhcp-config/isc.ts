import type { Certain } from './certain.ts';
import { type BootClass, type BootPlan, printable } from './classes.ts';
import { classLines, comments, heading, hexBytes, optionTitle } from './text.ts';

/**
 * A file for ISC dhcpd 4.4. Values are data expressions, which say bytes whatever the format of the option; so an option that dhcpd may not
 * know is named by its number, `unknown-160`, and needs no definition that could contradict the site's.
 */
export function iscConfig(plan: BootPlan): string {
  return [
    ...comments(
      '#',
      heading('phones for ISC dhcpd 4.4', plan, [
        'Save it as /etc/dhcp/offhook.conf, put include "/etc/dhcp/offhook.conf"; into dhcpd.conf outside of all braces,',
        'and have dhcpd -t look at it before dhcpd is restarted.',
        'The script tells Offhook of leases; docs/dhcp.md says how to install it. Where a site has "on commit" in a subnet',
        'or pool of its own, that one counts there, and these lines have to stand in it too.',
      ]),
    ),
    ...plan.classes.flatMap((each) => ['', ...classOf(each, plan)]),
    '',
    ...events,
    '',
  ].join('\n');
}

function classOf(each: BootClass, { server }: BootPlan): string[] {
  const codes = each.options.map(({ code }) => Buffer.of(code).toString('hex'));
  return [
    ...comments('#', classLines(each)),
    `class "${each.name}" {`,
    `  match if ${testsOf(each).join('\n    or ')};`,
    ...(server.address === undefined ? [] : [`  next-server ${server.address};`]),
    ...each.options.flatMap((option) => [
      ...comments('  #', [optionTitle(option)]),
      `  option ${nameOf(option.code)} = ${data(option.bytes, option.text)};`,
    ]),
    '  # Also to a phone that does not ask for them.',
    `  option dhcp-parameter-request-list = concat(pick-first-value(option dhcp-parameter-request-list, ""), ${codes.join(':')});`,
    '}',
  ];
}

function testsOf({ vendorClasses, userClasses, macPrefixes }: BootClass): string[] {
  return [
    ...vendorClasses.map((text) => test('vendor-class-identifier', text, 0)),
    // A user class has its length before it, or not (RFC 3004; phones differ).
    ...userClasses.flatMap((text) => (text.at === 'anywhere' ? [0] : [0, 1]).map((start) => test('user-class', text, start))),
    // Before the address stands the type of the hardware.
    ...macPrefixes.map((prefix) => `substring(hardware, 1, ${prefix.split(':').length}) = ${prefix}`),
  ];
}

function test(option: string, { text, at }: Certain, start: number): string {
  if (at === 'anywhere') return `option ${option} ~= "${escaped(text.replaceAll(/[.*+?^$()[\]{}|\\]/g, '\\$&'))}"`;
  const bytes = Buffer.from(text, 'latin1');
  return `substring(option ${option}, ${start}, ${bytes.length}) = ${data(bytes, printable(bytes))}`;
}

function data(bytes: Buffer, text: string | undefined): string {
  if (text !== undefined) return `"${escaped(text)}"`;
  return bytes.length === 0 ? '""' : hexBytes(bytes, ':');
}

/** Bytes beyond what ASCII can print have an escape, too. */
function escaped(text: string): string {
  return text
    .replaceAll(/["\\]/g, '\\$&')
    .replaceAll(/[^\x20-\x7e]/g, (sign) => `\\${(sign.codePointAt(0) ?? 0).toString(8).padStart(3, '0')}`);
}

/** What every dhcpd knows is to be called so: else it warns. */
const names: ReadonlyMap<number, string> = new Map([
  [12, 'host-name'],
  [42, 'ntp-servers'],
  [43, 'vendor-encapsulated-options'],
  [55, 'dhcp-parameter-request-list'],
  [60, 'vendor-class-identifier'],
  [61, 'dhcp-client-identifier'],
  [66, 'tftp-server-name'],
  [67, 'bootfile-name'],
  [77, 'user-class'],
  [124, 'vivco'],
  [125, 'vivso'],
]);

function nameOf(code: number): string {
  return names.get(code) ?? `unknown-${code}`;
}

/** What Offhook knows phones by. One that a phone does not send must not lose the others: so each has another value to fall back on. */
const told = [12, 43, 55, 60, 61, 77, 124, 125];

/**
 * An expiry has no packet, and so no address of the hardware: the lease keeps it. dhcpd waits for what it executes; the script does not
 * make it wait.
 */
const events = [
  '# Who has which address, for Offhook.',
  'on commit {',
  '  set OffhookMac = binary-to-ascii(16, 8, ":", substring(hardware, 1, 6));',
  '  execute("/usr/local/lib/offhook/isc/offhook-lease", "commit", binary-to-ascii(10, 8, ".", leased-address),',
  '    OffhookMac,',
  ...told.map(
    (code, index) =>
      `    concat("${code}=", binary-to-ascii(16, 8, ":", pick-first-value(option ${nameOf(code)}, "")))${index < told.length - 1 ? ',' : ');'}`,
  ),
  '}',
  ...['release', 'expiry'].flatMap((event) => [
    `on ${event} {`,
    `  execute("/usr/local/lib/offhook/isc/offhook-lease", "${event}", binary-to-ascii(10, 8, ".", leased-address),`,
    '    pick-first-value(OffhookMac, ""));',
    '}',
  ]),
];
