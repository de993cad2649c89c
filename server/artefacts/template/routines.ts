import { Fault } from './errors.ts';
import type { Context } from './runtime.ts';
import { asInteger, type CallArguments } from './values.ts';

/** A filter, test, method or global function: how it is called, and what it does. */
export interface Routine {
  call(context: Context, list: CallArguments): unknown;
}

export const nothingNamed: ReadonlyMap<string, unknown> = new Map();

/**
 * A routine with named parameters, as in `'value default_value? boolean?'`: a question mark makes one optional,
 * and one that is not given arrives as undefined (no value of a template is).
 */
export function routine(signature: string, run: (context: Context, ...values: unknown[]) => unknown): Routine {
  const parameters = signature === '' ? [] : signature.split(' ').map((word) => word.replace('?', ''));
  const required = signature.split(' ').filter((word) => word !== '' && !word.endsWith('?')).length;
  return {
    call(context, { positional, named }) {
      if (positional.length > parameters.length) throw new Fault('too many arguments');
      let values = positional;
      if (named.size > 0) {
        const filled: unknown[] = [...positional];
        for (const [name, value] of named) {
          const index = parameters.indexOf(name);
          if (index === -1) throw new Fault('an unknown argument');
          if (index < positional.length) throw new Fault('an argument is given twice');
          filled[index] = value;
        }
        values = filled;
      }
      for (let i = 0; i < required; i++) if (values[i] === undefined) throw new Fault('an argument is missing');
      return run(context, ...values);
    },
  };
}

/** A routine that takes whatever it is given. */
export function variadic(run: (context: Context, list: CallArguments) => unknown): Routine {
  return { call: run };
}

/** The methods of a type. What is not listed does not exist. */
export type Methods = Readonly<Record<string, Routine>>;

export function wrong(what: string): never {
  throw new Fault(`an argument should be ${what}`);
}

export function needInteger(value: unknown): number {
  const given = asInteger(value);
  return given === undefined ? wrong('an integer') : Number(given);
}
