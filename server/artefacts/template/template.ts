import { Budget, defaultLimits, type Limits, Writer } from './budget.ts';
import { compileProgram } from './compile.ts';
import { located, TemplateError } from './errors.ts';
import { globals } from './globals.ts';
import { parse } from './parser.ts';
import { escapeXml } from './print.ts';
import { Context, type Program, type Rendering, startVariables } from './runtime.ts';

/**
 * Templates, which mean what Jinja2 3.1 means by them. A template is data, not a program: it sees the context
 * that it is given and nothing else, cannot change it, and ends within its limits.
 */

export { defaultLimits, type Limits } from './budget.ts';
export { TemplateError, type TemplateErrorCode } from './errors.ts';
export { escapeXml } from './print.ts';
export { Float, Markup, Tuple } from './values.ts';

export interface TemplateSource {
  /** What errors show: `digium-2.8.1/D40.tpl`. */
  readonly name: string;
  readonly text: string;
}

/** Finds the source of a name; where to look, and in which order, is the caller's. Names are case-sensitive. */
export type Loader = (name: string) => TemplateSource | undefined;

/** Makes text harmless in the format of an artefact; `escapeXml` does for XML. */
export type Escape = (text: string) => string;

export interface Options {
  /**
   * Escapes what `{{ }}` shows, unless it is marked safe; Jinja2's autoescape. Without it nothing is escaped,
   * and the filter `e` escapes for XML.
   */
  readonly escape?: Escape;
  /**
   * `lenient` is Jinja2's default: what is undefined prints as nothing, but has no attributes. `strict` makes it
   * an error to print, walk through, compare or look into; it may still be tested for truth, with `is defined`
   * and by `default`.
   */
  readonly undefined?: 'lenient' | 'strict';
}

/** Variables by name. Maps, arrays and plain objects are read as dicts and lists; nothing in them is changed. */
export type Variables = ReadonlyMap<string, unknown> | Readonly<Record<string, unknown>>;

export interface Template {
  readonly name: string;
  /** The text, or a TemplateError. */
  render(context: Variables, limits?: Limits): string;
}

/** One template by itself; those that it includes or extends come from the loader and are compiled once. */
export function compile(source: TemplateSource, loader: Loader, options: Options = {}): Template {
  return makeTemplate(compileSource(source), cached(loader), options);
}

/** Why a text is no template, as far as the text alone tells; undefined when it is one. */
export function whyNoTemplate(source: TemplateSource): TemplateError | undefined {
  try {
    compileSource(source);
    return undefined;
  } catch (thrown) {
    return located(thrown, { template: source.name, line: 1 });
  }
}

function cached(loader: Loader): Rendering['load'] {
  const programs = new Map<string, Program>();
  return (name) => {
    const known = programs.get(name);
    if (known) return known;
    const source = loader(name);
    if (!source) return undefined;
    const program = compileSource(source);
    programs.set(name, program);
    return program;
  };
}

function compileSource({ name, text }: TemplateSource): Program {
  try {
    return compileProgram(name, parse(text, name));
  } catch (thrown) {
    throw located(thrown, { template: name, line: 1 });
  }
}

function makeTemplate(program: Program, load: Rendering['load'], options: Options): Template {
  return {
    name: program.name,
    render(variables, limits = defaultLimits) {
      const budget = new Budget(limits);
      const rendering: Rendering = {
        budget,
        autoescape: options.escape !== undefined,
        escape: options.escape ?? escapeXml,
        strict: options.undefined === 'strict',
        globals,
        load,
        modules: new Map(),
        at: { template: program.name, line: 1 },
      };
      try {
        const blocks = Array.from(program.blocks, ([name, part]) => [name, [part]] as const);
        const context = new Context(rendering, program.name, startVariables(variables), blocks);
        const out = new Writer(budget);
        program.root(context, out);
        const text = out.toString();
        if (Buffer.byteLength(text) > limits.outputBytes) {
          throw new TemplateError('template-limit', 'too much output', program.name, rendering.at.line);
        }
        return text;
      } catch (thrown) {
        throw located(thrown, rendering.at);
      }
    },
  };
}

/** Characters of ISO-8859-1 are one byte each; what it lacks becomes `?`. ASCII drops what it lacks. */
export function encode(text: string, encoding: 'utf-8' | 'iso-8859-1' | 'ascii'): Buffer {
  switch (encoding) {
    case 'utf-8':
      return Buffer.from(text, 'utf8');
    case 'iso-8859-1':
      return Buffer.from(text.replace(/[^\0-\xff]/gu, '?'), 'latin1');
    case 'ascii':
      return Buffer.from(text.replace(/[^\0-\x7f]/gu, ''), 'latin1');
  }
}
