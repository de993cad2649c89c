import { type Document, listOf, objectIn, textOf } from './client.ts';
import { localTime, table, visible } from './table.ts';
import { cut, fitted, section, wrap } from './wrap.ts';

/** What `offhook explain` says of DHCP. */

/** The options of the answer that it gets, or should get of another server; nothing where nobody asked for that. */
export function toldOf(dhcp: Document, columns: number): string[] {
  const answer = objectIn(dhcp, 'answer');
  const rows = listOf(answer, 'options').map((each) => [...['code', 'name', 'from', 'value'].map((name) => textOf(each, name))]);
  const title = textOf(answer, 'kind') === 'elsewhere' ? 'What it should be told' : 'What it is told';
  return [section(title, fitted(table(['option', 'is', 'from the', 'value'], rows), columns))];
}

const hows: Readonly<Record<string, string>> = {
  commit: 'A lease that its DHCP server told of',
  release: 'The end of a lease, which its DHCP server told of',
  expiry: 'The end of a lease, which its DHCP server told of',
};

/** Its last message, what became of it, and its lease; nothing where DHCP is none of this server's business. */
export function dhcpOf(dhcp: Document, columns: number): string {
  const say = (text: string) => wrap(text, columns, '  ');
  const text = textOf(dhcp, 'text');
  return [dhcp.get('last') ? lastOf(objectIn(dhcp, 'last'), columns) : '', text && say(text), leaseOf(dhcp, say)].join('');
}

function lastOf(last: Document, columns: number): string {
  const [type, circuit] = [textOf(last, 'type'), textOf(last, 'circuit')];
  const what = `${hows[type] ?? type}${circuit && ` from ${circuit}`}`;
  const facts = [
    ['vendor class', textOf(last, 'vendor_class')],
    ['host name', textOf(last, 'host_name')],
  ].filter(([, value]) => value !== '');
  return [
    wrap(`${what}: its last message, at ${localTime(textOf(last, 'at'))}`, columns, '  '),
    ...facts.map(([name, value]) => `  ${cut(visible(`${name}: ${value}`), columns - 2)}\n`),
  ].join('');
}

const states: Readonly<Record<string, string>> = {
  bound: 'until',
  released: 'and gave it back at',
  expired: 'and let it end at',
  declined: 'and declined it; nobody gets it until',
};

function leaseOf(dhcp: Document, say: (text: string) => string): string {
  if (!dhcp.get('lease')) return '';
  const lease = objectIn(dhcp, 'lease');
  const [state, address] = [textOf(lease, 'state'), textOf(lease, 'address')];
  const has = state === 'bound' ? 'has' : 'had';
  return say(`It ${has} the address ${address} from this server ${states[state]} ${localTime(textOf(lease, 'expires'))}.`);
}
