import type { KeyPlace } from '../../server/sdk.ts';

/**
 * The numbers of P-codes. They are facts, and follow no rule that holds for all accounts: 1 has numbers of its own, 2 to 4 begin with their
 * number and two more, 5 and 6 lie above 1700 and 2700.
 */

/** A row for each setting, a column for each account of a phone. */
const accounts = {
  active: [271, 401, 501, 601, 1701, 1801],
  name: [270, 417, 517, 617, 1717, 1817],
  server: [47, 402, 502, 602, 1702, 1802],
  backupServer: [2312, 2412, 2512, 2612, 2712, 2812],
  outboundProxy: [48, 403, 503, 603, 1703, 1803],
  userId: [35, 404, 504, 604, 1704, 1804],
  authId: [36, 405, 505, 605, 1705, 1805],
  password: [34, 406, 506, 606, 1706, 1806],
  displayName: [3, 407, 507, 607, 1707, 1807],
  voicemail: [33, 426, 526, 626, 1726, 1826],
  callFeatures: [191, 420, 520, 620, 1720, 1820],
  dialPlan: [290, 459, 559, 659, 1759, 1859],
  autoAnswer: [298, 438, 538, 638, 1738, 1838],
  unregisterOnReboot: [81, 411, 511, 611, 1711, 1811],
  pickupPrefix: [1347, 481, 581, 681, 1781, 1881],
  subscribeMwi: [99, 415, 515, 615, 1715, 1815],
  transport: [130, 448, 548, 648, 1748, 1848],
  srtp: [183, 443, 543, 643, 1743, 1843],
  dtmfInAudio: [2301, 2401, 2501, 2601, 2701, 2801],
  dtmfInRtp: [2302, 2402, 2502, 2602, 2702, 2802],
  dtmfInSip: [2303, 2403, 2503, 2603, 2703, 2803],
  oldDtmf: [73, 416, 516, 616, 1716, 1816],
} as const;

/** The same for the ports of an adapter: what it knows under other numbers than a phone does, or what no phone has. */
const ports = {
  server: [47, 747],
  backupServer: [967, 987],
  outboundProxy: [48, 748],
  userId: [35, 735],
  authId: [36, 736],
  password: [34, 734],
  displayName: [3, 703],
  callFeatures: [191, 751],
  dialPlan: [4200, 4201],
  unregisterOnReboot: [81, 752],
  subscribeMwi: [99, 709],
  transport: [130, 830],
  dtmfFirst: [850, 860],
  dtmfSecond: [851, 861],
  dtmfThird: [852, 862],
  trustedCertificates: [2386, 2486],
  callerIdScheme: [853, 863],
  impedance: [854, 864],
  faxMode: [228, 710],
  reinviteAfterFaxTone: [4416, 4417],
} as const;

/** By setting, the numbers under which an account has it: one, none, or two. */
type AccountCodes = Readonly<Record<string, readonly number[]>>;

export const phoneAccounts: ReadonlyMap<number, AccountCodes> = new Map(
  accounts.active.map((_, index) => [index + 1, { ...noneOf(ports), ...column(accounts, index) }]),
);

/**
 * An adapter passes over numbers that it does not know, so it is told those of a phone's account, too, as provd's plugins always have: some of
 * them it shares.
 */
export const adapterAccounts: ReadonlyMap<number, AccountCodes> = new Map(
  ports.server.map((_, index) => {
    const [ofPhone, ofPort] = [column(accounts, index), column(ports, index)];
    const settings = [...new Set([...Object.keys(ofPhone), ...Object.keys(ofPort)])];
    return [
      index + 1,
      Object.fromEntries(settings.map((name) => [name, unique([...(ofPhone[name] ?? []), ...(ofPort[name] ?? [])])])),
    ];
  }),
);

function column(table: Readonly<Record<string, readonly number[]>>, index: number): AccountCodes {
  return Object.fromEntries(Object.entries(table).map(([name, codes]) => [name, codes.slice(index, index + 1)]));
}

function noneOf(table: Readonly<Record<string, unknown>>): AccountCodes {
  return Object.fromEntries(Object.keys(table).map((name) => [name, []]));
}

function unique(codes: readonly number[]): number[] {
  return [...new Set(codes)];
}

/** The four numbers of a key. */
export interface KeyCodes {
  readonly mode: number;
  readonly account: number;
  readonly label: number;
  readonly value: number;
}

/**
 * The multi-purpose keys of a phone were numbered in three batches, of which the Android phones have the last one of their own. Those of the
 * GXP2200EXT are five numbers apart, forty keys on each of four.
 */
export function keyCodesOf({ module, index }: Pick<KeyPlace, 'module' | 'index'>, android: boolean): KeyCodes {
  if (module > 0) return inARow(23_000 + 200 * (module - 1) + 5 * (index - 1));
  if (index <= 7) {
    const account = 301 + 3 * (index - 1);
    return { mode: 323 + index - 1, account, label: account + 1, value: account + 2 };
  }
  if (index <= 18) return inARow(353 + 4 * (index - 8));
  const place = index - 19;
  if (!android) return inARow(1440 + 4 * place);
  return { mode: 6001 + place, account: 6201 + place, label: 6401 + place, value: 6601 + place };
}

function inARow(first: number): KeyCodes {
  return { mode: first, account: first + 1, label: first + 2, value: first + 3 };
}
