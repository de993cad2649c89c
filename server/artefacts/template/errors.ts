/** Why a template was refused; stable, for programs. */
export type TemplateErrorCode =
  | 'template-syntax'
  | 'template-unsupported'
  | 'template-undefined'
  | 'template-evaluation'
  | 'template-not-found'
  | 'template-limit';

/**
 * The only error that leaves this folder. It names the template's file and line and never a value of the
 * context: those may be passwords, and errors are logged.
 */
export class TemplateError extends Error {
  readonly code: TemplateErrorCode;
  readonly template: string;
  /** 1 for the first line. */
  readonly line: number;

  constructor(code: TemplateErrorCode, reason: string, template: string, line: number) {
    super(`${template}:${line}: ${reason}`);
    this.name = 'TemplateError';
    this.code = code;
    this.template = template;
    this.line = line;
  }
}

/** A failure that does not know its place yet; the edge turns it into a TemplateError. */
export class Fault extends Error {
  readonly code: TemplateErrorCode;

  constructor(reason: string, code: TemplateErrorCode = 'template-evaluation') {
    super(reason);
    this.code = code;
  }
}

/** Where in which template a piece of code stands. */
export interface Position {
  readonly template: string;
  readonly line: number;
}

/** Gives whatever was thrown its place. Text of foreign errors is dropped: it may quote a value. */
export function located(thrown: unknown, at: Position): TemplateError {
  if (thrown instanceof TemplateError) return thrown;
  if (thrown instanceof Fault) return new TemplateError(thrown.code, thrown.message, at.template, at.line);
  // The engine's own bounds: the stack, or the longest string of the JavaScript engine.
  if (thrown instanceof RangeError) {
    return new TemplateError('template-limit', 'too deeply nested or too large', at.template, at.line);
  }
  const kind = thrown instanceof Error ? thrown.name : typeof thrown;
  return new TemplateError('template-evaluation', `cannot be evaluated (${kind})`, at.template, at.line);
}
