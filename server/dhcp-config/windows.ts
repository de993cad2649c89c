import type { Certain } from './certain.ts';
import { type BootClass, type BootOption, type BootPlan, printable } from './classes.ts';
import { classLines, comments, heading, optionTitle } from './text.ts';

/** A PowerShell script for the DHCP server of Windows Server 2012 R2 and newer. */
export function windowsConfig(plan: BootPlan): string {
  return [
    ...comments(
      '#',
      heading('phones for the DHCP server of Windows Server', plan, [
        'Run it as an administrator on the DHCP server: powershell -ExecutionPolicy Bypass -File offhook.ps1',
        'It replaces the policies that an earlier run made, and no other. Not tried on Windows by those who wrote it.',
      ]),
    ),
    "$ErrorActionPreference = 'Stop'",
    "Get-DhcpServerv4Policy | Where-Object { $_.Name -like 'offhook-*' } | Remove-DhcpServerv4Policy",
    "Get-DhcpServerv4Class | Where-Object { $_.Name -like 'offhook-*' } | Remove-DhcpServerv4Class",
    ...plan.classes.flatMap((each) => ['', ...classOf(each)]),
    '',
  ].join('\n');
}

interface Named {
  readonly name: string;
  readonly type: 'Vendor' | 'User';
  readonly text: string;
}

function classOf(each: BootClass): string[] {
  const named = [...namesOf(each, 'Vendor', each.vendorClasses), ...namesOf(each, 'User', each.userClasses)];
  const unsaid = [...each.vendorClasses, ...each.userClasses]
    .filter((text) => !sayable(text))
    .map(({ text }) => `Windows only compares what stands at the beginning, and so cannot look for ${JSON.stringify(text)}`);
  const conditions = [
    ...condition(
      'VendorClass',
      named.filter(({ type }) => type === 'Vendor').map(({ name }) => `${name}*`),
    ),
    ...condition(
      'UserClass',
      named.filter(({ type }) => type === 'User').map(({ name }) => `${name}*`),
    ),
    ...condition(
      'MacAddress',
      each.macPrefixes.map((prefix) => `${prefix.replaceAll(':', '').toUpperCase()}*`),
    ),
  ];
  if (conditions.length === 0) return comments('#', classLines(each, unsaid));
  return [
    ...comments('#', classLines(each, unsaid)),
    ...named.map(({ name, type, text }) => `Add-DhcpServerv4Class -Name ${quoted(name)} -Type ${type} -Data ${quoted(text)}`),
    `Add-DhcpServerv4Policy -Name ${quoted(each.name)} -Condition OR ${conditions.join(' ')}`,
    ...each.options.flatMap((option) => optionOf(each, option)),
  ];
}

/** Not the classes' own texts: a policy names the class, and the star asks for what begins with its text. */
function namesOf(each: BootClass, type: Named['type'], texts: readonly Certain[]): Named[] {
  return texts
    .filter(sayable)
    .map(({ text }, index) => ({ name: `${each.name}-${type.toLowerCase()}-${index + 1}`, type, text }));
}

const sayable = ({ text, at }: Certain): boolean => at === 'beginning' && printable(Buffer.from(text, 'latin1')) !== undefined;

function condition(parameter: string, values: readonly string[]): string[] {
  return values.length === 0 ? [] : [`-${parameter} EQ,${values.map(quoted).join(',')}`];
}

function optionOf({ name }: BootClass, option: BootOption): string[] {
  const { code, bytes, text, addresses } = option;
  const type = addresses ? 'IPv4Address -MultiValued' : text === undefined ? 'BinaryData' : 'String';
  const octets = Array.from(bytes, (byte) => `0x${byte.toString(16).padStart(2, '0')}`);
  const values = (addresses ?? (text === undefined || code === 43 ? octets : [text])).map(quoted).join(',');
  return [
    ...comments('#', [optionTitle(option)]),
    `if (-not (Get-DhcpServerv4OptionDefinition -OptionId ${code} -ErrorAction SilentlyContinue)) {`,
    `  Add-DhcpServerv4OptionDefinition -OptionId ${code} -Name ${quoted(`Offhook ${code}`)} -Type ${type}`,
    '}',
    `Set-DhcpServerv4OptionValue -PolicyName ${quoted(name)} -OptionId ${code} -Value ${values || "''"}`,
  ];
}

/** Nothing is expanded between single quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
