import { HttpProblem } from './problem.ts';

/** What is stored and counts its changes. */
interface Revised {
  readonly created: number;
  readonly revision: number;
}

/** Names what is stored as it is now (RFC 9110, 8.8.3). With the time at which it was made: what was removed and made again is another. */
export function tagOf({ created, revision }: Revised): string {
  return `"${created.toString(36)}-${revision}"`;
}

/** @throws HttpProblem 412 when the client read another revision than the stored one (RFC 9110, 13.1.1) */
export function checkRevision(ifMatch: string | undefined, stored: Revised): void {
  checkTag(ifMatch, tagOf(stored));
}

/** @throws HttpProblem 412 as above, for what is named otherwise */
export function checkTag(ifMatch: string | undefined, tag: string): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return;
  if (ifMatch.split(',').some((each) => each.trim() === tag)) return;
  throw revisionMismatch();
}

export function revisionMismatch(cause?: unknown): HttpProblem {
  return new HttpProblem(412, 'revision-mismatch', 'It was changed since you read it; read it again', { cause });
}

/** When it is stored as a time of RFC 3339, in UTC. */
export function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
