import { connect, type Socket } from 'node:net';
import type { Phone } from './fleet.ts';
import { requestOf } from './wrk.ts';

/** Milliseconds that answers took, with when they were asked for (`performance.now()`). */
export interface Answered {
  readonly at: number;
  readonly milliseconds: number;
}

/** All phones' files as the server makes them. @throws when one is missing or is another phone's */
export async function fetchAll({ port }: { readonly port: number }, phones: readonly Phone[]): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const { path, userAgent, ip, mac } of phones) {
    const headers = { 'user-agent': userAgent, 'x-forwarded-for': ip };
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
    const bytes = Buffer.from(await answer.arrayBuffer());
    const index = Number.parseInt(mac.replaceAll(':', '').slice(6), 16);
    if (answer.status !== 200) throw new Error(`${path} is answered with ${answer.status}`);
    if (!bytes.includes(`secret${index}`)) throw new Error(`${path} is not the file of its phone`);
    files.set(path, bytes);
  }
  return files;
}

/**
 * Phones that fetch their files in turn over so many connections, each asking again as soon as it is answered, until told to stop:
 * wrk tells quantiles of a whole run only, and what is wanted here is those of a part of it.
 */
export function fetchOn(port: number, phones: readonly Phone[], connections: number): { stop(): Promise<Answered[]> } {
  const requests = phones.map((phone) => requestOf(phone));
  const answered: Answered[] = [];
  let next = 0;
  let stopped = false;
  const fetchOnEach = async () => {
    // A server may close a connection that has brought it many requests.
    while (!stopped) {
      await fetchOnOne(connect(port, '127.0.0.1'), answered, () => (stopped ? undefined : requests[next++ % requests.length]));
    }
  };
  const ends = Array.from({ length: connections }, fetchOnEach);
  return {
    async stop() {
      stopped = true;
      await Promise.all(ends);
      return answered;
    },
  };
}

/** Until there is nothing more to ask, or the server closes the connection. @throws when an answer is not 200 */
function fetchOnOne(socket: Socket, answered: Answered[], ask: () => string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    let at = 0;
    let head = '';
    /** Bytes of the body still to come; undefined while it is not known. */
    let missing: number | undefined;
    const send = () => {
      const request = ask();
      [at, head, missing] = [performance.now(), '', undefined];
      if (request === undefined) socket.end();
      else socket.write(request);
    };
    socket.on('connect', send);
    socket.on('error', reject);
    socket.on('close', () => resolve());
    socket.on('data', (bytes) => {
      let body = bytes.length;
      if (missing === undefined) {
        head += bytes.toString('latin1');
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        if (!head.startsWith('HTTP/1.1 200 ')) {
          socket.destroy(new Error(`a phone is answered ${head.slice(0, end)}`));
          return;
        }
        missing = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1]);
        body = head.length - end - 4;
      }
      missing -= body;
      if (missing > 0) return;
      answered.push({ at, milliseconds: performance.now() - at });
      // The last answer on a connection says so.
      if (!/\r\nconnection: close\r/i.test(head)) send();
    });
  });
}

export function quantile(answered: readonly Answered[], share: number): number {
  const sorted = answered.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
