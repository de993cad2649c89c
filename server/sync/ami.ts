import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { ProvisioningError, reason } from '../lib/errors.ts';
import type { Secret } from '../lib/secret.ts';
import { type AmiFields, AmiFramer, type AmiPacket, writeAction } from './ami-packet.ts';

export interface AmiOptions {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly secret: Secret;
  /** Asterisk speaks it on a port of its own (`tlsenable`). */
  readonly tls?: Pick<ConnectionOptions, 'ca' | 'rejectUnauthorized'>;
  /** Until it is connected and logged in. Milliseconds, as all of these. */
  readonly connectMs?: number;
  /** Until an action is answered. */
  readonly answerMs?: number;
  /** After a connection failed: who asks meanwhile is told what it failed with. */
  readonly pauseMs?: number;
  /** So many actions wait for their answers at once; the others wait for their turn. */
  readonly atOnce?: number;
}

interface Waiting {
  readonly packet: Buffer;
  readonly id: string;
  resolve(packet: AmiPacket): void;
  reject(cause: ProvisioningError): void;
}

interface Session {
  readonly socket: Socket;
  /** Sent, by ActionID. */
  readonly sent: Map<string, Waiting & { readonly timer: NodeJS.Timeout }>;
}

const broken = (why: string) => new ProvisioningError('ami-unavailable', `Asterisk could not be asked: ${why}`);

/**
 * Asks an Asterisk over its Manager Interface. It connects when there is something to ask, stays connected, and comes back when the connection
 * was lost. What was sent and not answered is not sent again: nobody knows whether it was done.
 */
export class AmiClient {
  readonly #options: Required<Omit<AmiOptions, 'tls'>> & Pick<AmiOptions, 'tls'>;
  readonly #queue: Waiting[] = [];
  #session: Session | undefined;
  #opening: Promise<void> | undefined;
  /** Why there is no connection, and until when none is tried. */
  #failed: { readonly cause: ProvisioningError; readonly until: number } | undefined;
  #number = 0;
  #isClosed = false;

  constructor(options: AmiOptions) {
    this.#options = { connectMs: 5_000, answerMs: 10_000, pauseMs: 2_000, atOnce: 32, ...options };
  }

  /**
   * @returns what Asterisk answered, whatever it was
   * @throws ProvisioningError ami-unavailable, ami-login-refused, ami-unanswered; RangeError for a value with a line end
   */
  act(action: string, fields: AmiFields): Promise<AmiPacket> {
    const id = `offhook-${++this.#number}`;
    const packet = writeAction([['Action', action], ['ActionID', id], ...fields]);
    return new Promise((resolve, reject) => {
      this.#queue.push({ packet, id, resolve, reject });
      this.#go();
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#lose(broken('the server ends'));
    for (const each of this.#queue.splice(0)) each.reject(broken('the server ends'));
  }

  #go(): void {
    if (this.#session) this.#send(this.#session);
    if (this.#session || this.#opening) return;
    const refused = this.#isClosed ? broken('the server ends') : this.#resting();
    if (refused) {
      for (const each of this.#queue.splice(0)) each.reject(refused);
      return;
    }
    this.#opening = this.#open()
      .catch((cause: ProvisioningError) => {
        this.#failed = { cause, until: Date.now() + this.#options.pauseMs };
      })
      .finally(() => {
        this.#opening = undefined;
        if (this.#queue.length > 0) this.#go();
      });
  }

  #resting(): ProvisioningError | undefined {
    return this.#failed && Date.now() < this.#failed.until ? this.#failed.cause : undefined;
  }

  #send(session: Session): void {
    while (session.sent.size < this.#options.atOnce) {
      const next = this.#queue.shift();
      if (!next) return;
      const timer = setTimeout(() => {
        session.sent.delete(next.id);
        next.reject(new ProvisioningError('ami-unanswered', 'Asterisk did not answer'));
        this.#go();
      }, this.#options.answerMs);
      session.sent.set(next.id, { ...next, timer });
      session.socket.write(next.packet);
    }
  }

  async #open(): Promise<void> {
    const { host, port, tls, username, secret, connectMs } = this.#options;
    const socket: Socket = tls ? connectTls({ host, port, ...tls }) : connectTcp({ host, port });
    // Several small packets at once are not held back until the first is acknowledged.
    socket.setNoDelay(true);
    const framer = new AmiFramer();
    const session: Session = { socket, sent: new Map() };
    await new Promise<void>((resolve, reject) => {
      let isIn = false;
      const fail = (cause: ProvisioningError) => {
        socket.destroy();
        if (this.#session === session) this.#lose(cause);
        reject(cause);
      };
      const timer = setTimeout(() => fail(broken(`nobody let us in within ${connectMs} ms`)), connectMs);
      socket.on('error', (error) => fail(broken(reason(error))));
      socket.on('close', () => {
        clearTimeout(timer);
        fail(broken('the connection was closed'));
      });
      socket.on('data', (bytes) => {
        const wasGreeted = framer.isGreeted;
        const packets = framer.take(bytes);
        if (framer.isBroken) return fail(broken('who answers is no Asterisk Manager Interface'));
        if (framer.isGreeted && !wasGreeted) {
          const login: AmiFields = [
            ['Action', 'Login'],
            ['ActionID', 'offhook-login'],
            ['Username', username],
            ['Secret', secret.reveal()],
            // Nobody listens to them.
            ['Events', 'off'],
          ];
          socket.write(writeAction(login));
        }
        for (const packet of packets) {
          if (packet.get('Response') === undefined) continue;
          if (isIn) this.#answered(session, packet);
          else if (packet.get('ActionID') === 'offhook-login') {
            if (packet.get('Response')?.toLowerCase() !== 'success') {
              const told = packet.get('Message') ?? 'no reason is told';
              fail(new ProvisioningError('ami-login-refused', `Asterisk does not let ${username} in: ${told}`));
              return;
            }
            isIn = true;
            clearTimeout(timer);
            this.#session = session;
            this.#failed = undefined;
            resolve();
            this.#send(session);
          }
        }
      });
    });
  }

  #answered(session: Session, packet: AmiPacket): void {
    const id = packet.get('ActionID') ?? '';
    const found = session.sent.get(id);
    // One that came too late is nobody's.
    if (!found) return;
    session.sent.delete(id);
    clearTimeout(found.timer);
    found.resolve(packet);
    this.#send(session);
  }

  #lose(cause: ProvisioningError): void {
    const session = this.#session;
    this.#session = undefined;
    if (!session) return;
    session.socket.destroy();
    for (const { timer, reject } of session.sent.values()) {
      clearTimeout(timer);
      reject(cause);
    }
    session.sent.clear();
    if (this.#queue.length > 0) this.#go();
  }
}
