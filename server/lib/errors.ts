/** One thing that is wrong with what somebody gave us, and where. */
export interface Complaint {
  /** Where: `raw_config.sip_lines.1.proxy_port`, or a settings key; empty for the whole. */
  readonly path: string;
  readonly message: string;
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

/** The text of whatever was thrown, for a log line or a message. */
export function reason(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
