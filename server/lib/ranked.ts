interface Node<Item> {
  readonly item: Item;
  rank: number;
  /** What came first comes first among those of one rank. */
  order: number;
  index: number;
}

/** Items by rank, the lowest first; among equal ones the one that came first. Adding, moving and taking out are O(log n). */
export class Ranked<Item> {
  readonly #heap: Node<Item>[] = [];
  readonly #nodes = new Map<Item, Node<Item>>();
  #order = 0;

  get size(): number {
    return this.#heap.length;
  }

  get first(): Item | undefined {
    return this.#heap[0]?.item;
  }

  /** The lowest rank; Infinity when there is nothing. */
  get lowest(): number {
    return this.#heap[0]?.rank ?? Number.POSITIVE_INFINITY;
  }

  /** Adds it, or gives it another rank. With the one that it has it keeps its place. */
  set(item: Item, rank: number): void {
    const known = this.#nodes.get(item);
    if (known?.rank === rank) return;
    const node = known ?? { item, rank, order: 0, index: this.#heap.length };
    node.rank = rank;
    node.order = this.#order++;
    if (!known) {
      this.#heap.push(node);
      this.#nodes.set(item, node);
    }
    this.#sift(node);
  }

  delete(item: Item): void {
    const node = this.#nodes.get(item);
    const last = this.#heap.at(-1);
    if (!node || !last) return;
    this.#nodes.delete(item);
    this.#heap.pop();
    if (node === last) return;
    this.#place(last, node.index);
    this.#sift(last);
  }

  #sift(node: Node<Item>): void {
    for (;;) {
      const parent = this.#heap[(node.index - 1) >> 1];
      if (node.index === 0 || !parent || isBefore(parent, node)) break;
      this.#swap(parent, node);
    }
    for (;;) {
      const [left, right] = [this.#heap[2 * node.index + 1], this.#heap[2 * node.index + 2]];
      const child = left && right && isBefore(right, left) ? right : left;
      if (!child || isBefore(node, child)) break;
      this.#swap(node, child);
    }
  }

  #swap(upper: Node<Item>, lower: Node<Item>): void {
    const { index } = upper;
    this.#place(upper, lower.index);
    this.#place(lower, index);
  }

  #place(node: Node<Item>, index: number): void {
    this.#heap[index] = node;
    node.index = index;
  }
}

function isBefore<Item>(one: Node<Item>, other: Node<Item>): boolean {
  return one.rank < other.rank || (one.rank === other.rank && one.order < other.order);
}
