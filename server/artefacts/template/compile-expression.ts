import type { Writer } from './budget.ts';
import { Fault, located, type Position } from './errors.ts';
import { filters } from './filters.ts';
import { percent } from './format.ts';
import { slice } from './items.ts';
import { attributeGetter, call, getItem } from './lookup.ts';
import { makeDict } from './methods.ts';
import type { Arguments, Call, CompareOperator, Expression, FilterNode } from './nodes.ts';
import { compare, contains, equals, isTrue, operate, toList } from './operations.ts';
import { softText, toText } from './print.ts';
import { nothingNamed, type Routine } from './routines.ts';
import { type Context, Module, type Program } from './runtime.ts';
import type { Activation, Scope } from './symbols.ts';
import { tests } from './tests.ts';
import { asText, type CallArguments, Dict, entriesOf, isMapping, list, Markup, missing, Tuple, Undefined } from './values.ts';

/** One activation at run time: its variables, and where its output goes. */
export interface Frame {
  readonly slots: unknown[];
  readonly parent: Frame | undefined;
  readonly context: Context;
  out: Writer;
  /** The template that this root extends, once its `extends` was reached. */
  extended: Program | undefined;
}

export type Evaluate = (frame: Frame) => unknown;
export type Execute = (frame: Frame) => void;

/** What the compiler knows about the place it is at. */
export interface Place {
  readonly template: string;
  readonly line: number;
  readonly scope: Scope;
  readonly activation: Activation;
  /** Inside the branch of an `if`, where an unknown filter is an error only when it is reached. */
  readonly soft: boolean;
  /** Variables assigned here are seen by blocks and importing templates. */
  readonly toplevel: boolean;
  readonly rootlevel: boolean;
  /** Whether output is escaped here: what the tags around say, wherever a macro or block is used. */
  readonly escapes: (context: Context) => boolean;
  /** Whether `~` escapes for a safe part: as above, but not where only the rendering knows (Jinja's choice). */
  readonly joinsSafe: (context: Context) => boolean;
  /** Output here is dropped when the template turns out to extend another. */
  readonly checksExtends: boolean;
  /** The text of the block to which a filter without an input belongs. */
  readonly body?: Evaluate;
}

export function failAt(place: Place, line: number, reason: string): never {
  throw located(new Fault(reason, 'template-syntax'), { template: place.template, line });
}

/** Tells the rendering where it is whenever the line is not that of the statement around. */
export function positioned(place: Place, line: number, run: Evaluate): Evaluate {
  if (line === place.line) return run;
  const at: Position = { template: place.template, line };
  return (frame) => {
    const { rendering } = frame.context;
    const before = rendering.at;
    rendering.at = at;
    const value = run(frame);
    rendering.at = before;
    return value;
  };
}

/** Reads a variable; `missing` when it has no value. */
function readSlot(place: Place, name: string): Evaluate {
  const { activation, index } = place.scope.slot(name);
  const hops = place.activation.depth - activation.depth;
  if (hops === 0) return ({ slots }) => slots[index];
  return (frame) => outer(frame, hops).slots[index];
}

export function outer(frame: Frame, hops: number): Frame {
  let found = frame;
  for (let i = 0; i < hops; i++) found = found.parent ?? found;
  return found;
}

export function compileExpression(place: Place, node: Expression): Evaluate {
  return positioned(place, node.line, compileHere({ ...place, line: node.line }, node));
}

function compileHere(place: Place, node: Expression): Evaluate {
  const compile = (child: Expression) => compileExpression(place, child);
  switch (node.kind) {
    case 'constant': {
      const { value } = node;
      return () => value;
    }
    case 'data': {
      const { text } = node;
      return () => text;
    }
    case 'name': {
      const { name } = node;
      const read = readSlot(place, name);
      return (frame) => {
        const value = read(frame);
        return value === missing || value === undefined ? frame.context.undefined_(`'${name}' is undefined`) : value;
      };
    }
    case 'namespace':
      return failAt(place, node.line, 'an attribute can be set, not used, here');
    case 'tuple': {
      const items = node.items.map(compile);
      return (frame) => new Tuple(items.map((item) => item(frame)));
    }
    case 'list': {
      const items = node.items.map(compile);
      return (frame) => list(items.map((item) => item(frame)));
    }
    case 'dict': {
      const pairs = node.pairs.map(([key, value]) => [compile(key), compile(value)] as const);
      return (frame) => new Dict(pairs.map(([key, value]) => [key(frame), value(frame)] as const));
    }
    case 'attribute': {
      const get = attributeGetter(node.name);
      const value = compile(node.node);
      return (frame) => get(frame.context, value(frame));
    }
    case 'item':
      return compileItem(place, node.node, node.key);
    case 'slice':
      return failAt(place, node.line, 'a slice stands in brackets, alone');
    case 'call':
      return compileCall(place, node);
    case 'filter':
      return compileFilter(place, node);
    case 'test': {
      const test = known(tests, node.name, 'test', place);
      const value = compile(node.node);
      return compileRoutine(place, test, value, node.arguments);
    }
    case 'conditional': {
      const soft = { ...place, soft: true };
      const test = compileExpression(soft, node.test);
      const then = compileExpression(soft, node.then);
      const otherwise = node.otherwise && compileExpression(soft, node.otherwise);
      // Jinja's lenient one, whatever the environment: printing it gives nothing.
      const none = new Undefined('the condition is false and there is no else');
      return (frame) => (isTrue(test(frame)) ? then(frame) : otherwise ? otherwise(frame) : none);
    }
    case 'and': {
      const [left, right] = [compile(node.left), compile(node.right)];
      return (frame) => {
        const value = left(frame);
        return isTrue(value) ? right(frame) : value;
      };
    }
    case 'or': {
      const [left, right] = [compile(node.left), compile(node.right)];
      return (frame) => {
        const value = left(frame);
        return isTrue(value) ? value : right(frame);
      };
    }
    case 'not': {
      const value = compile(node.node);
      return (frame) => !isTrue(value(frame));
    }
    case 'negative':
    case 'positive': {
      const value = compile(node.node);
      const factor = node.kind === 'negative' ? -1 : 1;
      return (frame) => signed(frame.context, factor, value(frame));
    }
    case 'binary': {
      const { operator } = node;
      const [left, right] = [compile(node.left), compile(node.right)];
      return (frame) => binary(frame.context, operator, left(frame), right(frame));
    }
    case 'concat': {
      const items = node.items.map(compile);
      return (frame) => concat(frame, place.joinsSafe(frame.context), items);
    }
    case 'compare':
      return compileCompare(place, node.left, node.steps);
  }
}

function signed(context: Context, factor: number, value: unknown): unknown {
  if (typeof value === 'string' || value instanceof Markup || Array.isArray(value) || value instanceof Tuple) {
    throw new Fault('only numbers have a sign');
  }
  return operate(context.budget, context.escape, '*', value, factor);
}

function binary(context: Context, operator: string, left: unknown, right: unknown): unknown {
  if (operator === '%' && (typeof left === 'string' || left instanceof Markup)) return percent(context, left, right);
  return operate(context.budget, context.escape, operator, left, right);
}

/** `~`: everything as text; where output is escaped, one safe part makes the whole safe. */
function concat(frame: Frame, escapes: boolean, items: readonly Evaluate[]): string | Markup {
  const { context } = frame;
  const { budget } = context;
  const values: unknown[] = [];
  for (const item of items) values.push(item(frame));
  const parts: (string | Markup)[] = [];
  let safe = false;
  for (const value of values) {
    const part = softText(budget, value);
    safe ||= escapes && part instanceof Markup;
    parts.push(part);
  }
  const texts: string[] = [];
  let length = 0;
  for (const part of parts) {
    const text = typeof part !== 'string' ? part.text : safe ? context.escape(part) : part;
    length += text.length;
    texts.push(text);
  }
  budget.text(length);
  const text = texts.join('');
  return safe ? new Markup(text) : text;
}

function compileItem(place: Place, node: Expression, key: Expression): Evaluate {
  const value = compileExpression(place, node);
  if (key.kind === 'slice') {
    const [start, stop, step] = [key.start, key.stop, key.step].map((part) => part && compileExpression(place, part));
    return (frame) => slice(frame.context.budget, value(frame), start?.(frame), stop?.(frame), step?.(frame));
  }
  const index = compileExpression(place, key);
  const constant = key.kind === 'constant' ? String(typeof key.value === 'object' ? '' : key.value) : undefined;
  return (frame) => getItem(frame.context, value(frame), index(frame), constant);
}

type Comparison = (context: Context, left: unknown, right: unknown) => boolean;

const comparisons: Readonly<Record<CompareOperator, Comparison>> = {
  '==': ({ budget }, left, right) => equals(budget, left, right),
  '!=': ({ budget }, left, right) => !equals(budget, left, right),
  '<': ({ budget }, left, right) => compare(budget, left, right) < 0,
  '<=': ({ budget }, left, right) => compare(budget, left, right) <= 0,
  '>': ({ budget }, left, right) => compare(budget, left, right) > 0,
  '>=': ({ budget }, left, right) => compare(budget, left, right) >= 0,
  in: ({ budget }, left, right) => contains(budget, right, left),
  'not in': ({ budget }, left, right) => !contains(budget, right, left),
};

/** `a < b < c` holds when both parts do, and evaluates b once. */
function compileCompare(
  place: Place,
  first: Expression,
  operands: readonly (readonly [CompareOperator, Expression])[],
): Evaluate {
  const start = compileExpression(place, first);
  const steps = operands.map(([operator, operand]) => [comparisons[operator], compileExpression(place, operand)] as const);
  return (frame) => {
    let left = start(frame);
    for (const [holds, operand] of steps) {
      const right = operand(frame);
      if (!holds(frame.context, left, right)) return false;
      left = right;
    }
    return true;
  };
}

export function compileCall(place: Place, node: Call, caller?: Evaluate): Evaluate {
  const callee = compileExpression(place, node.node);
  const given = compileArguments(place, node.arguments);
  return (frame) => {
    const value = callee(frame);
    const values = given(frame);
    if (!caller) return call(frame.context, value, values);
    const named = new Map(values.named);
    if (named.has('caller')) throw new Fault('an argument is given twice');
    named.set('caller', caller(frame));
    return call(frame.context, value, { ...values, named });
  };
}

type EvaluateArguments = (frame: Frame, first?: unknown) => CallArguments;

/** The arguments of a call; `first` goes before the others. */
function compileArguments(place: Place, given: Arguments): EvaluateArguments {
  const positional = given.positional.map((node) => compileExpression(place, node));
  const named = given.named.map(([name, node]) => [name, compileExpression(place, node)] as const);
  const spread = given.spread && compileExpression(place, given.spread);
  const spreadNamed = given.spreadNamed && compileExpression(place, given.spreadNamed);
  return (frame, first) => {
    const values = positional.map((value) => value(frame));
    if (first !== undefined) values.unshift(first);
    let names = nothingNamed;
    if (named.length > 0) names = new Map(named.map(([name, value]) => [name, value(frame)] as const));
    if (spread) values.push(...toList(frame.context.budget, spread(frame)));
    if (spreadNamed) names = withSpread(frame.context, names, spreadNamed(frame));
    return { positional: values, named: names };
  };
}

function withSpread(context: Context, names: ReadonlyMap<string, unknown>, spread: unknown): ReadonlyMap<string, unknown> {
  if (spread instanceof Undefined) spread.fail();
  if (!isMapping(spread)) throw new Fault('** wants a dict');
  const result = new Map(names);
  for (const [key, value] of entriesOf(makeDict(context, { positional: [spread], named: nothingNamed }))) {
    const name = asText(key);
    if (name === undefined || result.has(name))
      throw new Fault(name === undefined ? 'arguments have text for names' : 'an argument is given twice');
    result.set(name, value);
  }
  return result;
}

function compileRoutine(place: Place, found: Routine, value: Evaluate, given: Arguments): Evaluate {
  const values = compileArguments(place, given);
  return (frame) => found.call(frame.context, values(frame, value(frame)));
}

export function compileFilter(place: Place, node: FilterNode): Evaluate {
  const filter = known(filters, node.name, 'filter', place);
  const value = node.node
    ? compileExpression(place, node.node)
    : (place.body ?? failAt(place, node.line, 'a filter without a value'));
  return compileRoutine(place, filter, value, node.arguments);
}

function known(routines: ReadonlyMap<string, Routine>, name: string, what: string, place: Place): Routine {
  const found = routines.get(name);
  if (found) return found;
  if (!place.soft) failAt(place, place.line, `there is no ${what} named '${name}'`);
  return {
    call() {
      throw new Fault(`there is no ${what} named '${name}'`);
    },
  };
}

/** The text of a value as output shows it. */
export function outputText(context: Context, escapes: boolean, value: unknown): string {
  if (!escapes) return toText(context.budget, value);
  if (value instanceof Markup || value instanceof Module) return value.text;
  return context.escape(toText(context.budget, value));
}
