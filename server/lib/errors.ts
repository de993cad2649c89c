/** One thing that is wrong with what somebody gave us, and where. */
export interface Complaint {
  /** Where: `raw_config.sip_lines.1.proxy_port`, or a settings key; empty for the whole. */
  readonly path: string;
  readonly message: string;
}

/** What zod finds wrong, each with its path in dots. */
export function complaintsOf({ issues }: { readonly issues: readonly Issue[] }): Complaint[] {
  return issues.map(({ path, message }) => ({ path: path.join('.'), message }));
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** The first complaint, and how many there are besides: `id: must be lower case letters (and 8 more)`. */
export function firstOf(complaints: readonly Complaint[]): string {
  const [first] = complaints.map(({ path, message }) => (path ? `${path}: ${message}` : message));
  return complaints.length > 1 ? `${first} (and ${complaints.length - 1} more)` : `${first}`;
}

/**
 * What goes wrong with a name: `code` is stable, for programs and tests; `message` says what, where and what to do, for people,
 * and holds no secret. Lower layers throw it, one catch at each edge answers and logs it.
 */
export class ProvisioningError extends Error {
  readonly code: string;
  readonly complaints: readonly Complaint[];

  constructor(code: string, message: string, options: { cause?: unknown; complaints?: readonly Complaint[] } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ProvisioningError';
    this.code = code;
    this.complaints = options.complaints ?? [];
  }
}

/** What was thrown, told with where it happened: one of ours gets words before its message, anything else goes on as it is. */
export function prefixed(words: string, thrown: unknown): unknown {
  if (!(thrown instanceof ProvisioningError)) return thrown;
  const { code, message, complaints } = thrown;
  return new ProvisioningError(code, `${words}: ${message}`, { cause: thrown, complaints });
}

/** The code by which the system, Node or a library names what went wrong, `ENOENT`; empty for an error without one. */
export function codeOf(thrown: unknown): string {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown ? String(thrown.code) : '';
}

/**
 * What is asked of the file system, or undefined where there is nothing of that name. Rejects with whatever else it says.
 *
 * @param codes by which it says so
 */
export async function ifThere<Found>(asked: Promise<Found>, codes: readonly string[] = ['ENOENT']): Promise<Found | undefined> {
  try {
    return await asked;
  } catch (cause) {
    if (codes.includes(codeOf(cause))) return undefined;
    throw cause;
  }
}

/** The text of whatever was thrown, for a log line or a message. */
export function reason(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
