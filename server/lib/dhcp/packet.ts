/** A message of DHCP, or of BOOTP with options (RFC 2131, section 2): bytes to types and back. */

import { ProvisioningError } from '../errors.ts';
import type { Ip } from '../ip.ts';
import { type Mac, macOfBytes } from '../mac.ts';
import {
  type Area,
  type BrokenOption,
  MAX_PIECE,
  OptionReader,
  type Piece,
  type Pieces,
  place,
  type Rooms,
  sizeOf,
  writePieces,
} from './areas.ts';
import { addressAt, putAddress } from './ipv4.ts';
import { Code, MessageType, type Options } from './options.ts';

/**
 * The fields by the names that RFC 2131 gives them. Its addresses are undefined where the field is zero. Bytes of it may be parts of the
 * datagram, which lives as long as one of them does: who keeps one for long copies it.
 */
export interface Packet {
  readonly op: 'request' | 'reply';
  /** Type of hardware, 1 for Ethernet (IANA, "Hardware Types"). */
  readonly htype: number;
  readonly hops: number;
  readonly xid: number;
  /** Since the client began. */
  readonly secs: number;
  /** 16 bits, of which `BROADCAST` means something. */
  readonly flags: number;
  readonly ciaddr?: Ip;
  readonly yiaddr?: Ip;
  readonly siaddr?: Ip;
  readonly giaddr?: Ip;
  /** The hardware address, of 16 bytes at most. */
  readonly chaddr: Buffer;
  /** Latin-1, up to the first NUL; empty where the field holds options. */
  readonly sname: string;
  readonly file: string;
  /** In the order in which each came first; without 52, which says no more than where some of them were. */
  readonly options: Options;
}

/** The bit of `flags` by which a client asks that the answer be broadcast. */
export const BROADCAST = 0x8000;

export type Decoded =
  | { readonly packet: Packet; readonly broken: readonly BrokenOption[] }
  /** Why the bytes are no message, a sentence without its subject. */
  | { readonly problem: string };

export interface Encoded {
  readonly bytes: Buffer;
  /** Options and fields for which there was no room; nothing is cut short. */
  readonly leftOut: readonly (number | 'sname' | 'file')[];
}

const OP = { request: 1, reply: 2 } as const;
const ETHERNET = 1;

const ADDRESSES = { ciaddr: 12, yiaddr: 16, siaddr: 20, giaddr: 24 } as const;
const addressNames = ['ciaddr', 'yiaddr', 'siaddr', 'giaddr'] as const;
const CHADDR = { at: 28, size: 16 };
const FIELDS = { sname: { at: 44, size: 64 }, file: { at: 108, size: 128 } } as const;
const FIXED_BYTES = 236;
const COOKIE = 0x63825363;
const OPTIONS = FIXED_BYTES + 4;

/** RFC 1542, section 2.1: what relays and clients of BOOTP take for the least. */
const MIN_BYTES = 300;
/** RFC 2131, section 2: what every client takes. */
const MIN_MESSAGE_BYTES = 576;
/** Headers of IPv4 and UDP, which the sizes of messages are told with. */
const HEADER_BYTES = 28;

/** Option 52: the field holds options. */
const OVERLOAD = { file: 1, sname: 2 } as const;
const OVERLOAD_BYTES = 3;

/** Not laid out with the others. */
const APART: ReadonlySet<number> = new Set([0, 255, Code.overload, Code.messageType, Code.relayInformation]);

/**
 * Reads a datagram. Never throws. Options are gathered over all areas; `encodePacket` writes what makes the same packet.
 */
export function decodePacket(bytes: Buffer): Decoded {
  if (bytes.length < FIXED_BYTES) return { problem: `is ${bytes.length} bytes, and ${FIXED_BYTES} are the least` };
  if (bytes.length < OPTIONS) return { problem: 'ends before the magic cookie that options begin with' };
  if (bytes.readUInt32BE(FIXED_BYTES) !== COOKIE) {
    return { problem: `has ${bytes.toString('hex', FIXED_BYTES, OPTIONS)} in the place of the magic cookie, 63825363` };
  }
  const [op, htype = 0, hlen = 0, hops = 0] = bytes;
  if (op !== OP.request && op !== OP.reply)
    return { problem: `has the op ${op}, which is neither a request (1) nor a reply (2)` };
  if (hlen > CHADDR.size) return { problem: `has a hardware address of ${hlen} bytes, where ${CHADDR.size} have room` };

  const { options, broken, overloaded } = readOptions(bytes);
  return {
    packet: {
      op: op === OP.request ? 'request' : 'reply',
      htype,
      hops,
      xid: bytes.readUInt32BE(4),
      secs: bytes.readUInt16BE(8),
      flags: bytes.readUInt16BE(10),
      chaddr: bytes.subarray(CHADDR.at, CHADDR.at + hlen),
      sname: overloaded.sname ? '' : textOf(fieldOf(bytes, 'sname')),
      file: overloaded.file ? '' : textOf(fieldOf(bytes, 'file')),
      options,
      ...addressesOf(bytes),
    },
    broken,
  };
}

/**
 * Writes a message in the one canonical way, which comes back from `decodePacket` byte for byte: option 53 first, 82 last (RFC 3046,
 * section 2.1), the others in the order of the map, then the mark of the end and zeros up to 300 bytes. An option of more than 255 bytes
 * is split (RFC 3396). Where the options area is too small, those that do not fit go to `file` and then `sname`, if these hold no text
 * (option 52). An option 52, 0 or 255 that is given is left out: they are none that a packet has.
 *
 * @param maxMessageBytes - what the receiver takes with the headers of IP and UDP: its option 57; 576 at least
 * @throws ProvisioningError dhcp-address-invalid for an address that is not of IPv4, or a hardware address of more than 16 bytes
 */
export function encodePacket(packet: Packet, maxMessageBytes = MIN_MESSAGE_BYTES): Encoded {
  const room = Math.max(maxMessageBytes, MIN_MESSAGE_BYTES) - HEADER_BYTES - OPTIONS - 1;
  if (packet.chaddr.length > CHADDR.size) {
    const message = `A hardware address of ${packet.chaddr.length} bytes has no room in a DHCP message; ${CHADDR.size} have`;
    throw new ProvisioningError('dhcp-address-invalid', message);
  }
  const { pieces, leftOut } = layOut(packet, room);
  const end = pieces.options.reduce((at, piece) => at + sizeOf(piece), OPTIONS);
  const bytes = Buffer.alloc(Math.max(MIN_BYTES, end + 1));

  bytes[0] = OP[packet.op];
  bytes[1] = packet.htype;
  bytes[2] = packet.chaddr.length;
  bytes[3] = packet.hops;
  bytes.writeUInt32BE(packet.xid, 4);
  bytes.writeUInt16BE(packet.secs, 8);
  bytes.writeUInt16BE(packet.flags, 10);
  for (const name of addressNames) {
    const address = packet[name];
    if (address !== undefined) putAddress(address, bytes, ADDRESSES[name]);
  }
  bytes.set(packet.chaddr, CHADDR.at);
  bytes.writeUInt32BE(COOKIE, FIXED_BYTES);
  writePieces(pieces.options, bytes, OPTIONS);

  const tooLong: ('sname' | 'file')[] = [];
  for (const name of ['sname', 'file'] as const) {
    const { at, size } = FIELDS[name];
    if (pieces[name].length > 0) writePieces(pieces[name], bytes, at);
    else if (packet[name].length > size) tooLong.push(name);
    else bytes.write(packet[name], at, 'latin1');
  }
  return { bytes, leftOut: [...tooLong, ...leftOut] };
}

/** Whether a datagram looks like a DISCOVER, in less time than to read it: nearly all clients tell the type first. */
export function isDiscover(bytes: Buffer): boolean {
  return bytes[OPTIONS] === Code.messageType && bytes[OPTIONS + 1] === 1 && bytes[OPTIONS + 2] === MessageType.discover;
}

/** Of whom it is, where the hardware is Ethernet. */
export function macOf({ htype, chaddr }: Packet): Mac | undefined {
  return htype === ETHERNET ? macOfBytes(chaddr) : undefined;
}

interface ReadOptions {
  readonly options: Options;
  readonly broken: readonly BrokenOption[];
  readonly overloaded: { readonly file: boolean; readonly sname: boolean };
}

function readOptions(bytes: Buffer): ReadOptions {
  const reader = new OptionReader();
  reader.read('options', bytes.subarray(OPTIONS));
  const overload = reader.take(Code.overload);
  const [fields = 0] = overload ?? [];
  const isOverload = overload?.length === 1 && fields > 0 && fields <= (OVERLOAD.file | OVERLOAD.sname);
  const overloaded = {
    file: isOverload && (fields & OVERLOAD.file) > 0,
    sname: isOverload && (fields & OVERLOAD.sname) > 0,
  };
  if (overload && !isOverload) refuse(reader, 'options', overload, 'should be one byte, 1, 2 or 3');
  for (const name of ['file', 'sname'] as const) {
    if (!overloaded[name]) continue;
    reader.read(name, fieldOf(bytes, name));
    const again = reader.take(Code.overload);
    if (again) refuse(reader, name, again, 'says where options are from among those');
  }
  reader.end();
  return { options: reader.options, broken: reader.broken, overloaded };
}

function refuse({ broken }: OptionReader, area: Area, bytes: Buffer, problem: string): void {
  broken.push({ code: Code.overload, area, bytes, problem });
}

interface Layout {
  readonly pieces: Pieces;
  readonly leftOut: readonly number[];
}

/** Into the options area when all go there; else the way that leaves out the least. @param room - bytes of that area */
function layOut({ options, sname, file }: Packet, room: number): Layout {
  const given = Array.from(options, ([code, bytes]) => ({ code, bytes }));
  const ordered = inOrder(given, room);
  if (ordered) return { pieces: { options: ordered, file: [], sname: [] }, leftOut: [] };
  const simple = attempt(given, { options: room, file: 0, sname: 0 });
  const fields = { file: file === '' ? FIELDS.file.size - 1 : 0, sname: sname === '' ? FIELDS.sname.size - 1 : 0 };
  if (simple.leftOut.length === 0 || fields.file + fields.sname === 0) return simple;

  const rooms = { options: room - OVERLOAD_BYTES, ...fields };
  // In their order where that goes; the largest first wastes less of the fields. The mask stays before routers (RFC 2132, section 3.3).
  const rank = ({ code, bytes }: Piece) => (code === Code.subnetMask ? Number.POSITIVE_INFINITY : bytes.length);
  const orders = [given, given.toSorted((one, other) => rank(other) - rank(one))];
  const [best = simple] = orders
    .map((order) => attempt(order, { ...rooms }))
    .toSorted((one, other) => one.leftOut.length - other.leftOut.length);
  return best.leftOut.length < simple.leftOut.length ? withOverload(best) : simple;
}

/** Nearly all messages: each option whole, and room for all. */
function inOrder(given: readonly Piece[], room: number): Piece[] | undefined {
  const first: Piece[] = [];
  const middle: Piece[] = [];
  const last: Piece[] = [];
  let left = room;
  for (const piece of given) {
    const { code, bytes } = piece;
    left -= sizeOf(piece);
    if (left < 0 || bytes.length > MAX_PIECE) return undefined;
    if (code === Code.messageType) first.push(piece);
    else if (code === Code.relayInformation) last.push(piece);
    else if (APART.has(code)) return undefined;
    else middle.push(piece);
  }
  return [...first, ...middle, ...last];
}

function attempt(given: readonly Piece[], rooms: Rooms): Layout {
  const pieces: Pieces = { options: [], file: [], sname: [] };
  const last: Pieces = { options: [], file: [], sname: [] };
  const left = new Set(given);
  const put = (option: Piece, where: Rooms, to: Pieces) => place(option, where, to) && left.delete(option);

  // These two are looked for in the options area, and every message needs them.
  const here: Rooms = { options: rooms.options, file: 0, sname: 0 };
  for (const option of given) if (option.code === Code.messageType) put(option, here, pieces);
  for (const option of given) if (option.code === Code.relayInformation) put(option, here, last);
  rooms.options = here.options;
  for (const option of given) if (!APART.has(option.code)) put(option, rooms, pieces);

  pieces.options.push(...last.options);
  return { pieces, leftOut: Array.from(left, ({ code }) => code) };
}

function withOverload({ pieces, leftOut }: Layout): Layout {
  const value = (pieces.file.length > 0 ? OVERLOAD.file : 0) | (pieces.sname.length > 0 ? OVERLOAD.sname : 0);
  const [first, ...others] = pieces.options;
  const overload = { code: Code.overload, bytes: Buffer.of(value) };
  const options = first?.code === Code.messageType ? [first, overload, ...others] : [overload, ...pieces.options];
  return { pieces: { ...pieces, options }, leftOut };
}

function addressesOf(bytes: Buffer): Pick<Packet, keyof typeof ADDRESSES> {
  const found: { -readonly [Name in keyof typeof ADDRESSES]?: Ip } = {};
  for (const name of addressNames) {
    const at = ADDRESSES[name];
    if (bytes.readUInt32BE(at) !== 0) found[name] = addressAt(bytes, at);
  }
  return found;
}

function fieldOf(bytes: Buffer, name: 'sname' | 'file'): Buffer {
  const { at, size } = FIELDS[name];
  return bytes.subarray(at, at + size);
}

function textOf(field: Buffer): string {
  if (field[0] === 0) return '';
  const end = field.indexOf(0);
  return field.toString('latin1', 0, end < 0 ? field.length : end);
}
