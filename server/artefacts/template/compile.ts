import {
  compileCall,
  compileExpression,
  compileFilter,
  type Evaluate,
  type Execute,
  type Frame,
  failAt,
  outputText,
  type Place,
  positioned,
} from './compile-expression.ts';
import { compileFor } from './compile-for.ts';
import { compileImport, compileInclude, find, localsOf } from './compile-import.ts';
import { captured, compileEntry, compileExit, compileTarget, inner, newFrame, rawText } from './compile-scope.ts';
import { Fault, type Position } from './errors.ts';
import { makeMacro } from './macro.ts';
import type { Autoescape, Block, CallBlock, Expression, If, Macro, SetBlock, Statement, With } from './nodes.ts';
import { isTrue } from './operations.ts';
import { toText } from './print.ts';
import { BlockReference, type Context, type Part, type Program, Self } from './runtime.ts';
import { Activation, allBelow, Scope, undeclared } from './symbols.ts';
import { Markup, missing } from './values.ts';

/** Turns a template's tree into closures, once; what they write depends on the context only. */
export function compileProgram(template: string, body: readonly Statement[]): Program {
  return new Compiler(template).program(body);
}

/** Compiles the statements of one template; only it knows what was said about `extends` so far. */
export class Compiler {
  private readonly template: string;
  private hasExtends = false;
  /** An `extends` that is always reached has been seen. */
  private surelyExtends = false;
  private extendsSeen = 0;
  private readonly parts = new Map<string, Part>();

  constructor(template: string) {
    this.template = template;
  }

  program(body: readonly Statement[]): Program {
    const below = body.flatMap((statement) => [statement, ...allBelow(statement)]);
    const blocks = below.filter((node) => node.kind === 'block');
    this.hasExtends = below.some(({ kind }) => kind === 'extends');
    const root = this.root(body);
    for (const block of blocks) {
      const place = { template: this.template, line: block.line };
      if (this.parts.has(block.name)) failAt(place as Place, block.line, `the block '${block.name}' is defined twice`);
      this.parts.set(block.name, this.blockPart(block));
    }
    return { name: this.template, root, blocks: this.parts };
  }

  private place(scope: Scope, root: boolean): Place {
    return {
      template: this.template,
      line: 0,
      scope,
      activation: scope.activation,
      soft: false,
      toplevel: root,
      rootlevel: root,
      escapes: ({ rendering }) => rendering.autoescape,
      joinsSafe: ({ rendering }) => rendering.autoescape,
      checksExtends: root && this.hasExtends,
    };
  }

  private root(body: readonly Statement[]): Part {
    const scope = new Scope(new Activation());
    const self = undeclared(body, ['self']).has('self') ? scope.parameter('self') : undefined;
    const place = this.place(scope.enter(body), true);
    const run = this.body(place, body);
    const enter = compileEntry(place);
    return (context, out) => {
      const frame = newFrame(scope.activation, context, out);
      if (self) frame.slots[self.index] = new Self(context);
      enter(frame);
      run(frame);
      const parent = frame.extended;
      if (parent) context.budget.deeper(() => parent.root(context, out));
    };
  }

  private blockPart({ name, body }: Block): Part {
    const scope = new Scope(new Activation());
    const special = undeclared(body, ['self', 'super']);
    const self = special.has('self') ? scope.parameter('self') : undefined;
    const parent = special.has('super') ? scope.parameter('super') : undefined;
    const place = this.place(scope.enter(body), false);
    const run = this.body(place, body);
    const enter = compileEntry(place);
    const part: Part = (context, out) => {
      const frame = newFrame(scope.activation, context, out);
      if (self) frame.slots[self.index] = new Self(context);
      if (parent) frame.slots[parent.index] = BlockReference.after(name, context, part);
      enter(frame);
      run(frame);
    };
    return part;
  }

  /** Statements one after the other, each of which says where it is. */
  body(place: Place, statements: readonly Statement[]): Execute {
    const runs: Execute[] = [];
    for (const statement of statements) {
      const here = { ...place, line: statement.line };
      const run = this.statement(here, statement);
      if (!run) continue;
      const at: Position = { template: this.template, line: statement.line };
      runs.push((frame) => {
        frame.context.rendering.at = at;
        run(frame);
      });
    }
    return (frame) => {
      for (const run of runs) run(frame);
    };
  }

  private statement(place: Place, node: Statement): Execute | undefined {
    switch (node.kind) {
      case 'output':
        return this.output(place, node.nodes);
      case 'for':
        return compileFor(this, place, node);
      case 'if':
        return this.conditional(place, node);
      case 'set': {
        const value = compileExpression(place, node.value);
        const assign = compileTarget(place, node.target);
        return (frame) => assign(frame, value(frame));
      }
      case 'set block':
        return this.setBlock(place, node);
      case 'macro':
        return this.macro(place, node);
      case 'call block': {
        const caller = this.macroValue(place, node, undefined);
        const call = compileCall(place, node.call, caller);
        return (frame) => frame.out.write(rawText(call(frame)));
      }
      case 'filter block': {
        const scope = new Scope(place.activation, place.scope).enter([...node.body, node.filter]);
        const within = inner(place, scope);
        const text = this.captureValue(within, node.body);
        const filter = compileFilter({ ...within, body: text }, node.filter);
        const [enter, exit] = [compileEntry(within), compileExit(within)];
        return (frame) => {
          enter(frame);
          frame.out.write(rawText(filter(frame)));
          exit(frame);
        };
      }
      case 'with':
        return this.with_(place, node);
      case 'autoescape':
        return this.autoescape(place, node);
      case 'block':
        return this.block(place, node);
      case 'extends':
        return this.extends_(place, node.template, node.line);
      case 'include':
        return compileInclude(place, node);
      case 'import':
      case 'from':
        return compileImport(place, node);
    }
  }

  private output(place: Place, nodes: readonly Expression[]): Execute | undefined {
    if (place.checksExtends && this.surelyExtends) return undefined;
    const { checksExtends } = place;
    const writes = nodes.map((node): Execute => {
      if (node.kind === 'data') return (frame) => frame.out.write(node.text);
      const value = compileExpression(place, node);
      const write = positioned(place, node.line, (frame) =>
        frame.out.write(outputText(frame.context, place.escapes(frame.context), value(frame))),
      );
      return (frame) => void write(frame);
    });
    return (frame) => {
      if (checksExtends && rootOf(frame).extended) return;
      for (const write of writes) write(frame);
    };
  }

  private conditional(place: Place, node: If): Execute {
    const soft = { ...place, soft: true, rootlevel: false };
    const branches = [node, ...node.elifs].map(
      ({ test, body }) => [compileExpression(soft, test), this.body(soft, body)] as const,
    );
    const otherwise = this.body(soft, node.otherwise);
    return (frame) => {
      for (const [test, body] of branches) if (isTrue(test(frame))) return body(frame);
      otherwise(frame);
    };
  }

  /** The text of a body, safe where output is escaped. */
  private captureValue(place: Place, body: readonly Statement[]): Evaluate {
    const run = this.body(place, body);
    return (frame) => frame.context.captured(captured(frame, run));
  }

  private setBlock(place: Place, node: SetBlock): Execute {
    const scope = new Scope(place.activation, place.scope).enter(node.filter ? [...node.body, node.filter] : node.body);
    // A set block captures, also in a template that extends another.
    const within = { ...inner(place, scope), checksExtends: false };
    const text = this.captureValue(within, node.body);
    const value = node.filter ? compileFilter({ ...within, body: text }, node.filter) : text;
    const assign = compileTarget(place, node.target);
    const [enter, exit] = [compileEntry(within), compileExit(within)];
    return (frame) => {
      enter(frame);
      const result = value(frame);
      assign(frame, frame.context.autoescape ? new Markup(toText(frame.context.budget, result)) : result);
      exit(frame);
    };
  }

  private macro(place: Place, node: Macro): Execute {
    const value = this.macroValue(place, node, node.name);
    const assign = compileTarget(place, { kind: 'name', line: node.line, name: node.name, use: 'store' });
    return (frame) => assign(frame, value(frame));
  }

  private macroValue(place: Place, node: Macro | CallBlock, name: string | undefined): Evaluate {
    const activation = new Activation(place.activation);
    const scope = new Scope(activation, place.scope);
    const parameters = node.parameters.map((parameter) => parameter.name);
    const special = undeclared(node.body, ['caller', 'kwargs', 'varargs']);
    const usesCaller = special.has('caller');
    const first = parameters.length - node.defaults.length;
    if (usesCaller && parameters.includes('caller') && parameters.indexOf('caller') < first) {
      failAt(place, node.line, "the parameter 'caller' wants a default");
    }
    const takesNamed = special.has('kwargs') && !parameters.includes('kwargs');
    const takesRest = special.has('varargs') && !parameters.includes('varargs');
    const further = [usesCaller && !parameters.includes('caller') && 'caller', takesNamed && 'kwargs', takesRest && 'varargs'];
    const slots = [...parameters, ...further.filter((one) => one !== false)].map((one) => scope.parameter(one));
    scope.enter([...node.defaults, ...node.body]);
    const within: Place = { ...inner(place, scope), checksExtends: false };
    const defaults = node.defaults.map((value) => compileExpression(within, value));
    const body = this.body(within, node.body);
    const enter = compileEntry(within);
    const fill = (frame: Frame) =>
      parameters.forEach((parameter, index) => {
        const slot = slots[index]?.index ?? 0;
        if (frame.slots[slot] !== missing) return;
        const value = defaults[index - first];
        frame.slots[slot] = value ? value(frame) : frame.context.undefined_(`the parameter '${parameter}' was not given`);
      });
    const signature = { name, parameters, takesNamed, takesRest, usesCaller };
    return (defining) =>
      makeMacro(defining.context.budget, signature, (values) =>
        defining.context.capture((out) => {
          const frame = newFrame(activation, defining.context, out, defining);
          slots.forEach((slot, index) => {
            frame.slots[slot.index] = values[index] ?? null;
          });
          enter(frame);
          fill(frame);
          body(frame);
        }),
      );
  }

  private with_(place: Place, node: With): Execute {
    const scope = new Scope(place.activation, place.scope).enter([...node.targets, ...node.body]);
    const within = inner(place, scope);
    const steps = node.targets.map((target, index) => {
      const value = node.values[index];
      return [compileTarget(within, target), value ? compileExpression(place, value) : () => null] as const;
    });
    const body = this.body(within, node.body);
    const [enter, exit] = [compileEntry(within), compileExit(within)];
    return (frame) => {
      enter(frame);
      for (const [assign, value] of steps) assign(frame, value(frame));
      body(frame);
      exit(frame);
    };
  }

  private autoescape(place: Place, node: Autoescape): Execute {
    const scope = new Scope(place.activation, place.scope).enter([node.value, ...node.body]);
    const within = inner(place, scope);
    const value = compileExpression(within, node.value);
    const constant = node.value.kind === 'constant' ? isTrue(node.value.value) : undefined;
    const escapes = ({ autoescape }: Context) => constant ?? autoescape;
    const body = this.body({ ...within, escapes, joinsSafe: () => constant ?? false }, node.body);
    const [enter, exit] = [compileEntry(within), compileExit(within)];
    return (frame) => {
      const { evaluation } = frame.context;
      const before = evaluation.autoescape;
      enter(frame);
      evaluation.autoescape = isTrue(value(frame));
      body(frame);
      evaluation.autoescape = before;
      exit(frame);
    };
  }

  private block(place: Place, node: Block): Execute | undefined {
    if (place.toplevel && this.surelyExtends) return undefined;
    const mayExtend = place.toplevel && this.extendsSeen > 0;
    const { name, required } = node;
    const locals = node.scoped ? localsOf(place) : undefined;
    return (frame) => {
      if (mayExtend && rootOf(frame).extended) return;
      const { context, out } = frame;
      const parts = context.blocks.get(name) ?? [];
      if (required && parts.length <= 1) throw new Fault(`the required block '${name}' is not filled`);
      const within = locals ? context.derive(locals(frame)) : context;
      context.elsewhere(() => context.budget.deeper(() => parts[0]?.(within, out)));
    };
  }

  private extends_(place: Place, template: Expression, line: number): Execute {
    if (!place.toplevel) failAt(place, line, 'extends stands at the top of a template, not inside another tag');
    const again = this.extendsSeen > 0;
    const name = compileExpression(place, template);
    if (place.rootlevel) this.surelyExtends = true;
    this.extendsSeen++;
    return (frame) => {
      if (again && rootOf(frame).extended) throw new Fault('a template extends one other only');
      const program = find(frame.context, name(frame), template);
      for (const [block, part] of program.blocks) {
        const { blocks } = frame.context;
        blocks.set(block, [...(blocks.get(block) ?? []), part]);
      }
      rootOf(frame).extended = program;
    };
  }
}

function rootOf(frame: Frame): Frame {
  let root = frame;
  while (root.parent) root = root.parent;
  return root;
}
