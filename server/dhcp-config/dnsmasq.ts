import type { Certain } from './certain.ts';
import { type BootClass, type BootOption, type BootPlan, printable } from './classes.ts';
import { classLines, comments, heading, hexBytes, optionTitle } from './text.ts';

/** A file of /etc/dnsmasq.d, for dnsmasq 2.80 and newer. */
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
    ...each.options.flatMap((option) => [
      ...comments('#', [optionTitle(option)]),
      // Also to a phone that does not ask for it.
      `dhcp-option-force=${tag},${option.code}${written(option)}`,
    ]),
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

function written({ bytes, text, addresses }: BootOption): string {
  if (bytes.length === 0) return '';
  if (addresses) return `,${addresses.join(',')}`;
  // A text that could be a number or bytes is taken for one, quotes or not.
  if (text !== undefined && /[^\da-f:*si]/i.test(text)) return `,${quoted(text)}`;
  // One byte alone is a number, and written as such; of more, colons make bytes.
  return `,${bytes.length === 1 ? bytes[0] : hexBytes(bytes, ':')}`;
}
