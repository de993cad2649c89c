import { isIPv4 } from 'node:net';
import { parseOption, readOption, serversOwn } from '../lib/dhcp/options.ts';
import { reason } from '../lib/errors.ts';
import { type Ip, ipv4Number, ipv4Of, type Network, parseIp, parseNetwork } from '../lib/ip.ts';
import { type Mac, parseMac } from '../lib/mac.ts';
import type { OrderedJson } from '../lib/ordered-json.ts';

/** A network whose clients the DHCP server serves, as `dhcp.subnets` says. */
export interface SubnetSettings {
  readonly range: Network;
  readonly pools: readonly { readonly first: Ip; readonly last: Ip; readonly vendor?: string }[];
  readonly reservations: ReadonlyMap<Mac, Ip>;
  readonly leaseSeconds: number;
  /** What all its clients are told, by code. */
  readonly options: ReadonlyMap<number, Buffer>;
}

/** What is wrong, and where: the keys and the positions on the way to it. */
export interface Misplaced {
  readonly steps: readonly string[];
  readonly message: string;
}

const keys = ['pools', 'routers', 'dns', 'ntp', 'domain', 'lease_seconds', 'options', 'reservations'] as const;

/** Codes of the options that have a key of their own. */
const named = { routers: 3, dns: 6, domain: 15, ntp: 42 } as const;

/** Of those, the ones that name hosts. */
const hosts = { routers: named.routers, dns: named.dns, ntp: named.ntp } as const;

const mostSeconds = 4_294_967_294;

/** A prefix longer than this has no room for a client. */
const longestPrefix = 30;

type Items = ReadonlyMap<string, OrderedJson>;

/**
 * Reads the value of `dhcp.subnets`: one part for each, by its prefix.
 * @param leaseSeconds of those that say nothing of it
 */
export function readSubnets(
  value: Items,
  leaseSeconds: number,
): { readonly subnets: readonly SubnetSettings[]; readonly problems: readonly Misplaced[] } {
  const problems: Misplaced[] = [];
  const subnets = [...value].flatMap(([name, part]) => {
    const reader = new SubnetReader(name, problems);
    return reader.read(part, leaseSeconds) ?? [];
  });
  for (const [index, one] of subnets.entries()) {
    const other = subnets.slice(0, index).find((each) => overlap(spanOf(each.range), spanOf(one.range)));
    if (other) problems.push({ steps: [one.range.text], message: `overlaps with ${other.range.text}` });
  }
  return { subnets, problems };
}

interface Span {
  readonly first: number;
  readonly last: number;
}

const overlap = (one: Span, other: Span): boolean => one.first <= other.last && other.first <= one.last;

const spanOf = ({ ipv4: [span = { first: 0, last: -1 }] }: Network): Span => span;

class SubnetReader {
  readonly #name: string;
  readonly #problems: Misplaced[];
  #span: Span = { first: 0, last: -1 };

  constructor(name: string, problems: Misplaced[]) {
    this.#name = name;
    this.#problems = problems;
  }

  read(part: OrderedJson, leaseSeconds: number): SubnetSettings | undefined {
    const range = subnetOf(this.#name);
    if (!range) return this.#refuse([], 'must be a network of IPv4 with its prefix, from /8 to /30: 10.0.0.0/24');
    if (!(part instanceof Map)) return this.#refuse([], `must be a map with keys of its own: ${keys.join(', ')}`);
    this.#span = spanOf(range);
    for (const key of part.keys()) {
      if (!keys.some((known) => known === key)) this.#refuse([key], `is no key of a subnet: they are ${keys.join(', ')}`);
    }
    const pools = this.#pools(part.get('pools'));
    const reservations = this.#reservations(part.get('reservations'));
    const options = this.#options(part);
    this.#keepApart(part, options, pools, new Set(reservations.values()));
    return { range, pools, reservations, leaseSeconds: this.#seconds(part.get('lease_seconds')) ?? leaseSeconds, options };
  }

  /** What phones are told to ask has its address already. */
  #keepApart(part: Items, options: SubnetSettings['options'], pools: SubnetSettings['pools'], reserved: ReadonlySet<Ip>): void {
    const byCode = part.get('options');
    for (const [key, code] of Object.entries(hosts)) {
      const steps = byCode instanceof Map && byCode.has(String(code)) ? ['options', String(code)] : [key];
      for (const address of readOption(options, code) ?? []) {
        const number = ipv4Number(address);
        const pool = pools.find((each) => overlap(numbersOf(each), { first: number, last: number }));
        if (!pool || reserved.has(address)) continue;
        const remedy = 'leave it out of the pool, or reserve it for the MAC address that has it';
        this.#refuse(steps, `has ${address}, which a phone could be given from the pool ${pool.first}-${pool.last}; ${remedy}`);
      }
    }
  }

  #refuse(steps: readonly string[], message: string): undefined {
    this.#problems.push({ steps: [this.#name, ...steps], message });
  }

  /** One stands for a list of one. */
  #pools(value: OrderedJson | undefined): SubnetSettings['pools'] {
    const pools = listOf(value).flatMap((item, index) => this.#pool(item, ['pools', String(index)]) ?? []);
    for (const [index, pool] of pools.entries()) {
      const other = pools.slice(0, index).find((each) => overlap(numbersOf(each), numbersOf(pool)));
      if (other)
        this.#refuse(['pools'], `has ${pool.first}-${pool.last} and ${other.first}-${other.last}, which share addresses`);
    }
    return pools;
  }

  #pool(item: OrderedJson, steps: readonly string[]) {
    const range = item instanceof Map ? item.get('range') : item;
    const vendor = item instanceof Map ? item.get('vendor') : undefined;
    const wanted = 'must be a range of addresses of the subnet (10.0.0.100-10.0.0.200), or { range: …, vendor: … }';
    if (item instanceof Map && [...item.keys()].some((key) => key !== 'range' && key !== 'vendor'))
      return this.#refuse(steps, wanted);
    if (vendor !== undefined && (typeof vendor !== 'string' || vendor === '')) return this.#refuse(steps, wanted);
    const ends = (typeof range === 'string' ? range.split('-') : []).map((text) => text.trim());
    if (ends.length !== 2 || !ends.every((text) => isIPv4(text))) return this.#refuse(steps, wanted);
    const [first, last] = ends.map((text) => this.#address(text));
    if (!first || !last) {
      const clients = `${ipv4Of(this.#span.first + 1)} to ${ipv4Of(this.#span.last - 1)}`;
      return this.#refuse(steps, `is ${ends.join('-')}, but clients of ${this.#name} have ${clients}`);
    }
    if (ipv4Number(first) > ipv4Number(last)) return this.#refuse(steps, `is ${ends.join('-')}, which ends before it begins`);
    return { first, last, ...(vendor !== undefined && { vendor }) };
  }

  #reservations(value: OrderedJson | undefined): Map<Mac, Ip> {
    const found = new Map<Mac, Ip>();
    if (value === undefined) return found;
    if (!(value instanceof Map)) {
      this.#refuse(['reservations'], "must be addresses by MAC address, in quotes: '00:15:65:5e:16:7c': 10.0.0.50");
      return found;
    }
    for (const [text, address] of value) {
      const mac = parseMac(text);
      const ip = typeof address === 'string' ? this.#address(address) : undefined;
      const taken = [...found].find(([, other]) => other === ip)?.[0];
      if (!mac) this.#refuse(['reservations', text], 'is no MAC address');
      else if (!ip) this.#refuse(['reservations', text], `must be an address of ${this.#name}`);
      else if (taken) this.#refuse(['reservations', text], `is ${ip}, which is reserved for ${taken}`);
      else if (found.has(mac)) this.#refuse(['reservations', text], 'is there twice');
      else found.set(mac, ip);
    }
    return found;
  }

  /** One that a client can have: neither that of the network nor the one for broadcasts. */
  #address(text: string): Ip | undefined {
    const ip = isIPv4(text) ? parseIp(text) : undefined;
    const number = ip ? ipv4Number(ip) : 0;
    return this.#span.first < number && number < this.#span.last ? ip : undefined;
  }

  #seconds(value: OrderedJson | undefined): number | undefined {
    if (value === undefined || (typeof value === 'number' && Number.isInteger(value) && value >= 60 && value <= mostSeconds))
      return value as number | undefined;
    return this.#refuse(['lease_seconds'], `must be a whole number from 60 to ${mostSeconds}`);
  }

  #options(part: Items): Map<number, Buffer> {
    const options = new Map([[1, maskOf(this.#span)]]);
    const put = (steps: readonly string[], code: number, said: OrderedJson) => {
      try {
        options.set(code, parseOption(code, listOf(said).map(String).join(', ')));
      } catch (cause) {
        this.#refuse(steps, reason(cause));
      }
    };
    for (const [key, code] of Object.entries(named)) {
      const said = part.get(key);
      if (said !== undefined && !(Array.isArray(said) && said.length === 0)) put([key], code, said);
    }
    const given = part.get('options');
    if (given !== undefined && !(given instanceof Map)) this.#refuse(['options'], 'must be values by the code of the option');
    for (const [code, said] of given instanceof Map ? given : []) {
      const steps = ['options', code];
      if (!/^\d{1,3}$/.test(code)) this.#refuse(steps, 'must be the code of a DHCP option');
      else if (serversOwn.has(Number(code))) this.#refuse(steps, 'is for the server itself to say');
      else if (said instanceof Map || said === null) this.#refuse(steps, 'must be a text, a number or a list');
      else put(steps, Number(code), said);
    }
    return options;
  }
}

function subnetOf(name: string): Network | undefined {
  const [address = '', prefix = ''] = name.split('/');
  if (!isIPv4(address) || !/^\d{1,2}$/.test(prefix) || Number(prefix) < 8 || Number(prefix) > longestPrefix) return undefined;
  return parseNetwork(name);
}

const maskOf = ({ first, last }: Span): Buffer => parseOption(1, ipv4Of(2 ** 32 - (last - first + 1)));

const numbersOf = ({ first, last }: { readonly first: Ip; readonly last: Ip }): Span => ({
  first: ipv4Number(first),
  last: ipv4Number(last),
});

function listOf(value: OrderedJson | undefined): readonly OrderedJson[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
