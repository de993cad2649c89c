/**
 * Gives leases from the store `argv[2]` until it is killed, and says on stdout what was acknowledged, a line each, only after its
 * promise resolved: `bound ADDRESS MAC EXPIRES`, `released ADDRESS MAC 0`. Its clients begin with the number `argv[3]`.
 */
import type { Client, Subnet } from '../../server/leases/model.ts';
import { leaseNotifier } from '../../server/leases/notifier.ts';
import { type LeaseService, leaseService } from '../../server/leases/service.ts';
import { type Ip, parseNetwork } from '../../server/lib/ip.ts';
import { createLog } from '../../server/lib/log.ts';
import { parseMac } from '../../server/lib/mac.ts';
import { openSqliteStore } from '../../server/store/sqlite/store.ts';
import type { Store } from '../../server/store/store.ts';

const lanes = 8;

const range = parseNetwork('10.0.0.0/8');
if (!range) throw new Error('10.0.0.0/8 is a network');
const subnet: Subnet = {
  range,
  pools: [{ first: '10.0.0.1' as Ip, last: '10.0.31.255' as Ip }],
  reservations: new Map(),
  leaseSeconds: 86_400,
};

/** The leases of a store, of the subnet that the writer serves. */
export function leasesOf(store: Store): LeaseService {
  return leaseService({
    dao: store.leases,
    notifier: leaseNotifier(),
    log: createLog({ level: 'error', format: 'json' }),
    subnets: [subnet],
    newClientsPercent: 100,
    declineMs: 86_400_000,
    keepMs: 86_400_000,
  });
}

async function main(file: string, first: number): Promise<void> {
  // Should nobody kill it, it ends by itself.
  setTimeout(() => process.exit(1), 10_000);
  const store = await openSqliteStore(file);
  const leases = leasesOf(store);
  await leases.start();
  // A pipe is written synchronously: what was said before the kill is read.
  const say = (line: string) => process.stdout.write(`${line}\n`);

  const lane = async (index: number) => {
    for (let count = 0; ; count++) {
      const number = (first * lanes + index) * 65_536 + count;
      const mac = parseMac(`02${number.toString(16).padStart(10, '0')}`);
      if (!mac) throw new Error(`${number} gives no MAC address`);
      const client: Client = { mac, known: false, circuit: `lane ${index}` };
      const offer = leases.offer(subnet, client);
      if (offer.kind === 'none') throw new Error(`Nothing to offer: ${offer.reason}`);
      const binding = await leases.bind(subnet, client, offer.address, 'this');
      if (binding.kind !== 'bound') throw new Error(`Not bound: ${binding.kind}`);
      say(`bound ${offer.address} ${mac} ${binding.lease.expires}`);
      if (count % 4 !== 0) continue;
      if (await leases.release(client, offer.address)) say(`released ${offer.address} ${mac} 0`);
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, index) => lane(index)));
}

const [, program, file, first] = process.argv;
if (program?.endsWith('lease-writer.js') && file && first) await main(file, Number(first));
