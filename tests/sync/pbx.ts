import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

export const GREETING = 'Asterisk Call Manager/9.0.0\r\n';

export type Action = Readonly<Record<string, string | string[]>>;

export interface Pbx {
  readonly port: number;
  readonly actions: Action[];
  readonly sockets: Socket[];
  close(): Promise<void>;
}

/** An Asterisk that does what the test says. @param answer the text that is sent back; undefined: nothing */
export async function openPbx(answer: (action: Action, socket: Socket) => string | undefined, greeting = GREETING): Promise<Pbx> {
  const [actions, sockets]: [Action[], Socket[]] = [[], []];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.write(greeting);
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes;
      const parts = text.split('\r\n\r\n');
      text = parts.pop() ?? '';
      for (const part of parts) {
        const action: Record<string, string | string[]> = {};
        for (const line of part.split('\r\n')) {
          const [name = '', value = ''] = line.split(/: (.*)/s);
          const before = action[name];
          action[name] = before === undefined ? value : [before, value].flat();
        }
        actions.push(action);
        const reply = answer(action, socket);
        if (reply !== undefined) socket.write(reply);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    actions,
    sockets,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

export const ok = ({ ActionID }: Action, message = 'Done') =>
  `Response: Success\r\nActionID: ${ActionID}\r\nMessage: ${message}\r\n\r\n`;
