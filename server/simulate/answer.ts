/** What a phone gets for one try to fetch a file. */
export type Answer =
  | {
      readonly kind: 'file';
      /** As they came. */
      readonly bytes: number;
      /** Undefined when nobody wanted to keep it. */
      readonly content: Buffer | undefined;
    }
  /** There is no such file. */
  | { readonly kind: 'missing' }
  | {
      readonly kind: 'failed';
      /** The same words for the same kind of failure: they are counted. */
      readonly why: string;
      /** What came before it failed. */
      readonly bytes: number;
      /** It may be better a little later. */
      readonly again: boolean;
    };

/** How one phone fetches, over whatever transport. */
export interface Line {
  /** Never rejects. @param keep whether the content is looked at; else its bytes are counted only */
  fetch(path: string, userAgent: string | undefined, keep: boolean): Promise<Answer>;
  /** Ends what is under way, and every connection. It may fetch again. */
  hangUp(): void;
}

/** A configuration file is not larger; what is, is no configuration file and would fill our memory. */
export const mostKept = 16 * 1_048_576;

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ETIMEDOUT: 'no connection',
  EHOSTUNREACH: 'no route to the server',
  ENETUNREACH: 'no route to the server',
  EADDRNOTAVAIL: 'no local address or port left',
  EADDRINUSE: 'no local address or port left',
  EMFILE: 'no file descriptor left (ulimit -n)',
  ENFILE: 'no file descriptor left on this host',
};

/** What an error of a socket is called. */
export function socketFailure(cause: NodeJS.ErrnoException, bytes: number): Answer {
  const { code = '', message } = cause;
  const isTls = /^(?:ERR_(?:TLS|SSL)|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_)/.test(code);
  const why = words[code] ?? (isTls ? `TLS: ${code.toLowerCase().replaceAll('_', ' ')}` : code || message);
  // A certificate does not get better by asking again.
  return { kind: 'failed', why, bytes, again: !isTls };
}
