import type { Certain } from './certain.ts';
import { type BootClass, type BootOption, type BootPlan, printable } from './classes.ts';
import { classLines, comments, heading, hexBytes, optionTitle } from './text.ts';

/**
 * Members of `Dhcp4` for Kea 2.2 and newer. Options are given as bytes, which need no definition: so there is none that could contradict
 * one that the site has for 150 or 160. Only 43 has one, in its class, for Kea would take it for sub-options of its own.
 */
export function keaConfig(plan: BootPlan): string {
  const head = comments(
    '//',
    heading('phones for Kea DHCPv4, 2.2 and newer', plan, [
      'Save it as /etc/kea/offhook.json and include it as the first of the members of Dhcp4:',
      '  "Dhcp4": { <?include "/etc/kea/offhook.json"?>, "interfaces-config": ... }',
      'A configuration that has client-classes or hooks-libraries already takes the entries of the lists below into its own.',
      'The hook tells Offhook of leases; docs/dhcp.md says how to install it. Kea does not pass option 60 to it.',
    ]),
  );
  const classes = plan.classes.map((each) => [...comments('//', classLines(each, impossible(each))), entry(classOf(each, plan))]);
  // Kea takes no empty list of classes.
  const list = classes.length > 0 ? ['"client-classes": [', ...separated(classes).map(indent), '],'] : [];
  return [
    ...head,
    ...list,
    '"hooks-libraries": [',
    indent('// The folder of the library is another on other hardware than amd64.'),
    indent(entry(runScript)),
    ']',
    '',
  ].join('\n');
}

/** With a comma after each but the last. */
function separated(entries: readonly (readonly string[])[]): string[] {
  return entries.flatMap((lines, index) => (index < entries.length - 1 ? [...lines.slice(0, -1), `${lines.at(-1)},`] : lines));
}

const runScript = {
  library: '/usr/lib/x86_64-linux-gnu/kea/hooks/libdhcp_run_script.so',
  parameters: { name: '/usr/local/lib/offhook/kea/offhook-lease', sync: false },
};

function classOf(each: BootClass, { server }: BootPlan) {
  const definitions = each.options
    .filter(({ code }) => code === 43)
    .map(({ code }) => ({ name: 'vendor-encapsulated-options', code, space: 'dhcp4', type: 'binary' }));
  return {
    name: each.name,
    test: testOf(each),
    'next-server': server.address,
    ...(definitions.length > 0 && { 'option-def': definitions }),
    'option-data': each.options.map(dataOf),
  };
}

function dataOf(option: BootOption) {
  return {
    comment: optionTitle(option),
    code: option.code,
    space: 'dhcp4',
    'csv-format': false,
    // Between quotes Kea takes what stands there as it is.
    data: option.text === undefined ? hexBytes(option.bytes, '') : `'${option.text}'`,
    'always-send': true,
  };
}

function testOf({ vendorClasses, userClasses, macPrefixes }: BootClass): string {
  const begins = ({ at }: Certain) => at === 'beginning';
  return (
    [
      ...vendorClasses.filter(begins).map(({ text }) => part('option[60].hex', 0, text)),
      // A user class has its length before it, or not (RFC 3004; phones differ).
      ...userClasses.filter(begins).flatMap(({ text }) => [0, 1].map((start) => part('option[77].hex', start, text))),
      ...macPrefixes.map((prefix) => {
        const digits = prefix.replaceAll(':', '');
        return `substring(pkt4.mac, 0, ${digits.length / 2}) == 0x${digits}`;
      }),
    ].join(' or ') || NEVER
  );
}

/** A class that only has texts which Kea cannot look for matches nobody. */
const NEVER = "pkt4.mac == ''";

function part(what: string, start: number, text: string): string {
  const bytes = Buffer.from(text, 'latin1');
  // Its constants have no escapes.
  const constant = printable(bytes) !== undefined && !text.includes("'") ? `'${text}'` : `0x${bytes.toString('hex')}`;
  return `substring(${what}, ${start}, ${bytes.length}) == ${constant}`;
}

function impossible({ vendorClasses, userClasses }: BootClass): string[] {
  return [...vendorClasses, ...userClasses]
    .filter(({ at }) => at === 'anywhere')
    .map(({ text }) => `Kea only compares what stands at the beginning, and so cannot look for ${JSON.stringify(text)}`);
}

function entry(value: object): string {
  return JSON.stringify(value, undefined, 2);
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}
