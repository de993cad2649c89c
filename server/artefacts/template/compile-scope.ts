import { Writer } from './budget.ts';
import { type Evaluate, type Execute, type Frame, failAt, outer, type Place } from './compile-expression.ts';
import { Fault } from './errors.ts';
import type { Expression } from './nodes.ts';
import { toList } from './operations.ts';
import type { Context } from './runtime.ts';
import type { Activation, Scope } from './symbols.ts';
import { asText, missing, Namespace } from './values.ts';

/** What all statements need: entering and leaving scopes, assigning, and capturing what is written. */

function set(index: number, value: Evaluate): Execute {
  return (frame) => {
    frame.slots[index] = value(frame);
  };
}

/** Runs what a scope does when it is entered: variables get the values that they have outside. */
export function compileEntry(place: Place): Execute {
  const { scope, activation } = place;
  const entries = [...scope.loads].map(([name, load]): Execute => {
    const { index } = scope.own(name);
    if (load.from === 'parameter') return () => {};
    if (load.from === 'nothing') return set(index, () => missing);
    if (load.from === 'context') return set(index, ({ context }) => context.resolve(name));
    const hops = activation.depth - load.slot.activation.depth;
    const from = load.slot.index;
    return set(index, (frame) => outer(frame, hops).slots[from]);
  });
  return (frame) => {
    for (const entry of entries) entry(frame);
  };
}

/** A scope that has been left keeps nothing for closures that still know it. */
export function compileExit(place: Place): Execute {
  const indices = [...place.scope.loads.keys()].map((name) => place.scope.own(name).index);
  return (frame) => {
    for (const index of indices) frame.slots[index] = missing;
  };
}

export function newFrame(activation: Activation, context: Context, out: Writer, parent?: Frame): Frame {
  return { slots: new Array<unknown>(activation.size).fill(missing), parent, context, out, extended: undefined };
}

/** What code writes, instead of where its frame writes. */
export function captured(frame: Frame, run: Execute): string {
  const { out } = frame;
  const own = new Writer(frame.context.budget);
  frame.out = own;
  run(frame);
  frame.out = out;
  return own.toString();
}

/** A place inside another, with a scope of its own. */
export function inner(place: Place, scope: Scope): Place {
  return { ...place, scope, activation: scope.activation, soft: false, toplevel: false, rootlevel: false };
}

/** A variable, a tuple of them, or an attribute of a namespace, as something to assign to. */
export function compileTarget(place: Place, target: Expression): (frame: Frame, value: unknown) => void {
  if (target.kind === 'tuple') {
    const targets = target.items.map((item) => compileTarget(place, item));
    return (frame, value) => {
      const values = toList(frame.context.budget, value);
      if (values.length !== targets.length) throw new Fault('there are not as many values as names');
      for (const [index, assign] of targets.entries()) assign(frame, values[index]);
    };
  }
  if (target.kind === 'namespace') return compileNamespaceTarget(place, target.name, target.attribute);
  if (target.kind !== 'name') return failAt(place, target.line, 'this cannot be assigned to');
  const { name } = target;
  const { activation, index } = place.scope.slot(name);
  const hops = place.activation.depth - activation.depth;
  const { toplevel } = place;
  return (frame, value) => {
    outer(frame, hops).slots[index] = value;
    if (!toplevel) return;
    frame.context.variables.set(name, value);
    if (!name.startsWith('_')) frame.context.exported.add(name);
  };
}

function compileNamespaceTarget(place: Place, name: string, attribute: string): (frame: Frame, value: unknown) => void {
  const { activation, index } = place.scope.slot(name);
  const hops = place.activation.depth - activation.depth;
  return (frame, value) => {
    const namespace = outer(frame, hops).slots[index];
    if (!(namespace instanceof Namespace)) throw new Fault('only the attributes of a namespace can be set');
    namespace.attributes.set(attribute, value);
  };
}

/** What a call or a filter block gives is written as it is; it has to be a text. */
export function rawText(value: unknown): string {
  const text = asText(value);
  if (text === undefined) throw new Fault('the block gives something that is not a text');
  return text;
}
