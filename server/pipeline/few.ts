import type { Device } from '../devices/model.ts';

/** So many are told one by one: enough to see what is wrong, and an operation is no list of devices. */
const most = 20;

/** All are counted, the first are told. */
export type Few<Item> = { readonly total: number; readonly first: readonly Item[] };

/** A device of which there is something to say. */
export type Told = { readonly id: string; readonly mac: string | null; readonly model: string | null; readonly why: string };

export class Counted<Item> {
  #total = 0;
  readonly #first: Item[] = [];

  add(item: Item): void {
    this.#total += 1;
    if (this.#first.length < most) this.#first.push(item);
  }

  get total(): number {
    return this.#total;
  }

  read(): Few<Item> {
    return { total: this.#total, first: this.#first };
  }
}

export function told({ id, mac, model }: Pick<Device, 'id'> & Partial<Device>, why: string): Told {
  return { id, mac: mac ?? null, model: model ?? null, why };
}
