import { Fault } from './errors.ts';
import { numberFilters } from './filters-number.ts';
import { sequenceFilters } from './filters-sequence.ts';
import { textFilters } from './filters-text.ts';
import { getOnlyAttribute } from './lookup.ts';
import { isTrue } from './operations.ts';
import { type Routine, routine, variadic } from './routines.ts';
import { asText, Undefined } from './values.ts';

function refused(why: string): Routine {
  return variadic(() => {
    throw new Fault(why, 'template-unsupported');
  });
}

const byDefault = routine('value default_value? boolean?', (_, value, otherwise = '', boolean = false) => {
  if (value instanceof Undefined) return otherwise;
  return isTrue(boolean) && !isTrue(value) ? otherwise : value;
});

/** What may stand after `|`: all of Jinja's own filters. */
export const filters: ReadonlyMap<string, Routine> = new Map([
  ...Object.entries(textFilters),
  ...Object.entries(numberFilters),
  ...Object.entries(sequenceFilters),
  ['attr', routine('value name', (context, value, name) => getOnlyAttribute(context, value, asText(name) ?? ''))],
  ['d', byDefault],
  ['default', byDefault],
  // A file has to come out the same every time it is asked for.
  ['random', refused('the filter random is not supported: its result changes from one rendering to the next')],
  ['urlize', refused('the filter urlize is not supported: it makes HTML links')],
]);
