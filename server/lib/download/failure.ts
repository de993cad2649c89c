import { codeOf, ProvisioningError } from '../errors.ts';

/** Why one try ended. Its message is a part of a sentence, without the URL, and holds no secret. */
export class Failure extends ProvisioningError {
  /** Whether trying again may help. */
  readonly passing: boolean;
  /** How long the server wants to be left alone, in milliseconds. */
  readonly afterMs: number | undefined;
  /** The answer it was, if it was one. */
  readonly status: number | undefined;

  constructor(
    code: string,
    message: string,
    options: { cause?: unknown; passing?: boolean; afterMs?: number | undefined; status?: number } = {},
  ) {
    super(code, message, options);
    this.name = 'Failure';
    this.passing = options.passing ?? false;
    this.afterMs = options.afterMs;
    this.status = options.status;
  }
}

/** What a status means that is no success. @param who answered */
export function statusFailure(status: number, who: string, retryAfter?: string): Failure {
  const afterMs = retryAfterMs(retryAfter);
  const passing = status === 408 || status === 429 || status >= 500;
  const [code, meaning] =
    status === 401 || status === 403
      ? ['download-refused', `${who} refuses it or wants other credentials`]
      : status === 407
        ? ['download-refused', `${who} wants other credentials`]
        : status === 404 || status === 410
          ? ['download-missing', `${who} has no such file`]
          : ['download-failed', `${who} cannot serve it`];
  return new Failure(code, `${meaning} (HTTP ${status})`, { passing, afterMs, status });
}

/** Seconds, or a date (RFC 9110, 10.2.3). */
function retryAfterMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

/** What the system says of connections, in words; those that may pass, and those that will not. */
const passing: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was cut off',
  ECONNABORTED: 'the connection was cut off',
  EPIPE: 'the connection was cut off',
  ERR_STREAM_PREMATURE_CLOSE: 'the connection was cut off',
  ETIMEDOUT: 'nobody answers',
  EHOSTUNREACH: 'there is no way to that host',
  EHOSTDOWN: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ENETDOWN: 'the network is down',
  EAI_AGAIN: 'the name servers do not answer',
};
const lasting: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no host of that name',
};

/** @param where the connection was to lead: `files.example.com`, `the proxy …` */
export function connectionFailure(cause: unknown, where: string): Failure {
  if (cause instanceof Failure) return cause;
  const code = codeOf(cause);
  const words = passing[code] ?? lasting[code];
  if (words !== undefined) return new Failure('download-failed', `${where}: ${words}`, { cause, passing: code in passing });
  if (/CERT|ISSUER|SIGNED|ALTNAME|CRL/.test(code))
    return new Failure('download-untrusted', `${where}: its certificate is not trusted (${code})`, { cause });
  if (code.startsWith('HPE_')) return new Failure('download-failed', `${where}: it does not speak HTTP (${code})`, { cause });
  return new Failure('download-failed', `${where}: the connection failed (${code || 'no reason given'})`, { cause });
}
