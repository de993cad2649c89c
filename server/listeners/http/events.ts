import type { Ip } from '../../lib/ip.ts';

/**
 * Why a request or a connection is turned away before it reaches the pipeline. Those above the line are answered, with the
 * status that RFC 9110, section 15 or RFC 6585 gives them, and close the connection; the rest is cut.
 */
export type Refusal =
  | 'malformed'
  | 'forwarded'
  | 'method'
  | 'slow'
  | 'body'
  | 'target'
  | 'expectation'
  | 'headers'
  | 'version'
  // ----
  | 'stalled'
  | 'impatient'
  | 'pipelined'
  | 'connections'
  | 'connections-per-address';

/** What happens on the listener, for metrics and logs. No event holds a path: provisioning keys stand in paths. */
export type HttpEvent =
  | {
      readonly kind: 'finished';
      readonly transport: 'http' | 'https';
      /** The phone's, behind proxies the one they tell. */
      readonly ip: Ip;
      readonly method: string;
      readonly status: number;
      /** Of the body, handed to the system. */
      readonly bytes: number;
      /** From the headers read to the last byte handed to the system. */
      readonly ms: number;
      /** False when the phone, or a file that cannot be read, ended the answer before its end. */
      readonly complete: boolean;
    }
  /** `detail` is the parser's code for what is malformed, such as HPE_INVALID_URL. */
  | { readonly kind: 'refused'; readonly ip: Ip; readonly why: Refusal; readonly detail?: string }
  /** The connection broke: ECONNRESET, EPIPE, a TLS alert. */
  | { readonly kind: 'lost'; readonly ip: Ip; readonly code: string }
  | { readonly kind: 'handshake-failed'; readonly ip: Ip; readonly code: string }
  /** The pipeline threw, or a file could not be read. */
  | { readonly kind: 'answer-failed'; readonly ip: Ip; readonly cause: unknown }
  | { readonly kind: 'certificate-renewed' }
  /** The files changed into something unusable; the pair before stays in use. */
  | { readonly kind: 'certificate-rejected'; readonly cause: unknown }
  /** A connection could not be accepted (EMFILE …). */
  | { readonly kind: 'accept-failed'; readonly cause: unknown };
