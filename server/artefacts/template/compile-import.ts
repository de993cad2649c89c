import { compileExpression, type Execute, type Frame, outer, type Place } from './compile-expression.ts';
import { compileTarget } from './compile-scope.ts';
import { Fault } from './errors.ts';
import type { Expression, Statement } from './nodes.ts';
import { toList } from './operations.ts';
import { type Context, Module, type Program } from './runtime.ts';
import { asText, missing, Tuple, Undefined } from './values.ts';

/** How a template takes in others, by name. */

/** The variables assigned so far in the scopes around a place. */
export function localsOf(place: Place): (frame: Frame) => [string, unknown][] {
  const visible = [...place.scope.visible()].map(([name, { activation, index }]) => {
    return [name, place.activation.depth - activation.depth, index] as const;
  });
  return (frame) => visible.map(([name, hops, index]) => [name, outer(frame, hops).slots[index]]);
}

export function compileInclude(place: Place, node: Extract<Statement, { kind: 'include' }>): Execute {
  const template = compileExpression(place, node.template);
  const locals = localsOf(place);
  return (frame) => {
    const { context, out } = frame;
    const program = select(context, template(frame), node.template, node.ignoreMissing);
    if (!program) return;
    if (!node.withContext) return out.write(Module.shared(program, context).text);
    const opened = context.open(program, context.all(locals(frame)));
    context.elsewhere(() => context.budget.deeper(() => program.root(opened, out)));
  };
}

export function compileImport(place: Place, node: Extract<Statement, { kind: 'import' | 'from' }>): Execute {
  const template = compileExpression(place, node.template);
  const locals = localsOf(place);
  const names = node.kind === 'import' ? [] : node.names;
  const targets = (node.kind === 'import' ? [node.target] : names.map(([, here]) => here)).map((name) => {
    const assign = compileTarget({ ...place, toplevel: false }, { kind: 'name', line: node.line, name, use: 'store' });
    return (frame: Frame, value: unknown) => {
      assign(frame, value);
      if (!place.toplevel) return;
      frame.context.variables.set(name, value);
      frame.context.exported.delete(name);
    };
  });
  return (frame) => {
    const { context } = frame;
    const program = find(context, template(frame), node.template);
    const module = node.withContext ? new Module(program, context, context.all(locals(frame))) : Module.shared(program, context);
    if (node.kind === 'import') return targets[0]?.(frame, module);
    names.forEach(([there], index) => {
      const value = module.attribute(there);
      const reason = `${module.describe()} does not export '${there}'`;
      targets[index]?.(frame, value === missing ? context.undefined_(reason) : value);
    });
  };
}

/** How a template is called in an error: by its name if the template spells it out, for a computed one may be a secret. */
function notFound(node: Expression): never {
  const name = node.kind === 'constant' && typeof node.value === 'string' ? ` '${node.value}'` : '';
  throw new Fault(`there is no template${name}`, 'template-not-found');
}

export function find(context: Context, name: unknown, node: Expression): Program {
  return select(context, name, node, false) ?? notFound(node);
}

/** The first template of a name, or of a list of names, that there is. */
function select(context: Context, given: unknown, node: Expression, ignoreMissing: boolean): Program | undefined {
  if (given instanceof Undefined) given.fail();
  const names = Array.isArray(given) || given instanceof Tuple ? toList(context.budget, given) : [given];
  for (const name of names) {
    const text = asText(name);
    if (text === undefined) throw new Fault('the name of a template is a text');
    const program = context.rendering.load(text);
    if (program) return program;
  }
  return ignoreMissing ? undefined : notFound(node);
}
