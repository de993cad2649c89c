import { readFile } from 'node:fs/promises';
import type { Ip } from '../../lib/ip.ts';

/** `complete` where the system knows who has the address; it keeps that for a while after they have gone. */
export type ArpEntry = 'complete' | 'incomplete';

/** Of this process's own network; /proc/net is hidden from a service that may see nothing but processes. */
const FILE = '/proc/self/net/arp';
const COMPLETE = 0x2;

type Table = ReadonlyMap<string, ArpEntry>;

/** The system's ARP table. Those who ask at the same time share a reading. */
export class ArpTable {
  #last: { readonly begun: number; readonly table: Promise<Table> } | undefined;

  /** @param maxAge of the reading in milliseconds. Rejects where the system has no such table */
  async find(address: Ip, device: string, maxAge: number): Promise<ArpEntry | undefined> {
    const now = performance.now();
    if (!this.#last || now - this.#last.begun > maxAge) this.#last = { begun: now, table: read() };
    return (await this.#last.table).get(`${address} ${device}`);
  }
}

async function read(): Promise<Table> {
  const [, ...lines] = (await readFile(FILE, 'latin1')).trimEnd().split('\n');
  return new Map(
    lines.map((line) => {
      const [address, , flags, , , device] = line.split(/\s+/);
      return [`${address} ${device}`, Number(flags) & COMPLETE ? 'complete' : 'incomplete'];
    }),
  );
}
