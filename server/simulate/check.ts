import type { Expectation } from './expect.ts';
import { type Fleet, macsIn, type Phone } from './fleet.ts';
import { readXml } from './xml.ts';

/** What is wrong with a file that a phone got. */
export interface Wrong {
  readonly kind:
    | 'empty'
    | 'too large'
    | 'not well-formed'
    | 'another kind of document'
    | 'another phone’s'
    | 'without its phone’s MAC'
    | 'without its phone’s account';
  /** For people: what exactly. */
  readonly detail: string;
}

const ACCOUNT = /\bsim-[\da-z]{10}\b/g;
/** A comment, a section, an element or a setting, in the ways in which vendors write those. */
const SETTING = /^\s*(?:[#;[<!]|[^=:\s][^=:]*[=:])/;

/**
 * Whether a file can be what this phone asked for. Another phone's is one that names the MAC address or the account of another phone
 * of the fleet; of files that name nobody it cannot be told.
 * @param registered whether the phone has an account of its own
 */
export function wrongWith(
  bytes: Buffer,
  expected: Expectation | undefined,
  phone: Phone,
  fleet: Fleet,
  registered: boolean,
): Wrong | undefined {
  const text = bytes.toString(expected?.encoding === undefined || expected.encoding === 'utf-8' ? 'utf8' : 'latin1');
  if (text.trim() === '') return { kind: 'empty', detail: `${bytes.length} bytes` };
  const malformed = expected && shapeProblem(text, expected);
  if (malformed) return malformed;
  const macs = macsIn(text);
  const other = macs.find((mac) => mac !== phone.mac && fleet.withMac(mac) !== undefined);
  if (other) return { kind: 'another phone’s', detail: `it names ${other}` };
  const accounts = text.match(ACCOUNT) ?? [];
  const foreign = accounts.find((account) => account !== phone.account);
  if (foreign) return { kind: 'another phone’s', detail: `it holds the account ${foreign}` };
  if (expected?.mac && !macs.includes(phone.mac)) return { kind: 'without its phone’s MAC', detail: beginning(text) };
  if (registered && expected?.account && accounts.length === 0)
    return { kind: 'without its phone’s account', detail: phone.account };
  return undefined;
}

function shapeProblem(text: string, { format, root }: Expectation): Wrong | undefined {
  if (root === undefined && /^\ufeff?\s*<[a-z!?]/i.test(text))
    return { kind: 'another kind of document', detail: beginning(text) };
  if (format === 'xml') {
    const xml = readXml(text);
    if ('problem' in xml) return { kind: 'not well-formed', detail: xml.problem };
    if (xml.root === root) return undefined;
    return { kind: 'another kind of document', detail: `its element is ${xml.root} and not ${root}` };
  }
  const odd = format === 'lines' ? text.split('\n').findIndex((line) => line.trim() !== '' && !SETTING.test(line)) : -1;
  return odd < 0 ? undefined : { kind: 'not well-formed', detail: `line ${odd + 1} is no setting` };
}

/** Of a file that is not what it should be, and so holds nothing of a phone's. */
function beginning(text: string): string {
  const start = text.trimStart().slice(0, 40).replaceAll(/\s+/g, ' ');
  return `it begins with ${start}`;
}
