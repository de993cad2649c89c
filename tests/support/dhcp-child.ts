/**
 * The parts of server/listeners/dhcp that touch the network, in a process that a network namespace can have. A line of JSON for each
 * thing that happens.
 *
 *     answer|overhear INTERFACES   says what comes in, and answers it with a message that begins with the same bytes
 *     probe MILLISECONDS[,AT ONCE[,LAST ONE CANCELLED AFTER]] INTERFACE ADDRESS…
 *     rivals INTERFACE [MILLISECONDS]
 *     lookout INTERFACE          looks whether another server answers, again each half second as long as one does
 */

import { Code, MessageType, option, readOption } from '../../server/lib/dhcp/options.ts';
import { BROADCAST, decodePacket, encodePacket, type Packet } from '../../server/lib/dhcp/packet.ts';
import { codeOf, reason } from '../../server/lib/errors.ts';
import { findInterface, serverAddress } from '../../server/lib/interfaces.ts';
import type { Ip } from '../../server/lib/ip.ts';
import { destinationOf, SERVER_PORT } from '../../server/listeners/dhcp/destination.ts';
import { Lookout } from '../../server/listeners/dhcp/lookout.ts';
import { openProber } from '../../server/listeners/dhcp/probe.ts';
import { findRivals } from '../../server/listeners/dhcp/rival.ts';
import { openDhcpSockets } from '../../server/listeners/dhcp/sockets.ts';

const [, , task, ...words] = process.argv;
// Should nobody end it, it ends by itself.
setTimeout(() => process.exit(1), 60_000).unref();

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Gives every client the same address, if one is named. */
async function serve(purpose: 'answer' | 'overhear', [names = '', give]: readonly string[]): Promise<void> {
  const sockets = await openDhcpSockets({
    purpose,
    interfaces: names === '' ? [] : names.split(','),
    lookMilliseconds: 100,
    async handle({ bytes, from, to: own, interface: over }) {
      const decoded = decodePacket(bytes);
      const packet = 'packet' in decoded ? decoded.packet : undefined;
      const type = packet && readOption(packet.options, Code.messageType);
      say({
        event: 'heard',
        from,
        over: over?.name,
        own,
        type,
        giaddr: packet?.giaddr,
        ciaddr: packet?.ciaddr,
        bytes: bytes.length,
      });
      if (purpose === 'overhear' || !packet || !over || give === undefined) return;
      const address = serverAddress(over, packet.giaddr ?? packet.ciaddr ?? (give as Ip));
      const answer = answerTo(packet, give as Ip, type, address);
      if (!answer) return;
      const answerType = readOption(answer.options, Code.messageType);
      const to = destinationOf({
        giaddr: packet.giaddr,
        ciaddr: packet.ciaddr,
        broadcast: (packet.flags & BROADCAST) !== 0,
        type: answerType,
        yiaddr: answer.yiaddr,
      });
      await sockets.send(encodePacket(answer).bytes, to, { name: over.name, address });
      say({ event: 'sent', to, address, type: answerType });
    },
    observe(event) {
      switch (event.kind) {
        case 'opened':
          return say({
            event: 'opened',
            name: event.interface.name,
            addresses: event.interface.addresses.map(({ address }) => address),
          });
        case 'failed':
          return say({ event: 'failed', message: reason(event.cause) });
        default:
          return say({ event: event.kind, code: event.problem.code, message: event.problem.message });
      }
    },
  });
  process.once('SIGTERM', () => {
    say({ event: 'closed', counts: sockets.counts() });
    void sockets.close();
  });
  say({ event: 'ready' });
  // Sockets that are not there yet keep nothing alive.
  const alive = setInterval(() => {}, 1_000);
  process.once('SIGTERM', () => clearInterval(alive));
}

function answerTo(packet: Packet, yiaddr: Ip, type: number | undefined, server: Ip): Packet | undefined {
  const answers: Readonly<Record<number, number>> = {
    [MessageType.discover]: MessageType.offer,
    [MessageType.request]: MessageType.acknowledge,
  };
  const answer = type === undefined ? undefined : answers[type];
  if (answer === undefined) return undefined;
  const relay = packet.options.get(Code.relayInformation);
  return {
    ...packet,
    op: 'reply',
    hops: 0,
    yiaddr,
    sname: '',
    file: '',
    options: new Map([
      option(Code.messageType, answer),
      option(Code.serverIdentifier, server),
      option(Code.leaseTime, 12),
      option(Code.subnetMask, '255.255.255.0' as Ip),
      ...(relay ? [[Code.relayInformation, relay] as const] : []),
    ]),
  };
}

async function probe([numbers = '', device, ...addresses]: readonly string[]): Promise<void> {
  const [milliseconds = 0, atOnce = 256, cancelledAfter] = numbers.split(',').map(Number);
  const prober = await openProber({ milliseconds, atOnce });
  const cancel = cancelledAfter === undefined ? {} : { signal: AbortSignal.timeout(cancelledAfter) };
  const last = addresses.length - 1;
  const began = performance.now();
  await Promise.all(
    addresses.map(async (address, index) => {
      const found = await prober.probe(address as Ip, { ...(index === last && cancel), ...(device && { interface: device }) });
      say({ address, found, took: Math.round(performance.now() - began) });
    }),
  );
  await prober.close();
}

async function lookOut(name: string): Promise<void> {
  const lookout = new Lookout({
    port: SERVER_PORT,
    rivalMilliseconds: 500,
    observe: (event) => say({ event: event.kind, name: event.name, ...('problem' in event && { code: event.problem.code }) }),
  });
  const found = await findInterface(name, 'dhcp');
  const problem = await lookout.look(found);
  say({ event: 'looked', code: problem?.code, clear: lookout.isClear(found) });
  setInterval(() => {
    if (!lookout.isClear(found)) return;
    say({ event: 'answers', madeAnew: lookout.isClear({ ...found, index: found.index + 1 }) });
    process.exit(0);
  }, 50);
}

try {
  switch (task) {
    case 'answer':
    case 'overhear':
      await serve(task, words);
      break;
    case 'probe':
      await probe(words);
      break;
    case 'rivals':
      say({ rivals: await findRivals(words[0] ?? '', words[1] === undefined ? {} : { milliseconds: Number(words[1]) }) });
      break;
    case 'lookout':
      await lookOut(words[0] ?? '');
      break;
    default:
      throw new Error(`There is no task ${task}`);
  }
} catch (cause) {
  say({ event: 'refused', code: codeOf(cause), message: reason(cause) });
  process.exitCode = 1;
}
