import { ProvisioningError } from '../../lib/errors.ts';
import { Intake } from '../../lib/intake.ts';
import type { InterfaceEvent } from '../../lib/interface-sockets.ts';
import type { Interface } from '../../lib/interfaces.ts';
import type { Ip, Network } from '../../lib/ip.ts';
import type { Mac } from '../../lib/mac.ts';
import { readDatagram } from '../../lib/sip/message.ts';
import type { PhoneRequest } from '../../pipeline/request.ts';
import { createReception, type Ignored } from './reception.ts';
import { type Incoming, openPnpSockets } from './sockets.ts';

/** What became of a datagram that came to the group; busy: it was dropped, because more came than could be handled. */
export type PnpOutcome = 'answered' | Ignored | 'failed' | 'busy';
/** What phones say to what they are told. */
export type PnpReply = 'taken' | 'refused' | 'garbage';

export type PnpEvent =
  /** Of what was asked; where it is nothing that was asked, of whom it came. */
  | {
      readonly kind: 'message';
      readonly ip: Ip;
      readonly interface: string;
      readonly outcome: Exclude<PnpOutcome, 'failed' | 'busy'>;
      readonly mac?: Mac;
      readonly vendor?: string;
      readonly model?: string;
      readonly version?: string;
      readonly userAgent?: string;
      readonly url?: string;
    }
  /** A phone did not take its URL. */
  | { readonly kind: 'refused'; readonly ip: Ip; readonly status: number; readonly reason: string }
  /** An answer did not leave. */
  | { readonly kind: 'unsent'; readonly to: Ip; readonly problem: string }
  | InterfaceEvent;

export interface PnpOptions {
  readonly interfaces: readonly string[];
  readonly port: number;
  /** Networks that are answered although the interface is not in them. */
  readonly trusted: readonly Network[];
  /** What would end the start is told, and tried again: for who takes over from another process. */
  readonly takesOver: boolean;
  readonly lookMilliseconds?: number;
  /** The line: where the files of who asks are; undefined when nobody here has any for it. */
  ask(request: PhoneRequest): Promise<string | undefined>;
  observe(event: PnpEvent): void;
}

/** An interface that is named, as it is now. */
export interface PnpInterface {
  readonly name: string;
  readonly state: 'answered' | 'unavailable';
  readonly problem?: ProvisioningError;
}

/** Since the start. */
export interface PnpCounts {
  readonly requests: Readonly<Record<PnpOutcome, number>>;
  readonly replies: Readonly<Record<PnpReply, number>>;
}

export interface PnpListener {
  interfaces(): readonly PnpInterface[];
  counts(): PnpCounts;
  close(): Promise<void>;
}

/** A request that waits for longer the phone has sent again. */
const LIMITS = { atOnce: 64, waitingBytes: 2_097_152, patienceMilliseconds: 2_000 };

/** Of a datagram of a phone. */
const MOST_REPLY_BYTES = 4_096;

/**
 * Answers phones that ask over SIP PnP where their configuration is.
 *
 * @throws ProvisioningError pnp-port-in-use, pnp-port-not-allowed, pnp-socket-failed
 */
export async function startPnp(options: PnpOptions): Promise<PnpListener> {
  const { trusted } = options;
  const ask = (request: PhoneRequest) => options.ask(request);
  const observe = (event: PnpEvent) => options.observe(event);
  const requests: Record<Exclude<PnpOutcome, 'busy'>, number> = {
    answered: 0,
    unknown: 0,
    repeated: 0,
    limited: 0,
    foreign: 0,
    garbage: 0,
    failed: 0,
  };
  const replies: Record<PnpReply, number> = { taken: 0, refused: 0, garbage: 0 };
  const receive = createReception({
    ask,
    trusted,
    portOf: (name, address) => sockets.portOf(name, address),
  });

  async function answer({ bytes, from, interface: where }: Incoming): Promise<void> {
    const { outcome, send, from: address, url, asked } = await receive(bytes, { ...from, interface: where });
    requests[outcome] += 1;
    observe({
      kind: 'message',
      ip: from.ip,
      interface: where.name,
      outcome,
      ...asked,
      ...(url !== undefined && { url }),
    });
    if (address === undefined) return;
    // In their order: a phone that hears of a URL before it was heard itself may not know of which call that is.
    for (const datagram of send) await sockets.send(datagram, { name: where.name, address });
  }

  const intake = new Intake<Incoming>(
    LIMITS,
    // The newest first, whose phone still waits.
    () => true,
    async (incoming) => {
      try {
        await answer(incoming);
      } catch (cause) {
        if (cause instanceof ProvisioningError && cause.code.startsWith('pnp-')) {
          observe({ kind: 'unsent', to: incoming.from.ip, problem: cause.message });
          return;
        }
        requests.failed += 1;
        observe({ kind: 'failed', cause });
      }
    },
  );

  /** What a phone says to what it was told; nothing of it is waited for. */
  function hearReply({ bytes, from }: Incoming): void {
    const reply = bytes.length > MOST_REPLY_BYTES ? undefined : readDatagram(bytes);
    if (reply?.kind !== 'response') {
      replies.garbage += 1;
      return;
    }
    const { status, reason } = reply;
    if (status < 200) return;
    replies[status < 300 ? 'taken' : 'refused'] += 1;
    if (status >= 300) observe({ kind: 'refused', ip: from.ip, status, reason });
  }

  let isClosing = false;
  const sockets = await openPnpSockets({
    interfaces: options.interfaces,
    port: options.port,
    patient: options.takesOver,
    ...(options.lookMilliseconds !== undefined && { lookMilliseconds: options.lookMilliseconds }),
    take(incoming) {
      if (isClosing) return;
      if (incoming.to === 'group') intake.take(incoming);
      else hearReply(incoming);
    },
    observe,
  });

  function stateOf(name: string): PnpInterface {
    const problem = sockets.problemOn(name);
    const isOpen = sockets.interfaces().some((each: Interface) => each.name === name);
    return { name, state: isOpen ? 'answered' : 'unavailable', ...(problem && { problem }) };
  }

  return {
    interfaces: () => options.interfaces.map(stateOf),
    counts() {
      const { crowdedOut, late } = intake.counts;
      return { requests: { ...requests, busy: crowdedOut + late }, replies: { ...replies } };
    },
    async close() {
      isClosing = true;
      await intake.end();
      await sockets.close();
    },
  };
}
