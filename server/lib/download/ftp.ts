import { PassThrough } from 'node:stream';
import { Client, FTPError } from 'basic-ftp';
import { codeOf } from '../errors.ts';
import type { Credentials } from '../login.ts';
import { connectionFailure, Failure } from './failure.ts';
import { CONNECT_MS, decoded, hostOf, type Network, portOf, STALL_MS } from './network.ts';
import { within } from './within.ts';

export interface FtpFile {
  /** Bytes, if the server tells. */
  readonly size: number | undefined;
  /** When it was changed, if the server tells. */
  readonly modified: string | undefined;
  /** It says that it can begin in the middle (RFC 3659, section 5). */
  readonly resumes: boolean;
  /** The bytes from there; ends the session. */
  read(offset: number): AsyncGenerator<Buffer, void>;
  close(): void;
}

/**
 * Logs in to an FTP server, without a proxy, and looks at a file. Paths are relative to where the login leads (RFC 1738, 3.2.2).
 *
 * @throws Failure; the signal's reason
 */
export async function openFtp(
  url: URL,
  { credentials, network, signal }: { credentials?: Credentials | undefined; network: Network; signal?: AbortSignal | undefined },
): Promise<FtpFile> {
  const { connectMs = CONNECT_MS, stallMs = STALL_MS } = network;
  const client = new Client(stallMs);
  const path = decoded(url.pathname.slice(1));
  const explained = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (cause) {
      signal?.throwIfAborted();
      throw ftpFailure(cause, url.host);
    }
  };
  const { username, password } = credentials ?? {};
  const connect = () => client.connect(hostOf(url), portOf(url));
  const logIn = async () => {
    // Names of files are sent in UTF-8, which old servers do not know by that command.
    await client.sendIgnoringError('OPTS UTF8 ON');
    await client.login(username, password?.reveal());
    await client.useDefaultSettings();
  };
  try {
    await explained(() => within(connect(), connectMs, { where: url.host, what: 'no connection', signal }));
    await explained(() => within(logIn(), stallMs, { where: url.host, what: 'no login', signal }));
    // Not all servers have SIZE and MDTM; what 550 says of the one is said of the file.
    const told = <Result>(work: Promise<Result>, unknown: (code: number) => boolean) =>
      within(work, stallMs, { where: url.host, what: 'no answer', signal }).catch((cause: unknown) => {
        if (cause instanceof FTPError && unknown(cause.code)) return undefined;
        throw cause;
      });
    const size = await explained(() => told(client.size(path), (code) => code >= 500 && code <= 504));
    const modified = await explained(() => told(client.lastMod(path), (code) => code >= 500));
    // A server that does not say so may be able to all the same; then it sends once more what is here already.
    const resumes = (
      await explained(() => within(client.features(), stallMs, { where: url.host, what: 'no answer', signal }))
    ).has('REST');
    return {
      size,
      resumes,
      modified: modified?.toISOString(),
      close: () => client.close(),
      async *read(offset) {
        const bytes = new PassThrough();
        const end = explained(() => client.downloadTo(bytes, path, offset)).catch((cause: unknown) => {
          bytes.destroy(cause instanceof Error ? cause : new Error(String(cause)));
          throw cause;
        });
        // Whoever stops reading does not wait for the end.
        end.catch(() => {});
        try {
          yield* bytes;
          // The connection for data ends the same way when all was sent and when the server gave up: it says which on the other.
          await end;
        } finally {
          client.close();
        }
      },
    };
  } catch (cause) {
    client.close();
    throw cause;
  }
}

function ftpFailure(cause: unknown, where: string): Failure {
  if (cause instanceof FTPError && typeof cause.code === 'number') {
    const answer = `(FTP ${cause.code})`;
    if (cause.code === 550)
      return new Failure('download-missing', `${where} has no such file, or does not give it ${answer}`, { status: 550 });
    if (cause.code === 530 || cause.code === 532)
      return new Failure('download-refused', `${where} wants other credentials ${answer}`, { status: cause.code });
    return new Failure('download-failed', `${where} cannot serve it ${answer}`, {
      passing: cause.code < 500,
      status: cause.code,
    });
  }
  // The library's own errors, for silence and for sessions that ended early, have no code of the system.
  if (!(cause instanceof Failure) && /^0?$/.test(codeOf(cause)))
    return new Failure('download-failed', `${where}: the session was cut off`, { cause, passing: true });
  return connectionFailure(cause, where);
}
