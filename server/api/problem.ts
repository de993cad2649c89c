import { STATUS_CODES } from 'node:http';
import * as z from 'zod';
import { Limited } from '../lib/attempts.ts';
import { type Complaint, ProvisioningError } from '../lib/errors.ts';
import { OperationRunning } from '../operations/model.ts';
import type { Answer } from './route.ts';

/** An error that knows its status: one of the request itself, or one that means something else here than where it was thrown. */
export class HttpProblem extends ProvisioningError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    options: { cause?: unknown; complaints?: readonly Complaint[]; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(code, message, options);
    this.status = status;
    this.headers = options.headers ?? {};
  }
}

/** How an error is answered (RFC 9457). */
export const problemSchema = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: 'What is wrong, for programs: it stays the same.' }),
    detail: z.string().meta({ description: 'What is wrong, for people.' }),
    complaints: z.array(z.strictObject({ path: z.string(), message: z.string() })),
    operation: z.string().optional().meta({ description: 'The operation that is in the way.' }),
  })
  .meta({ id: 'Problem' });

/** What the code of a service's error means to a client. Any other code is a fault of the server. */
const STATUSES: readonly (readonly [pattern: RegExp, status: number])[] = [
  [/^store-(?:busy|full|closed|not-writable)$/, 503],
  [/^disk-(?:full|not-writable)$/, 503],
  [/^wazo-auth-unavailable$/, 503],
  [/^store-/, 500],
  [/^access-login-refused$/, 401],
  [/-limited$/, 429],
  [/^firmware-file-unknown$/, 422],
  [/-(?:unknown|not-installed)$/, 404],
  [/-invalid$/, 400],
  [
    /-(?:broken|taken|changed|not-deletable|not-writable|in-use|needed|running|ended|refused|conflicting|unmergeable|foreign|prepared|held|ambiguous)$/,
    409,
  ],
];

/** The status for what was thrown: 500 for whatever is no error of a known kind. */
export function statusOf(thrown: unknown): number {
  if (thrown instanceof HttpProblem) return thrown.status;
  // The router's, for a path whose escapes are no UTF-8.
  if (thrown instanceof URIError) return 400;
  if (!(thrown instanceof ProvisioningError)) return 500;
  return STATUSES.find(([pattern]) => pattern.test(thrown.code))?.[1] ?? 500;
}

/** The answer for what was thrown, as RFC 9457 has it, with `code` and `complaints`, and the `operation` that is in the way. Of a fault of the server it tells nothing. */
export function problemAnswer(thrown: unknown): Answer {
  const status = statusOf(thrown);
  const { code, detail, complaints } = tellable(thrown, status);
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      // RFC 9110, section 15.5.2.
      ...(status === 401 && { 'www-authenticate': 'Bearer realm="offhook"' }),
      ...(status === 503 && { 'retry-after': '1' }),
      ...(thrown instanceof Limited && { 'retry-after': String(thrown.seconds) }),
      ...(thrown instanceof HttpProblem && thrown.headers),
    },
    json: {
      type: 'about:blank',
      title: STATUS_CODES[status] ?? 'Error',
      status,
      code,
      detail,
      complaints,
      ...(thrown instanceof OperationRunning && { operation: thrown.operation }),
    },
  };
}

function tellable(thrown: unknown, status: number): { code: string; detail: string; complaints: readonly Complaint[] } {
  if (thrown instanceof URIError)
    return { code: 'path-invalid', detail: 'The path has an escape that is no UTF-8', complaints: [] };
  if (status === 500 || !(thrown instanceof ProvisioningError)) {
    return { code: 'internal', detail: 'The server failed; its log says why, as the event api.failed', complaints: [] };
  }
  const complaints = thrown.complaints.map(({ path, message }) => ({ path, message }));
  return { code: thrown.code, detail: thrown.message, complaints };
}

/** Runs work that may fail for what is stored rather than for what was asked: such an error is answered with 409. */
export async function conflicting<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof ProvisioningError) || /^store-/.test(cause.code) || cause instanceof OperationRunning) throw cause;
    throw new HttpProblem(409, cause.code, cause.message, { cause, complaints: cause.complaints });
  }
}
