import type { Certain } from './certain.ts';
import { type BootClass, type BootOption, type BootPlan, printable } from './classes.ts';
import { classLines, comments, heading, hexBytes, optionTitle } from './text.ts';

/** A file of /etc/dnsmasq.d, for dnsmasq 2.81 and newer. */
export function dnsmasqConfig(plan: BootPlan): string {
  const lines = [
    ...comments(
      '#',
      heading('phones for dnsmasq', plan, [
        'Save it as /etc/dnsmasq.d/offhook.conf, and have dnsmasq --test look at it before dnsmasq is restarted.',
        'The script tells Offhook of leases; docs/dhcp.md says how to install it. dnsmasq has one dhcp-script only.',
      ]),
    ),
    'dhcp-script=/usr/local/lib/offhook/dnsmasq/offhook-lease',
    '# Also when a lease is renewed: what Offhook missed while it was down it learns then.',
    'script-on-renewal',
  ];
  return [...lines, ...plan.classes.flatMap((each) => ['', ...classOf(each, plan)]), ''].join('\n');
}

function classOf(each: BootClass, { server }: BootPlan): string[] {
  const tag = `tag:${each.name}`;
  const texts = [...each.vendorClasses, ...each.userClasses];
  const unsaid = texts.filter((text) => !sayable(text)).map(({ text }) => `dnsmasq cannot look for ${JSON.stringify(text)}`);
  return [
    ...comments('#', classLines(each, unsaid)),
    // dnsmasq looks for the text anywhere in the option.
    ...each.vendorClasses.filter(sayable).map(({ text }) => `dhcp-vendorclass=set:${each.name},${quoted(text)}`),
    ...each.userClasses.filter(sayable).map(({ text }) => `dhcp-userclass=set:${each.name},${quoted(text)}`),
    ...each.macPrefixes.map((prefix) => `dhcp-mac=set:${each.name},${masked(prefix)}`),
    ...(server.address === undefined ? [] : [`dhcp-option=${tag},option:server-ip-address,${server.address}`]),
    ...each.options.flatMap((option) => {
      const said = written(option);
      if (said === undefined) {
        return comments('#', [`Note: ${optionTitle(option)} is left out, for dnsmasq takes nothing there but text on one line.`]);
      }
      // Also to a phone that does not ask for it.
      return [...comments('#', [optionTitle(option)]), `dhcp-option-force=${tag},${option.code}${said}`];
    }),
  ];
}

const sayable = ({ text }: Certain): boolean => printable(Buffer.from(text, 'latin1')) !== undefined;

/** `00:0f:d3:*:*:*` */
function masked(prefix: string): string {
  const octets = prefix.split(':');
  return [...octets, ...Array.from({ length: 6 - octets.length }, () => '*')].join(':');
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** Options that are names to dnsmasq: it takes whatever stands there for text, addresses and bytes too. */
const names: ReadonlySet<number> = new Set([12, 14, 15, 17, 18, 40, 47, 64, 66, 67, 119]);

function written({ code, bytes, text, addresses }: BootOption): string | undefined {
  if (bytes.length === 0) return '';
  if (names.has(code)) return text === undefined ? undefined : `,${quoted(text)}`;
  if (addresses) return `,${addresses.join(',')}`;
  // A text that could be a number or bytes is taken for one, quotes or not.
  if (text !== undefined && /[^\da-f:*si]/i.test(text)) return `,${quoted(text)}`;
  // One byte alone is a number, and written as such; of more, colons make bytes.
  return `,${bytes.length === 1 ? bytes[0] : hexBytes(bytes, ':')}`;
}
