import type { Budget } from './budget.ts';
import { Fault } from './errors.ts';
import { represent } from './print.ts';
import type { Context } from './runtime.ts';
import { type CallArguments, Callable, Dict, missing, Tuple } from './values.ts';

/** How a macro takes its arguments. */
export interface MacroSignature {
  readonly name: string | undefined;
  readonly parameters: readonly string[];
  readonly takesNamed: boolean;
  readonly takesRest: boolean;
  readonly usesCaller: boolean;
}

/** A macro as a value. `invoke` gets the parameters in order, then the caller, the named and the further ones. */
export function makeMacro(budget: Budget, signature: MacroSignature, invoke: (values: readonly unknown[]) => string): Callable {
  const { name, parameters } = signature;
  const attributes: Readonly<Record<string, unknown>> = {
    name: name ?? null,
    arguments: new Tuple(parameters),
    catch_kwargs: signature.takesNamed,
    catch_varargs: signature.takesRest,
    caller: signature.usesCaller,
    explicit_caller: parameters.includes('caller'),
  };
  return new Callable(
    (context, list) => {
      const text = context.elsewhere(() => invoke(macroValues(signature, list, context)));
      return context.captured(text);
    },
    name === undefined ? '<Macro anonymous>' : `<Macro ${represent(budget, name)}>`,
    (attribute) => (Object.hasOwn(attributes, attribute) ? attributes[attribute] : missing),
  );
}

function macroValues(signature: MacroSignature, { positional, named }: CallArguments, context: Context): unknown[] {
  const { parameters } = signature;
  const values: unknown[] = positional.slice(0, parameters.length);
  const left = new Map(named);
  const take = (name: string) => {
    const value = left.has(name) ? left.get(name) : missing;
    left.delete(name);
    return value;
  };
  let foundCaller = values.length === parameters.length && parameters.includes('caller');
  for (const name of parameters.slice(values.length)) {
    if (name === 'caller') foundCaller = true;
    values.push(take(name));
  }
  if (signature.usesCaller && !foundCaller) {
    const caller = take('caller');
    values.push(caller === missing || caller === null ? context.undefined_('no caller is defined') : caller);
  }
  if (signature.takesNamed) values.push(new Dict(left));
  else if (left.size > 0) throw new Fault('the macro has no such parameter');
  if (signature.takesRest) values.push(new Tuple(positional.slice(parameters.length)));
  else if (positional.length > parameters.length) throw new Fault('too many arguments for the macro');
  return values;
}
