import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import type { Host, Running } from './netns.ts';

/** What a client tells a server, and asks it for. */
export interface Wish {
  /** Option 60; without it a client says what it says of itself, if anything. */
  readonly vendorClass?: string;
  /** Option 77: dhclient sends it as it is, udhcpc and dhcpcd with its length before it (RFC 3004). */
  readonly userClass?: string;
  /** Codes of options that it asks for besides mask and router; it takes others as well. */
  readonly asks?: readonly number[];
  /** Which address it would like. */
  readonly address?: string;
}

/** A client that has a lease, and keeps it until it is stopped, when it gives nothing back. Its host's eth0 has the address, and the router is its way out. */
export interface Leased {
  readonly running: Running;
  readonly address: string;
  /** What it was told besides what it needs for itself (`ownCodes`), byte by byte. */
  readonly options: ReadonlyMap<number, Buffer>;
  /** Options that it has and does not hand out: udhcpc takes nothing but a host name in 66. */
  readonly withheld: readonly number[];
  /** @param code an option that is a text */
  text(code: number): string | undefined;
}

/** Options that the clients read themselves, and not as bytes. */
export const ownCodes: readonly number[] = [
  ...[1, 3, 6, 12, 28, 33, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 81, 82, 116, 118, 119, 121],
];
const otherCodes = Array.from({ length: 254 }, (_, index) => index + 1).filter((code) => !ownCodes.includes(code));

export type ClientName = 'udhcpc' | 'dhclient' | 'dhcpcd';
export const clientNames: readonly ClientName[] = ['udhcpc', 'dhclient', 'dhcpcd'];

/** What its script heard when it got a lease. */
interface Told {
  readonly address: string;
  readonly environment: ReadonlyMap<string, string>;
}

interface Client {
  /** @param at the path of a file of its own @returns program and arguments */
  command(wish: Wish, at: (name: string) => string): readonly string[];
  /** @returns nothing while what it has written is not whole */
  read(told: Told, at: (name: string) => string): Pick<Leased, 'options' | 'withheld'> | undefined;
}

/**
 * Has a client get a lease on a host's eth0.
 * @param folder its own: there is what it remembers, also of an earlier time
 */
export async function lease(name: ClientName, host: Host, folder: string, wish: Wish = {}): Promise<Leased> {
  const at = (file: string) => join(folder, file);
  mkdirSync(folder, { recursive: true });
  writeFileSync(at('told'), '');
  writeFileSync(at('script'), script(name, at('told')));
  chmodSync(at('script'), 0o755);
  const [program = name, ...words] = clients[name].command(wish, at);
  const running = host.spawn(program, words);
  try {
    const got = await eventually(() => {
      const lines = readFileSync(at('told'), 'utf8').split('\n');
      const environment = new Map(lines.map((line) => [line.split('=', 1).join(), line.slice(line.indexOf('=') + 1)]));
      const address = environment.get('new_ip_address') ?? environment.get('ip');
      const found = address !== undefined && clients[name].read({ address, environment }, at);
      if (!found) throw new Error(`${name} of ${host.namespace} has no lease: ${running.said()}`);
      return { ...found, address };
    });
    return { ...got, running, text: (code) => got.options.get(code)?.toString('latin1') };
  } catch (cause) {
    await running.stop();
    throw cause;
  }
}

/** What all three call when something happened: udhcpc says what as an argument, the others in the environment. */
const script = (name: ClientName, told: string) => `#!/bin/sh
case "\${reason:-$1}" in
  bound|renew|BOUND|RENEW|REBIND|REBOOT) ;;
  *) exit 0 ;;
esac
${name === 'dhcpcd' ? '' : setsAddress}
env >${told}.new && mv ${told}.new ${told}
`;

/** dhcpcd does it itself. */
const setsAddress = `ip address replace "\${ip:-$new_ip_address}/\${subnet:-$new_subnet_mask}" dev eth0
[ -z "$router$new_routers" ] || ip route replace default via "\${router:-$new_routers}"`;

const clients: Readonly<Record<ClientName, Client>> = {
  udhcpc: {
    command: ({ vendorClass, userClass, asks = [], address }, at) => [
      ...['busybox', 'udhcpc', '-i', 'eth0', '-f', '-n', '-t', '8', '-T', '1', '-s', at('script')],
      ...(vendorClass === undefined ? [] : ['-V', vendorClass]),
      ...(userClass === undefined ? [] : ['-x', `0x4d:${withLength(userClass)}`]),
      ...(address === undefined ? [] : ['-r', address]),
      ...['-o', ...[1, 3, ...asks].flatMap((code) => ['-O', String(code)])],
    ],
    read({ environment }) {
      const bytes = [...environment].flatMap(([name, value]) => {
        const code = Number(/^opt(\d+)$/.exec(name)?.[1] ?? Number.NaN);
        return otherCodes.includes(code) ? [[code, Buffer.from(value, 'hex')] as const] : [];
      });
      const texts = Object.entries({ domain: 15, tftp: 66, bootfile: 67 }).flatMap(([name, code]) => {
        const value = environment.get(name);
        return value === undefined ? [] : [[code, value] as const];
      });
      const said = texts.filter(([, value]) => value !== 'bad').map(([code, value]) => [code, Buffer.from(value)] as const);
      return {
        options: byCode([...bytes, ...said]),
        withheld: texts.filter(([, value]) => value === 'bad').map(([code]) => code),
      };
    },
  },
  dhclient: {
    command({ vendorClass, userClass, asks = [], address }, at) {
      const lines = [
        ...otherCodes.map((code) => `option raw-${code} code ${code} = string;`),
        ...(vendorClass === undefined ? [] : [`send vendor-class-identifier "${vendorClass}";`]),
        ...(userClass === undefined ? [] : [`send raw-77 "${userClass}";`]),
        ...(address === undefined ? [] : [`send dhcp-requested-address ${address};`]),
        `request ${['subnet-mask', 'routers', ...asks.map((code) => `raw-${code}`)].join(', ')};`,
        'timeout 10;',
      ];
      writeFileSync(at('conf'), lines.join('\n'));
      if (!existsSync(at('leases'))) writeFileSync(at('leases'), '');
      return [
        'dhclient',
        '-4',
        '-1',
        '-d',
        '-cf',
        at('conf'),
        '-lf',
        at('leases'),
        '-pf',
        at('pid'),
        '-sf',
        at('script'),
        'eth0',
      ];
    },
    // Of the environment nobody knows whether 61:62 was written as bytes or is a text; in the file texts have quotes.
    read({ address }, at) {
      const last = readFileSync(at('leases'), 'utf8').split('lease {').at(-1) ?? '';
      if (!last.includes(`fixed-address ${address};`) || !last.endsWith('}\n')) return undefined;
      const options = [...last.matchAll(/^\s*option raw-(\d+) (.*);$/gm)].map(([, code, value = '']) => {
        const quoted = /^"(.*)"$/.exec(value)?.[1];
        const octets = value.split(':').map((octet) => Number.parseInt(octet, 16));
        return [
          Number(code),
          quoted === undefined ? Buffer.from(octets) : Buffer.from(quoted.replaceAll(/\\(.)/g, '$1')),
        ] as const;
      });
      return { options: byCode(options), withheld: [] };
    },
  },
  dhcpcd: {
    command({ vendorClass, userClass, asks = [], address }, at) {
      const lines = [
        ...otherCodes.map((code) => `define ${code} binhex raw_${code}`),
        ...(vendorClass === undefined ? [] : [`vendorclassid ${vendorClass}`]),
        ...(userClass === undefined ? [] : [`userclass ${userClass}`]),
        ...(address === undefined ? [] : [`request ${address}`]),
        `option ${['subnet_mask', 'routers', ...asks.map((code) => `raw_${code}`)].join(', ')}`,
        ...['ipv4only', 'noipv4ll', 'noarp', 'nodelay'],
      ];
      writeFileSync(at('conf'), lines.join('\n'));
      mkdirSync(at('kept'), { recursive: true });
      // What it keeps is not this machine's. Its helpers outlive it sometimes: a shell is the first process of theirs, and all end with it.
      const apart = `mount -t tmpfs t /run && mkdir -p /var/lib/dhcpcd && mount --bind ${at('kept')} /var/lib/dhcpcd`;
      const inside = `${apart} && dhcpcd -4 -B -t 10 -f ${at('conf')} -c ${at('script')} eth0; exit $?`;
      // unshare does not heed SIGTERM.
      const outside = `unshare --mount --pid --fork --kill-child sh -c '${inside}' & trap "kill -KILL $!" TERM; wait`;
      return ['sh', '-c', outside];
    },
    read: ({ environment }) => ({
      options: byCode(
        [...environment].flatMap(([name, value]) => {
          const code = /^new_raw_(\d+)$/.exec(name)?.[1];
          return code === undefined ? [] : [[Number(code), Buffer.from(value, 'hex')] as const];
        }),
      ),
      withheld: [],
    }),
  },
};

function withLength(text: string): string {
  return Buffer.from(`${String.fromCharCode(text.length)}${text}`, 'latin1').toString('hex');
}

function byCode(options: readonly (readonly [number, Buffer])[]): ReadonlyMap<number, Buffer> {
  return new Map(options.toSorted(([one], [other]) => one - other));
}
