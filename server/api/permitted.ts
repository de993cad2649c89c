import * as z from 'zod';
import { concerns, isPattern } from '../access/permissions.ts';
import { nearest } from '../lib/nearest.ts';
import { bodyInvalid } from './input.ts';

/** What a token or a user may, in a body. */
export const permissions = z
  .array(z.string({ error: 'must be a text' }), { error: 'must be a list of texts, such as devices.read' })
  .meta({
    description: 'Words with dots between them; * is one word, # one word or more, ! before it takes away.',
  });

/**
 * A slip would permit nothing, or take nothing away.
 * @param all that can be permitted
 * @throws HttpProblem body-invalid
 */
export function checkPermissions(patterns: readonly string[], all: ReadonlySet<string>): void {
  const complaints = patterns.flatMap((pattern, index) => {
    // Those of provd have ids in them, of which nobody knows all.
    if (!isPattern(pattern) || /^!?provd\./.test(pattern) || concerns(pattern, all)) return [];
    const like = nearest(pattern.replace(/^!/, ''), [...all]);
    const hint = like === undefined ? 'docs/api.md has all that there is' : `did you mean ${like}?`;
    return [{ path: `permissions.${index}`, message: `${pattern} is nothing that can be permitted: ${hint}` }];
  });
  if (complaints.length > 0) throw bodyInvalid('The body is not valid', complaints);
}
