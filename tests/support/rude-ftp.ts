import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** What happens to one download: what is sent of it, and how the server ends it. */
export interface Sent {
  readonly bytes: Buffer;
  /** The last word on it, `226 Done`; undefined: the session is cut off without one. */
  readonly reply: string | undefined;
}

export interface RudeFtp {
  readonly url: string;
  /** The commands that came, without their arguments. */
  readonly commands: readonly string[];
  close(): Promise<void>;
}

/**
 * An FTP server (RFC 959, RFC 2428) on loopback that knows neither SIZE nor MDTM.
 * @param resumes it knows REST, and says so (RFC 3659)
 * @param sent for one download after the other; the last stays. A text is the answer where nothing is sent at all
 */
export async function startRudeFtp(resumes: boolean, ...sent: (Sent | string)[]): Promise<RudeFtp> {
  const commands: string[] = [];
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
  };
  const data = createServer(keep).listen(0, '127.0.0.1');
  await once(data, 'listening');
  const answers: Readonly<Record<string, string>> = {
    USER: '331 And the password?',
    PASS: '230 Welcome',
    ...(resumes && { REST: '350 From there on', FEAT: '211-What I know\r\n REST STREAM\r\n211 That was it' }),
    TYPE: '200 As you like',
    EPSV: `229 Come here (|||${(data.address() as AddressInfo).port}|)`,
  };

  async function retrieve(control: Socket, from: number): Promise<void> {
    const [next = ''] = sent.length > 1 ? sent.splice(0, 1) : sent;
    if (typeof next === 'string') return void control.write(`${next}\r\n`);
    const [carrier] = [...sockets].filter((socket) => socket.localPort === (data.address() as AddressInfo).port);
    const socket = carrier ?? ((await once(data, 'connection')) as [Socket])[0];
    control.write('150 Here it comes\r\n');
    socket.end(next.bytes.subarray(from));
    await once(socket, 'close');
    if (next.reply === undefined) control.destroy();
    else control.write(`${next.reply}\r\n`);
  }

  const server = createServer((control) => {
    keep(control);
    let from = 0;
    control.write('220 Here\r\n');
    control.setEncoding('latin1').on('data', (text) => {
      for (const line of String(text).split('\r\n').filter(Boolean)) {
        const [command = '', argument] = line.split(' ');
        commands.push(command);
        if (command === 'REST') from = Number(argument);
        if (command === 'RETR') void retrieve(control, from);
        else control.write(`${answers[command] ?? '502 What is that'}\r\n`);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `ftp://127.0.0.1:${(server.address() as AddressInfo).port}/fw.zip`,
    commands,
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([server, data].map((each) => new Promise((resolve) => each.close(resolve))));
    },
  };
}
