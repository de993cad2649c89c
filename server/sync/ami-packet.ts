/** The Asterisk Manager Interface: packets of `Name: value` lines that end with an empty line. */
export type AmiFields = readonly (readonly [name: string, value: string])[];

/** More than Asterisk sends in one packet, and less than a peer needs to fill our memory. Bytes. */
export const MAX_PACKET = 1_048_576;

export interface AmiPacket {
  /** The first of that name, in any case. */
  get(name: string): string | undefined;
  readonly fields: AmiFields;
}

/** @throws RangeError for a value that would be another line: whoever chose it would give orders to the PBX */
export function writeAction(fields: AmiFields): Buffer {
  const lines = fields.map(([name, value]) => {
    if (!/^[A-Za-z][\w-]*$/.test(name) || /[\r\n\0]/.test(value))
      throw new RangeError(`A value of ${/^\w*/.exec(name)?.[0]} has a line end`);
    return `${name}: ${value}\r\n`;
  });
  return Buffer.from(`${lines.join('')}\r\n`);
}

/** Takes what Asterisk sends apart, in whatever pieces it comes. */
export class AmiFramer {
  #text = '';
  #decoder = new TextDecoder();
  #isGreeted = false;
  #isBroken = false;

  /** What came is not the Manager Interface, or a packet without end. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** The line that comes first: `Asterisk Call Manager/5.0.1`. */
  get isGreeted(): boolean {
    return this.#isGreeted;
  }

  take(bytes: Buffer): AmiPacket[] {
    if (this.#isBroken) return [];
    this.#text += this.#decoder.decode(bytes, { stream: true });
    if (!this.#isGreeted && !this.#readGreeting()) return [];
    const packets: AmiPacket[] = [];
    const parts = this.#text.split(/\r?\n\r?\n/);
    this.#text = parts.pop() ?? '';
    for (const part of parts) {
      const packet = packetOf(part);
      if (packet.fields.length > 0) packets.push(packet);
    }
    this.#isBroken = this.#text.length > MAX_PACKET;
    if (this.#isBroken) this.#text = '';
    return packets;
  }

  #readGreeting(): boolean {
    const end = this.#text.indexOf('\n');
    const line = end === -1 ? this.#text : this.#text.slice(0, end);
    const wanted = 'Asterisk Call Manager/';
    const isLike = line.startsWith(wanted) || wanted.startsWith(line);
    this.#isBroken = !isLike || line.length > 200;
    if (this.#isBroken) this.#text = '';
    if (this.#isBroken || end === -1) return false;
    this.#text = this.#text.slice(end + 1);
    this.#isGreeted = true;
    return true;
  }
}

/** Lines without a colon are output of commands, which nobody here asked for. */
function packetOf(text: string): AmiPacket {
  const fields = text.split(/\r?\n/).flatMap((line): [string, string][] => {
    const colon = line.indexOf(':');
    return colon <= 0 ? [] : [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]];
  });
  return {
    fields,
    get: (name) => fields.find(([each]) => each.toLowerCase() === name.toLowerCase())?.[1],
  };
}
