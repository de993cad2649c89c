import { Writer } from './budget.ts';
import type { Compiler } from './compile.ts';
import { compileExpression, type Execute, type Frame, failAt, type Place } from './compile-expression.ts';
import { captured, compileEntry, compileExit, compileTarget, inner, newFrame, rawText } from './compile-scope.ts';
import { Loop } from './loop.ts';
import type { Expression, For } from './nodes.ts';
import { isTrue, iterate } from './operations.ts';
import { Activation, allBelow, needsLoop, Scope } from './symbols.ts';
import { Iteration, missing, Tuple } from './values.ts';

type Assign = (frame: Frame, value: unknown) => void;

/** A loop, as something that is run with what it walks through, and how deep it is in a recursion. */
export function compileFor(compiler: Compiler, place: Place, node: For): Execute {
  const loop = allBelow(node).find((one) => one.kind === 'name' && one.use === 'store' && one.name === 'loop');
  if (loop) failAt(place, loop.line, "the variable 'loop' of a loop cannot be assigned to");
  const iterable = compileExpression(place, node.iterable);
  const activation = node.recursive ? new Activation(place.activation) : place.activation;
  const turns = compileTurns(compiler, place, node, activation);
  if (!node.recursive) return (frame) => turns(frame, iterable(frame), 0, undefined);

  // Every level of a recursive loop has variables of its own, and gives its text to whoever called it.
  return (frame) => {
    const { context } = frame;
    const level = (value: unknown, depth: number): unknown => {
      const within = newFrame(activation, context, new Writer(context.budget), frame);
      return context.budget.deeper(() => context.captured(captured(within, () => turns(within, value, depth, level))));
    };
    frame.out.write(rawText(level(iterable(frame), 0)));
  };
}

type Turns = (
  frame: Frame,
  value: unknown,
  depth: number,
  recurse: ((value: unknown, depth: number) => unknown) | undefined,
) => void;

function compileTurns(compiler: Compiler, place: Place, node: For, activation: Activation): Turns {
  const scope = new Scope(activation, place.scope);
  const loopSlot = needsLoop(node) ? scope.parameter('loop') : undefined;
  const within = inner(place, scope.enterParameters(node.target).enter(node.body));
  const assign = compileTarget(within, node.target);
  const body = compiler.body(within, node.body);
  const [enter, exit] = [compileEntry(within), compileExit(within)];
  const filter = node.test && compileTest(place, node.target, node.test, activation);
  const otherwise = compileElse(compiler, place, node, activation);

  return (frame, value, depth, recurse) => {
    const { context } = frame;
    const source = filter ? new Iteration(filter(frame, iterate(context.budget, value))) : value;
    let turns = 0;
    const turn = (item: unknown) => {
      turns++;
      assign(frame, item);
      enter(frame);
      body(frame);
    };
    if (loopSlot) {
      const loop = new Loop(context, source, depth, recurse);
      for (let item = loop.next(); item !== missing; item = loop.next()) {
        frame.slots[loopSlot.index] = loop;
        turn(item);
      }
    } else {
      for (const item of iterate(context.budget, source)) turn(item);
    }
    exit(frame);
    if (turns === 0) otherwise(frame);
  };
}

/** The `if` of a loop, which sees the loop's targets but neither `loop` nor what the body sets. */
function compileTest(
  place: Place,
  target: Expression,
  test: Expression,
  activation: Activation,
): (frame: Frame, items: Iterable<unknown>) => Iterator<unknown> {
  const scope = new Scope(activation, place.scope);
  const within = inner(place, scope.enterParameters(target).enter([test]));
  const assign: Assign = compileTarget(within, target);
  const holds = compileExpression(within, test);
  const enter = compileEntry(within);
  return function* (frame, items) {
    enter(frame);
    for (const item of items) {
      assign(frame, item);
      // Unpacked and packed again: what was a list has become a tuple.
      if (isTrue(holds(frame))) yield repacked(target, item);
    }
  };
}

function repacked(target: Expression, item: unknown): unknown {
  return target.kind === 'tuple' && Array.isArray(item) ? new Tuple(item) : item;
}

function compileElse(compiler: Compiler, place: Place, node: For, activation: Activation): Execute {
  if (node.otherwise.length === 0) return () => {};
  const within = inner(place, new Scope(activation, place.scope).enter(node.otherwise));
  const body = compiler.body(within, node.otherwise);
  const [enter, exit] = [compileEntry(within), compileExit(within)];
  return (frame) => {
    enter(frame);
    body(frame);
    exit(frame);
  };
}
