/** What one phone, or somebody who pretends to be one, may take of the server. */
export interface HttpLimits {
  /** Request line and headers. */
  readonly headerBytes: number;
  /** The target in the request line. */
  readonly targetBytes: number;
  /** A body that comes with a GET, which is read and thrown away. */
  readonly bodyBytes: number;
  /** From the first byte of a request, or the start of a connection, to the end of its headers. */
  readonly headersMs: number;
  /** From the first byte of a request to the end of its body. */
  readonly requestMs: number;
  /** How often the two above are looked after: they are late by as much. */
  readonly checkMs: number;
  /** A TLS handshake. */
  readonly handshakeMs: number;
  /** A kept connection without a request. */
  readonly idleMs: number;
  /** An answer that is due, or under way, while not a byte moves in either direction. */
  readonly stallMs: number;
  /** Requests on one connection; the last answer closes it. */
  readonly requestsPerConnection: number;
  /** Requests that wait for the answer to one before them. */
  readonly pipelined: number;
  /** Over all addresses that we listen on. */
  readonly connections: number;
  /** Of one address; not counted behind trusted proxies, where all come from a few. */
  readonly connectionsPerAddress: number;
  /** How long `close()` lets answers under way go on. */
  readonly closeMs: number;
  /** How often the certificate's files are looked at. */
  readonly certificateMs: number;
}

export const DEFAULT_LIMITS: HttpLimits = {
  // What node:http takes by default. A phone sends less than 1 KiB, a proxy may add a client certificate of some KiB.
  headerBytes: 16_384,
  // A phone's file has a name of some dozen bytes, and a query with all that the phone knows some hundred. The patterns of all
  // plugins run over it.
  targetBytes: 2_048,
  // The body of a GET means nothing (RFC 9110, 9.3.1); a small one is no reason to leave a phone without its file.
  bodyBytes: 8_192,
  // A request is one or two packets: enough for TCP to repeat one four times, with delays that double (1 + 2 + 4 + 8 s).
  headersMs: 20_000,
  requestMs: 30_000,
  checkMs: 1_000,
  // As for the headers; and a slow processor takes seconds for its part.
  handshakeMs: 20_000,
  // Between two files a phone reads the first one: seconds. Not more, because a boot storm leaves one connection a phone.
  idleMs: 10_000,
  // A phone that writes firmware to its flash stops reading meanwhile.
  stallMs: 60_000,
  // A boot is a few dozen, a firmware image of 40 MB in ranges of 64 KiB some 600.
  requestsPerConnection: 1_000,
  // Phones do not pipeline. What arrives in one read (64 KiB) is taken before reading can pause: requests of 100 bytes and
  // more are never too many. Measured: 2.6 KiB for each that waits.
  pipelined: 700,
  // Measured: 21 KiB each, with TLS 63, so 600 MB at the worst. 10,000 phones that boot at once.
  connections: 10_000,
  // A site of 500 phones behind one NAT, two connections each.
  connectionsPerAddress: 1_000,
  // systemd waits 90 s before it kills. An image may take longer; the phone asks again.
  closeMs: 10_000,
  // Renewals come days before the end; two reads of some KiB cost nothing.
  certificateMs: 10_000,
};
