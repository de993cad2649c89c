import { Fault } from './errors.ts';
import { childrenOf, type Expression, type For, type If, type Node } from './nodes.ts';

/**
 * Which variable a name means, decided before anything runs, as Jinja decides it: a name belongs to the
 * innermost scope that stores it, to an outer one that knows it, or to the context.
 */

/** The variables of one activation: of the root or a block, a macro, or one level of a recursive loop. */
export class Activation {
  readonly depth: number;
  size = 0;

  constructor(parent?: Activation) {
    this.depth = parent ? parent.depth + 1 : 0;
  }
}

/** Where a variable is held. */
export interface Slot {
  readonly activation: Activation;
  readonly index: number;
}

/** What a variable holds when its scope is entered. */
export type Load =
  | { readonly from: 'parameter' }
  | { readonly from: 'context' }
  | { readonly from: 'nothing' }
  | { readonly from: 'outer'; readonly slot: Slot };

/** One scope. */
export class Scope {
  readonly activation: Activation;
  readonly parent: Scope | undefined;
  private readonly slots: Map<string, Slot>;
  readonly loads: Map<string, Load>;
  readonly stores: Set<string>;

  constructor(activation: Activation, parent?: Scope, like?: Scope) {
    this.activation = activation;
    this.parent = parent;
    this.slots = new Map(like?.slots);
    this.loads = new Map(like?.loads);
    this.stores = new Set(like?.stores);
  }

  private define(name: string, load: Load): Slot {
    const slot = this.slots.get(name) ?? { activation: this.activation, index: this.activation.size++ };
    this.slots.set(name, slot);
    this.loads.set(name, load);
    return slot;
  }

  find(name: string): Slot | undefined {
    return this.slots.get(name) ?? this.parent?.find(name);
  }

  slot(name: string): Slot {
    return this.find(name) ?? this.define(name, { from: 'context' });
  }

  /** A slot of this scope's own. */
  own(name: string): Slot {
    const slot = this.slots.get(name);
    if (!slot) throw new Fault(`the name ${name} has no place in its scope`);
    return slot;
  }

  store(name: string): void {
    this.stores.add(name);
    if (this.slots.has(name)) return;
    const slot = this.parent?.find(name);
    this.define(name, slot ? { from: 'outer', slot } : { from: 'nothing' });
  }

  parameter(name: string): Slot {
    this.stores.add(name);
    return this.define(name, { from: 'parameter' });
  }

  load(name: string): void {
    if (!this.find(name)) this.define(name, { from: 'context' });
  }

  /** Takes in what the branches of an `if` did: what only some of them store may still come from outside. */
  merge(branches: readonly Scope[]): void {
    const counts = new Map<string, number>();
    for (const branch of branches) {
      for (const name of branch.stores) if (!this.stores.has(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    for (const branch of branches) {
      for (const [name, slot] of branch.slots) this.slots.set(name, slot);
      for (const [name, load] of branch.loads) this.loads.set(name, load);
      for (const name of branch.stores) this.stores.add(name);
    }
    for (const [name, count] of counts) {
      if (count === branches.length) continue;
      const slot = this.parent?.find(name);
      this.loads.set(name, slot ? { from: 'outer', slot } : { from: 'context' });
    }
  }

  /** What was assigned here and in the scopes around: what an included template gets to see. */
  visible(): Map<string, Slot> {
    const found = new Map(this.parent?.visible());
    for (const name of this.stores) {
      const slot = this.find(name);
      if (slot) found.set(name, slot);
    }
    return found;
  }

  /** Enters nodes as the content of this scope. */
  enter(nodes: readonly Node[]): this {
    for (const node of nodes) this.visit(node);
    return this;
  }

  /** Enters a target whose names are given their values from outside. */
  enterParameters(target: Expression): this {
    if (target.kind === 'name') this.parameter(target.name);
    else for (const child of childrenOf(target)) this.enterParameters(child as Expression);
    return this;
  }

  private visit(node: Node): void {
    switch (node.kind) {
      case 'name':
        if (node.use === 'param') this.parameter(node.name);
        else if (node.use === 'store') this.store(node.name);
        else this.load(node.name);
        return;
      case 'namespace':
        this.load(node.name);
        return;
      case 'if':
        this.visitIf(node);
        return;
      case 'macro':
        this.store(node.name);
        return;
      case 'import':
        this.visit(node.template);
        this.store(node.target);
        return;
      case 'from':
        this.visit(node.template);
        for (const [, name] of node.names) this.store(name);
        return;
      case 'set':
        this.visit(node.value);
        this.visit(node.target);
        return;
      case 'set block':
        this.visit(node.target);
        return;
      // What stands inside these has a scope of its own; only what is evaluated outside counts here.
      case 'for':
        this.visit(node.iterable);
        return;
      case 'call block':
        this.visit(node.call);
        return;
      case 'filter block':
        this.visit(node.filter);
        return;
      case 'with':
        for (const value of node.values) this.visit(value);
        return;
      case 'autoescape':
      case 'block':
        return;
      default:
        for (const child of childrenOf(node)) this.visit(child);
    }
  }

  private visitIf(node: If): void {
    this.visit(node.test);
    const branch = (nodes: readonly Node[]) => {
      const scope = new Scope(this.activation, this.parent, this);
      for (const child of nodes) scope.visit(child);
      return scope;
    };
    this.merge([branch(node.body), branch(node.elifs), branch(node.otherwise)]);
  }
}

/** Which of the names are read before anything stores them, without a look into blocks. */
export function undeclared(nodes: readonly Node[], names: readonly string[]): Set<string> {
  const open = new Set(names);
  const found = new Set<string>();
  const visit = (node: Node): void => {
    if (node.kind === 'block') return;
    if (node.kind === 'name') {
      if (node.use !== 'load') open.delete(node.name);
      else if (open.has(node.name)) found.add(node.name);
      return;
    }
    for (const child of childrenOf(node)) visit(child);
  };
  for (const node of nodes) visit(node);
  return found;
}

/** Whether a loop's body needs the variable `loop`. */
export function needsLoop(node: For): boolean {
  return (
    node.recursive ||
    undeclared(node.body, ['loop']).has('loop') ||
    allBelow(node).some((one) => one.kind === 'block' && one.scoped)
  );
}

/** All nodes below one. */
export function allBelow(node: Node): Node[] {
  const found: Node[] = [];
  const pending = childrenOf(node);
  for (let next = pending.pop(); next; next = pending.pop()) {
    found.push(next);
    pending.push(...childrenOf(next));
  }
  return found;
}
