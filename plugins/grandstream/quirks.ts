import type { DeviceView, Endpoint, LineView, SipView, TimeZoneView, TransitionView } from '../../server/sdk.ts';

/** host:port, as servers are told. The phone takes 5060 where it is told no port, also over TLS. */
export function address(endpoint: Endpoint | null, { transport }: SipView): string {
  if (endpoint === null) return '';
  const port = endpoint.port ?? (transport === 'tls' ? 5061 : null);
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  return port === null ? host : `${host}:${port}`;
}

/** A line's servers. The phone registers with the one that it calls through; the second is tried when the first is silent. */
export function serversOf({ registrar, backupRegistrar, backupProxy, proxy, outboundProxy }: LineView, sip: SipView) {
  return {
    first: address(registrar ?? proxy, sip),
    second: address(backupRegistrar ?? backupProxy, sip),
    outboundProxy: address(outboundProxy, sip),
  };
}

/** Zones that the phone shows by their cities when it is told exactly this; any other is a zone of one's own. */
const listedZones: ReadonlySet<string> = new Set([
  'GMT+0BST-1,M3.5.0/01:00:00,M10.5.0/02:00:00',
  'GMT+0IST-1,M3.5.0/01:00:00,M10.5.0/02:00:00',
  'WET+0WEST-1,M3.5.0/01:00:00,M10.5.0/02:00:00',
  'CET-1CEST-2,M3.5.0/02:00:00,M10.5.0/03:00:00',
  'EET-2EEST-3,M3.5.0/03:00:00,M10.5.0/04:00:00',
]);
// The phone writes the zero of Lisbon with the other sign.
const spelledOtherwise = new Map([['WET+0WEST-1', 'WET-0WEST-1']]);

/** What P64 and P246 say of a zone: its name in the phone's list, or `customize` and its rule. */
export function clockOf(zone: TimeZoneView): { readonly zone: string; readonly custom: string | null } {
  const rule = ruleOf(zone);
  if (!listedZones.has(rule)) return { zone: 'customize', custom: rule };
  const [names = '', ...changes] = rule.split(',');
  return { zone: [spelledOtherwise.get(names) ?? names, ...changes].join(','), custom: null };
}

/**
 * A zone as a POSIX TZ string that old readers of such strings understand, too: names of letters only, every offset and every time spelled out, and
 * where the law counts from another day, the days of this year.
 */
function ruleOf({ abbreviation, standardOffset, daylight }: TimeZoneView): string {
  const standard = lettersOr('STD', abbreviation) + westward(standardOffset);
  if (!daylight) return standard;
  const summer = lettersOr('DST', daylight.abbreviation) + westward(daylight.offset);
  const changes = [daylight.start, daylight.end].map((change) => (daylight.byWeekday ? byWeekday(change) : byDate(change)));
  return [standard + summer, ...changes].join(',');
}

function lettersOr(name: string, abbreviation: string): string {
  return /^[A-Za-z]{3,}$/.test(abbreviation) ? abbreviation : name;
}

/** POSIX counts what is to be added to reach UTC: Paris is -1. */
function westward(seconds: number): string {
  const minutes = Math.abs(seconds) / 60;
  const rest = minutes % 60;
  return `${seconds > 0 ? '-' : '+'}${Math.floor(minutes / 60)}${rest === 0 ? '' : `:${twoDigits(rest)}`}`;
}

function byWeekday({ month, week, weekday, clock }: TransitionView): string {
  return `M${month}.${week === 'last' ? 5 : week}.${weekday % 7}/${twoDigits(clock.hours)}:${twoDigits(clock.minutes)}:00`;
}

/** Jn counts the days of a year without the 29th of February. */
function byDate({ date: { month, day, clock } }: TransitionView): string {
  const days = (Date.UTC(2001, month - 1, day) - Date.UTC(2001, 0, 0)) / 86_400_000;
  return `J${days}/${twoDigits(clock.hours)}:${twoDigits(clock.minutes)}:00`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

/** What the GXP2000 is told of a zone: minutes, counted from those of UTC as 720, and a rule of its own kind. */
export function oldClockOf({ standardOffset, daylight }: TimeZoneView): {
  readonly minutes: number;
  readonly rule: string | null;
} {
  const minutes = 720 + standardOffset / 60;
  if (!daylight) return { minutes, rule: null };
  const change = ({ month, week, weekday, clock, date }: TransitionView) =>
    daylight.byWeekday
      ? [month, week === 'last' ? -1 : week, weekday, clock.hours, clock.minutes]
      : [date.month, date.day, 0, date.clock.hours, date.clock.minutes];
  return { minutes, rule: [change(daylight.start), change(daylight.end), [daylight.saving / 60]].join(';') };
}

const HEADER_BYTES = 16;

/**
 * The file of a GXP2000, of lines like `P2=secret`: a header with its length in words of 16 bits, a checksum, the phone's MAC and two
 * line ends; then all settings as in a URL, filled up to a whole word. All words together, the checksum among them, are 0.
 */
export function seal(text: string, { mac }: DeviceView): Uint8Array {
  const settings = text.split('\n').flatMap((line) => {
    const [, code, value = ''] = /^(P\d+)=(.*)$/.exec(line) ?? [];
    return code === undefined ? [] : [`${code}=${encodeURIComponent(Buffer.from(value).toString())}`];
  });
  const body = Buffer.from([...settings, 'gnkey=0b82'].join('&'), 'ascii');
  const file = Buffer.alloc(HEADER_BYTES + body.length + (body.length % 2));
  file.writeUInt32BE(file.length / 2, 0);
  file.write((mac ?? '').replaceAll(':', ''), 6, 'hex');
  file.write('\r\n\r\n', 12, 'ascii');
  body.copy(file, HEADER_BYTES);
  let sum = 0;
  for (let at = 0; at < file.length; at += 2) sum += file.readUInt16BE(at);
  file.writeUInt16BE(-sum & 0xff_ff, 4);
  return file;
}
