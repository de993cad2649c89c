import type { Budget } from './budget.ts';
import { Writer } from './budget.ts';
import { Fault, type Position } from './errors.ts';
import { type CallArguments, Exhibit, entriesOf, type Mapping, Markup, missing, Undefined } from './values.ts';

/** What a compiled template looks like to the runtime. */
export interface Program {
  readonly name: string;
  readonly blocks: ReadonlyMap<string, Part>;
  readonly root: Part;
}

/** Writes one part of a template: its root or a block. */
export type Part = (context: Context, out: Writer) => void;

/** What all templates of one rendering share. */
export interface Rendering {
  readonly budget: Budget;
  /** Whether output is escaped where a template does not say otherwise. */
  readonly autoescape: boolean;
  /** What escaping means; XML's unless the environment says otherwise. */
  readonly escape: (text: string) => string;
  readonly strict: boolean;
  readonly globals: ReadonlyMap<string, unknown>;
  /** The program of a name, or undefined when the loader has none. */
  readonly load: (name: string) => Program | undefined;
  /** Modules that were imported without context: made once. */
  readonly modules: Map<Program, Module>;
  /** Where evaluation is, for errors. */
  at: Position;
}

/** The variables of a template while it renders, its blocks, and whether it escapes right now. */
export class Context {
  readonly rendering: Rendering;
  readonly name: string;
  readonly variables = new Map<string, unknown>();
  readonly exported = new Set<string>();
  /** The versions of each block, the youngest first. */
  readonly blocks: Map<string, Part[]>;
  readonly evaluation: { autoescape: boolean };
  private readonly parent: ReadonlyMap<unknown, unknown>;

  constructor(
    rendering: Rendering,
    name: string,
    parent: ReadonlyMap<unknown, unknown>,
    blocks: Iterable<readonly [string, readonly Part[]]>,
    evaluation = { autoescape: rendering.autoescape },
  ) {
    this.rendering = rendering;
    this.name = name;
    this.parent = parent;
    this.blocks = new Map(Array.from(blocks, ([block, parts]) => [block, [...parts]]));
    this.evaluation = evaluation;
  }

  get budget(): Budget {
    return this.rendering.budget;
  }

  get autoescape(): boolean {
    return this.evaluation.autoescape;
  }

  get escape(): (text: string) => string {
    return this.rendering.escape;
  }

  resolve(name: string): unknown {
    const own = this.variables.get(name);
    if (own !== undefined) return own;
    const given = this.parent.get(name);
    if (given !== undefined) return given;
    const global = this.rendering.globals.get(name);
    return global === undefined ? missing : global;
  }

  /** Every variable by name but the globals, with those of the place where a template is included added. */
  all(locals: Iterable<readonly [string, unknown]> = []): ReadonlyMap<unknown, unknown> {
    const variables = new Map(this.parent);
    for (const [name, value] of this.variables) variables.set(name, value);
    for (const [name, value] of locals) if (value !== missing) variables.set(name, value);
    return variables;
  }

  /** The same place with more variables: what a scoped block sees. */
  derive(locals: Iterable<readonly [string, unknown]>): Context {
    return new Context(this.rendering, this.name, this.all(locals), this.blocks, this.evaluation);
  }

  /** A context for another template. */
  open(program: Program, variables: ReadonlyMap<unknown, unknown>): Context {
    const blocks = Array.from(program.blocks, ([name, part]) => [name, [part]] as const);
    return new Context(this.rendering, program.name, variables, blocks);
  }

  undefined_(reason: string): Undefined {
    return new Undefined(reason, this.rendering.strict);
  }

  /** Text that was made by output that is escaped already. */
  captured(text: string): string | Markup {
    return this.autoescape ? new Markup(text) : text;
  }

  /** What a part of a template writes. */
  capture(write: (out: Writer) => void): string {
    const out = new Writer(this.budget);
    this.budget.deeper(() => write(out));
    return out.toString();
  }

  /** Runs code of another place and comes back to this one, for errors. */
  elsewhere<T>(run: () => T): T {
    const { rendering } = this;
    const { at } = rendering;
    const result = run();
    rendering.at = at;
    return result;
  }
}

/** `self` in a template: its blocks by name. */
export class Self extends Exhibit {
  private readonly context: Context;

  constructor(context: Context) {
    super();
    this.context = context;
  }

  override attribute(name: string): unknown {
    const parts = this.context.blocks.get(name);
    return parts ? new BlockReference(name, this.context, parts, 0) : missing;
  }

  override print(): string {
    return `<TemplateReference '${this.context.name}'>`;
  }
}

/** A version of a block that can be called: `super()`, `self.title()`. */
export class BlockReference extends Exhibit {
  private readonly name: string;
  private readonly context: Context;
  private readonly parts: readonly Part[];
  private readonly index: number;

  constructor(name: string, context: Context, parts: readonly Part[], index: number) {
    super();
    this.name = name;
    this.context = context;
    this.parts = parts;
    this.index = index;
  }

  /** The block's version after the given one. */
  static after(name: string, context: Context, part: Part): unknown {
    const parts = context.blocks.get(name) ?? [];
    const index = parts.indexOf(part) + 1;
    return index > 0 && index < parts.length ? new BlockReference(name, context, parts, index) : noParent(context, name);
  }

  override attribute(name: string): unknown {
    if (name === 'name') return this.name;
    if (name !== 'super') return missing;
    const next = this.index + 1;
    return next < this.parts.length
      ? new BlockReference(this.name, this.context, this.parts, next)
      : noParent(this.context, this.name);
  }

  override print(): undefined {
    return undefined;
  }

  override call(_context: Context, list: CallArguments): unknown {
    if (list.positional.length + list.named.size > 0) throw new Fault('a block takes no arguments');
    const part = this.parts[this.index];
    return this.context.captured(this.context.capture((out) => part?.(this.context, out)));
  }
}

function noParent(context: Context, name: string): Undefined {
  return context.undefined_(`there is no parent block called '${name}'`);
}

/** What `import` gives: the names that a template exports, and its text. */
export class Module extends Exhibit {
  readonly text: string;
  private readonly name: string;
  private readonly exports: ReadonlyMap<string, unknown>;

  constructor(program: Program, from: Context, variables: ReadonlyMap<unknown, unknown>) {
    super();
    const context = from.open(program, variables);
    this.name = program.name;
    this.text = from.elsewhere(() => context.capture((out) => program.root(context, out)));
    this.exports = new Map(Array.from(context.exported, (name) => [name, context.resolve(name)] as const));
  }

  /** The one that all imports without context share. */
  static shared(program: Program, from: Context): Module {
    const { modules } = from.rendering;
    const module = modules.get(program) ?? new Module(program, from, new Map());
    modules.set(program, module);
    return module;
  }

  override attribute(name: string): unknown {
    return this.exports.get(name) ?? missing;
  }

  override print(): string {
    return this.text;
  }

  describe(): string {
    return `the template '${this.name}'`;
  }
}

/** The variables that a rendering begins with. A Map is used as it is: what it has beside names, no name finds. */
export function startVariables(given: Mapping): ReadonlyMap<unknown, unknown> {
  return given instanceof Map ? given : new Map(entriesOf(given));
}
