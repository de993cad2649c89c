import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Code, MessageType, option, readOption } from '../../lib/dhcp/options.ts';
import { BROADCAST, decodePacket, encodePacket, type Packet } from '../../lib/dhcp/packet.ts';
import { ProvisioningError, reason } from '../../lib/errors.ts';
import { type Ip, parseIp, UNSPECIFIED } from '../../lib/ip.ts';
import { openUdp } from '../../lib/system-sockets.ts';
import { BROADCAST_ADDRESS, SERVER_PORT } from './destination.ts';
import { explainRefusal } from './refusal.ts';

/** A DHCP server that has offered an address. */
export interface Rival {
  /** Its server identifier (option 54), where it told one. */
  readonly server: Ip | undefined;
  /** Who sent the offer: the server, or a relay. */
  readonly from: Ip;
  readonly offered: Ip | undefined;
}

export interface RivalOptions {
  /** MAC address of the client that asks: whoever asks often with the same takes one address of a server's pool and not many. */
  readonly mac?: Buffer;
  /** How long offers are waited for after the last message. Servers that ping an address before they offer it take up to three seconds. */
  readonly milliseconds?: number;
  /** That servers have; clients have the next one. */
  readonly port?: number;
  readonly signal?: AbortSignal;
}

const ETHERNET = 1;
/** The first message may be lost. */
const TRIES = 2;
/** Not after the wait for offers, as a client would: who has heard the first message thinks about it meanwhile. */
const BETWEEN_MILLISECONDS = 1_000;

/**
 * Asks on an interface's network for an address, as a client would that nobody knows, and takes none: an offer binds nobody. A client that
 * runs on this host goes on as it did, for the port is shared with it. It takes 4.5 seconds.
 *
 * @returns each server once, in the order of their offers
 * @throws ProvisioningError dhcp-port-in-use, dhcp-port-not-allowed, dhcp-interface-unready, dhcp-socket-failed, dhcp-send-failed; the
 *   signal's reason
 */
export async function findRivals(
  device: string,
  { mac = randomMac(), milliseconds = 3_500, port = SERVER_PORT, signal }: RivalOptions = {},
): Promise<Rival[]> {
  signal?.throwIfAborted();
  const discover = discoverOf(mac);
  const rivals = new Map<string, Rival>();
  const socket = await openUdp({ device, address: UNSPECIFIED, port: port + 1 }).catch((cause) => {
    throw explainRefusal(cause, port + 1, device);
  });
  let failed: unknown;
  socket.on('error', (cause) => {
    failed = cause;
  });
  socket.on('message', (bytes, { address }) => {
    const [from, offer] = [parseIp(address), offerTo(discover, bytes)];
    if (!from || !offer) return;
    const server = readOption(offer.options, Code.serverIdentifier);
    const key = server ?? from;
    if (!rivals.has(key)) rivals.set(key, { server, from, offered: offer.yiaddr });
  });
  try {
    for (let count = 1; count <= TRIES; count += 1) {
      // RFC 2131 wants to know how long the client has tried.
      const { bytes } = encodePacket({ ...discover, secs: Math.round(((count - 1) * BETWEEN_MILLISECONDS) / 1_000) });
      await new Promise<void>((resolve, reject) => {
        socket.send(bytes, port, BROADCAST_ADDRESS, (cause) => (cause ? reject(cause) : resolve()));
      }).catch((cause) => {
        failed = cause;
      });
      const wait = count < TRIES ? BETWEEN_MILLISECONDS : milliseconds;
      if (failed === undefined) await sleep(wait, undefined, { signal }).catch(() => {});
      signal?.throwIfAborted();
      if (failed !== undefined) {
        const message = `Cannot ask on ${device} whether another DHCP server answers there: ${reason(failed)}`;
        throw new ProvisioningError('dhcp-send-failed', message, { cause: failed });
      }
    }
    return [...rivals.values()];
  } finally {
    await new Promise<void>((done) => socket.close(() => done()));
  }
}

function discoverOf(chaddr: Buffer): Packet {
  return {
    op: 'request',
    htype: ETHERNET,
    hops: 0,
    xid: randomBytes(4).readUInt32BE(),
    secs: 0,
    flags: BROADCAST,
    chaddr,
    sname: '',
    file: '',
    options: new Map([
      option(Code.messageType, MessageType.discover),
      option(Code.parameterRequestList, [Code.subnetMask, Code.routers]),
    ]),
  };
}

function offerTo({ xid, chaddr }: Packet, bytes: Buffer): Packet | undefined {
  const decoded = decodePacket(bytes);
  if (!('packet' in decoded)) return undefined;
  const { packet } = decoded;
  const isOurs = packet.op === 'reply' && packet.xid === xid && packet.chaddr.equals(chaddr);
  return isOurs && readOption(packet.options, Code.messageType) === MessageType.offer ? packet : undefined;
}

/** Administered locally, and of one host (IEEE 802: the two low bits of the first byte): nobody's. */
export function randomMac(): Buffer {
  const mac = randomBytes(6);
  mac[0] = ((mac[0] ?? 0) & 0xfc) | 0x02;
  return mac;
}
