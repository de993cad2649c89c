import { bytesContent, type Content } from '../../server/lib/content.ts';
import type { TftpEvent, TftpListener, TftpOptions } from '../../server/listeners/tftp/contract.ts';
import { startTftp } from '../../server/listeners/tftp/listener.ts';

export interface TestServer extends TftpListener {
  readonly port: number;
  readonly events: readonly TftpEvent[];
  /** Contents that were handed out and are not closed yet; less than none when one was closed twice. */
  open(): number;
}

/** A listener on loopback that sends `files`, and remembers what it was told. */
export async function serveFiles(files: Record<string, Buffer>, options: Partial<TftpOptions> = {}): Promise<TestServer> {
  const events: TftpEvent[] = [];
  let open = 0;
  const listener = await startTftp({
    addresses: [{ host: '127.0.0.1', port: 0 }],
    maxTransfers: 100,
    transferSockets: 16,
    answer: async ({ filename }) => {
      const bytes = files[filename];
      if (!bytes) return { kind: 'not-found' };
      open++;
      const content: Content = { ...bytesContent(bytes), close: async () => void open-- };
      return { kind: 'file', content };
    },
    observe: (event) => events.push(event),
    ...options,
  });
  return {
    addresses: listener.addresses,
    port: listener.addresses[0]?.port ?? 0,
    events,
    open: () => open,
    stats: () => listener.stats(),
    close: () => listener.close(),
  };
}

/** Bytes that differ from one place to the next, so that a block in the wrong place shows: a number of four bytes every 64. */
export function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length, 'The quick brown fox jumps over the lazy dog.\0\x80\xff\r\n', 'latin1');
  for (let at = 0; at + 4 <= length; at += 64) bytes.writeUInt32BE(at, at);
  return bytes;
}

/** Waits for what happens after the last datagram was sent. @returns whether it happened. */
export async function eventually(condition: () => boolean, seconds = 2): Promise<boolean> {
  for (let tries = 0; !condition() && tries < 50 * seconds; tries++) await new Promise((done) => setTimeout(done, 20));
  return condition();
}
