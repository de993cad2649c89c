import type { Certain } from './certain.ts';
import type { BootClass, BootOption, BootPlan } from './classes.ts';
import { classLines, comments, heading, optionTitle } from './text.ts';

/** A script for RouterOS 7.16 and newer, whose matchers look for a part of an option. */
export function mikrotikConfig(plan: BootPlan): string {
  return [
    ...comments(
      '#',
      heading('phones for MikroTik RouterOS 7.16 and newer', plan, [
        'Put it on the router as offhook.rsc and run: /import file-name=offhook.rsc',
        'It removes what an earlier run made, and nothing else. Not tried on a router by those who wrote it.',
      ]),
    ),
    '/ip dhcp-server matcher remove [find name~"^offhook-"]',
    '/ip dhcp-server option sets remove [find name~"^offhook-"]',
    '/ip dhcp-server option remove [find name~"^offhook-"]',
    ...plan.classes.flatMap((each) => ['', ...classOf(each)]),
    '',
  ].join('\n');
}

function classOf(each: BootClass): string[] {
  const names = each.options.map(({ code }) => `${each.name}-${code}`);
  const matchers = [
    ...each.vendorClasses.map((text): [number, Certain] => [60, text]),
    ...each.userClasses.map((text): [number, Certain] => [77, text]),
  ];
  const macs = each.macPrefixes.length > 0 ? ['RouterOS cannot match the beginning of a MAC address'] : [];
  return [
    ...comments('#', classLines(each, macs)),
    ...each.options.flatMap((option, index) => [
      ...comments('#', [optionTitle(option)]),
      `/ip dhcp-server option add name=${names[index]} code=${option.code} force=yes value=${written(option)}`,
    ]),
    `/ip dhcp-server option sets add name=${each.name} options=${names.join(',')}`,
    ...matchers.map(
      ([code, { text }], index) =>
        `/ip dhcp-server matcher add name=${each.name}-${index + 1} server=all code=${code} matching-type=substring value=${quoted(text)} option-set=${each.name}`,
    ),
  ];
}

/** Between its own single quotes RouterOS knows a text from an address by the s; what it could read otherwise is said in bytes. */
function written({ bytes, text }: BootOption): string {
  const plain = text !== undefined && /^[\w:/.,@%+=& -]+$/.test(text);
  return plain ? `"s'${text}'"` : `0x${bytes.toString('hex')}`;
}

function quoted(text: string): string {
  const signs = Array.from(text, (sign) =>
    /^[\w:/., -]$/.test(sign) ? sign : `\\${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
  return `"${signs.join('')}"`;
}
