import {
  AggregatorRegistry,
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from 'prom-client';

const TRANSPORTS = ['http', 'https', 'tftp', 'dhcp'] as const;
export type Transport = (typeof TRANSPORTS)[number];

/**
 * What became of a phone's request. `not-found` is also what was refused; the security events tell how often that was. `rejected` is
 * no request that could be answered (405, 413, a write request …), `aborted` the phone went away.
 */
const OUTCOMES = ['sent', 'not-modified', 'not-found', 'failed', 'rejected', 'aborted'] as const;
export type Outcome = (typeof OUTCOMES)[number];

const TRANSFER_ENDS = ['complete', 'timeout', 'aborted', 'failed'] as const;
export type TransferEnd = (typeof TRANSFER_ENDS)[number];

const SECURITY_EVENTS = [
  'sensitive-file-sent',
  'sensitive-file-refused',
  'device-created',
  'wrong-key',
  'login-refused',
  'login-limited',
  'wrong-code',
  'codes-limited',
] as const;
export type SecurityEvent = (typeof SECURITY_EVENTS)[number];

const RENDERS = ['rendered', 'failed'] as const;
export type RenderEnd = (typeof RENDERS)[number];

const LOOKUPS = ['hit', 'miss'] as const;

/** Why a datagram had no effect: it was no TFTP, from a port without a transfer, after the end, a request repeated, or too many. */
const IGNORED = ['garbage', 'foreign', 'late', 'repeated', 'busy'] as const;

/** Transfers under way, and datagrams since the start. */
export type TftpCounts = { readonly transfers: number } & Readonly<Record<(typeof IGNORED)[number], number>>;

export type DhcpOutcome = 'offered' | 'acknowledged' | 'refused' | 'noted' | 'ignored';
/** What can become of each type of message; who only listens notes them all. */
const DHCP_MESSAGES: Readonly<Record<string, readonly DhcpOutcome[]>> = {
  DISCOVER: ['offered', 'noted', 'ignored'],
  REQUEST: ['acknowledged', 'refused', 'noted', 'ignored'],
  DECLINE: ['noted', 'ignored'],
  RELEASE: ['noted', 'ignored'],
  INFORM: ['acknowledged', 'noted', 'ignored'],
  other: ['noted', 'ignored'],
  garbage: ['ignored'],
};

/** What came over SIP PnP, since the start. */
export interface PnpCounts {
  /** By what became of it. */
  readonly requests: Readonly<Record<string, number>>;
  /** What phones said to what they were told. */
  readonly replies: Readonly<Record<string, number>>;
}

/** An interface that DHCP or SIP PnP is served on, or should be. */
export interface ServedInterface {
  readonly name: string;
  readonly isReady: boolean;
}

/** How full a pool is, or another set of addresses. */
export interface DhcpPool {
  readonly subnet: string;
  /** Both ends: `10.0.0.100-10.0.0.200`. */
  readonly pool: string;
  readonly states: Readonly<Record<string, number>>;
}

/** From a file in memory to a firmware image over TFTP. */
const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
const RENDER_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

/**
 * What the server counts. Callers know neither names nor labels; all series but those of operations and of phones that are told exist from
 * the start with 0, and no label has a value
 * that a phone can choose. Durations are in seconds.
 */
export interface Metrics {
  phoneRequest(transport: Transport, outcome: Outcome, seconds: number): void;
  /** Bytes of files as they left, without protocol around them. */
  sent(transport: Transport, bytes: number): void;
  tftpEnded(end: TransferEnd): void;
  tftpRetransmitted(packets: number): void;
  /** What the TFTP listener counts itself is read when somebody asks. */
  tftp(read: () => TftpCounts): void;
  /** @param type of a client's message; `garbage` for what is none */
  dhcpMessage(type: string, outcome: DhcpOutcome): void;
  /** How the interfaces are is read when somebody asks. */
  dhcpInterfaces(read: () => readonly ServedInterface[]): void;
  /** How full the pools are is read when somebody asks. */
  dhcpPools(read: () => readonly DhcpPool[]): void;
  /** What the listener of SIP PnP counts itself is read when somebody asks. */
  pnp(read: () => PnpCounts): void;
  /** How the interfaces are is read when somebody asks. */
  pnpInterfaces(read: () => readonly ServedInterface[]): void;
  rendered(end: RenderEnd, seconds: number): void;
  cacheLookup(found: 'hit' | 'miss'): void;
  security(event: SecurityEvent): void;
  /** A long piece of work has ended; `label` is what kind, in one of our words. */
  operationEnded(label: string, state: 'success' | 'fail'): void;
  /** Somebody was asked to tell a phone. @param way a name in the settings @param outcome `told`, or why not, in one of our words */
  phoneTold(way: string, outcome: string): void;
  /** How many devices have their files as they are now is read when somebody asks. */
  devicesInSync(read: () => Promise<Readonly<Record<string, number>>>): void;
  /** A value that is looked up when somebody asks: the bytes of a cache, devices by state. Names start with `offhook_`. */
  gauge(name: string, help: string, read: () => number): void;
  /** All of it as it is at this moment, to be sent to another process: see `sumOf`. */
  values(): Promise<MetricValues>;
  /** All of it in the text format of Prometheus, to be answered as `contentType`. Named as in prom-client's registry. */
  metrics(): Promise<string>;
  readonly contentType: string;
}

/** Metrics in a registry of their own; with `process`, memory, CPU, event loop and garbage collection of the process too. */
export function createMetrics(options: { readonly process?: boolean } = {}): Metrics {
  const registry = new Registry();
  const registers = [registry];
  if (options.process) collectDefaultMetrics({ register: registry });

  /**
   * A counter with a series for each of these label values. What is counted are plain numbers, which the library is told when
   * somebody asks: every request counts several times, and each costs the library some lookups.
   */
  function tallies<Label extends string>(
    name: string,
    help: string,
    labels: readonly Readonly<Record<Label, string>>[],
  ): Tally[] {
    const made = labels.map(() => ({ count: 0 }));
    new Counter({
      name,
      help,
      labelNames: Object.keys(labels[0] ?? {}),
      registers,
      collect() {
        this.reset();
        for (const [index, { count }] of made.entries()) this.inc({ ...labels[index] }, count);
      },
    });
    return made;
  }
  /** By the values of its one label. */
  function counters<Value extends string>(name: string, help: string, label: string, values: readonly Value[]) {
    const made = tallies(
      name,
      help,
      values.map((value) => ({ [label]: value })),
    );
    return new Map(values.map((value, index) => [value, made[index] as Tally]));
  }
  function histograms<Value extends string>(
    name: string,
    help: string,
    label: string,
    values: readonly Value[],
    buckets: number[],
  ) {
    const histogram = new Histogram({ name, help, labelNames: [label], buckets, registers });
    for (const value of values) histogram.zero({ [label]: value });
    return new Map(values.map((value) => [value, histogram.labels(value)]));
  }

  function gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  }

  function interfaces(name: string, help: string, read: () => readonly ServedInterface[]): void {
    new Gauge({
      name,
      help,
      labelNames: ['interface'],
      registers,
      collect() {
        this.reset();
        for (const found of read()) this.set({ interface: found.name }, found.isReady ? 1 : 0);
      },
    });
  }

  /** A counter of what somebody else counts, by the values of its one label. */
  function readTallies(name: string, help: string, label: string, read: () => Readonly<Record<string, number>>): void {
    new Counter({
      name,
      help,
      labelNames: [label],
      registers,
      collect() {
        this.reset();
        for (const [value, count] of Object.entries(read())) this.inc({ [label]: value }, count);
      },
    });
  }

  const requestTallies = tallies(
    'offhook_phone_requests_total',
    'Requests of phones by transport and what became of them',
    TRANSPORTS.flatMap((transport) => OUTCOMES.map((outcome) => ({ transport, outcome }))),
  );
  const requests = new Map(
    TRANSPORTS.map((transport, row) => [
      transport,
      new Map(OUTCOMES.map((outcome, column) => [outcome, requestTallies[row * OUTCOMES.length + column] as Tally])),
    ]),
  );
  const durations = histograms(
    'offhook_phone_request_duration_seconds',
    'From a request to the last byte of its answer',
    'transport',
    TRANSPORTS,
    REQUEST_SECONDS,
  );
  const bytes = counters('offhook_phone_sent_bytes_total', 'Bytes of files sent to phones', 'transport', TRANSPORTS);
  const transfers = counters('offhook_tftp_transfers_total', 'TFTP transfers by how they ended', 'end', TRANSFER_ENDS);
  const retransmissions = new Counter({
    name: 'offhook_tftp_retransmissions_total',
    help: 'TFTP packets sent again because no acknowledgement came',
    registers,
  });
  const dhcpRows = Object.entries(DHCP_MESSAGES).flatMap(([type, outcomes]) =>
    outcomes.map((outcome) => [type, outcome] as const),
  );
  const dhcpTallies = tallies(
    'offhook_dhcp_messages_total',
    'Messages of DHCP clients by type and what became of them; garbage is no message of a client',
    dhcpRows.map(([type, outcome]) => ({ type, outcome })),
  );
  const renders = histograms(
    'offhook_render_duration_seconds',
    'Rendering one file, by how it ended',
    'end',
    RENDERS,
    RENDER_SECONDS,
  );
  const lookups = counters('offhook_render_cache_lookups_total', 'Looks into the cache of rendered files', 'result', LOOKUPS);
  // Which kinds there are, the parts know that start them: a series begins with the first of its kind.
  const tellings = new Counter({
    name: 'offhook_phones_told_total',
    help: 'Phones that were to be told to read their configuration anew, by way and what came of it',
    labelNames: ['way', 'outcome'],
    registers,
  });
  const operations = new Counter({
    name: 'offhook_operations_ended_total',
    help: 'Operations by what they did and how they ended',
    labelNames: ['label', 'state'],
    registers,
  });
  const security = counters('offhook_security_events_total', 'Events of the security log', 'event', SECURITY_EVENTS);

  return {
    phoneRequest(transport, outcome, seconds) {
      add(requests.get(transport)?.get(outcome));
      durations.get(transport)?.observe(seconds);
    },
    sent: (transport, count) => add(bytes.get(transport), count),
    tftpEnded: (end) => add(transfers.get(end)),
    tftpRetransmitted: (packets) => retransmissions.inc(packets),
    tftp(read) {
      gauge('offhook_tftp_transfers', 'TFTP transfers under way', () => read().transfers);
      readTallies('offhook_tftp_ignored_datagrams_total', 'Datagrams without effect, by why', 'why', () => {
        const counts = read();
        return Object.fromEntries(IGNORED.map((why) => [why, counts[why]]));
      });
    },
    dhcpMessage(type, outcome) {
      const known = Object.hasOwn(DHCP_MESSAGES, type) ? type : 'other';
      add(dhcpTallies[dhcpRows.findIndex((row) => row[0] === known && row[1] === outcome)]);
    },
    dhcpInterfaces: (read) =>
      interfaces(
        'offhook_dhcp_interface_ready',
        '1 where DHCP is answered or heard, 0 where it should be: the interface is not there, or another server answers',
        read,
      ),
    dhcpPools(read) {
      new Gauge({
        name: 'offhook_dhcp_pool_addresses',
        help: 'Addresses of each pool by state; of each subnet those reserved, and those outside of all pools that are in use',
        labelNames: ['subnet', 'pool', 'state'],
        registers,
        collect() {
          this.reset();
          for (const { states, ...pool } of read())
            for (const [state, count] of Object.entries(states)) this.set({ ...pool, state }, count);
        },
      });
    },
    pnp(read) {
      readTallies(
        'offhook_pnp_requests_total',
        'Datagrams to the group of SIP PnP by what became of them',
        'outcome',
        () => read().requests,
      );
      readTallies('offhook_pnp_replies_total', 'What phones said to their URL over SIP PnP', 'reply', () => read().replies);
    },
    pnpInterfaces: (read) =>
      interfaces(
        'offhook_pnp_interface_ready',
        '1 where SIP PnP is answered, 0 where it should be: the interface is not there',
        read,
      ),
    rendered: (end, seconds) => renders.get(end)?.observe(seconds),
    cacheLookup: (found) => add(lookups.get(found)),
    security: (event) => add(security.get(event)),
    operationEnded: (label, state) => operations.inc({ label, state }),
    phoneTold: (way, outcome) => tellings.inc({ way, outcome }),
    devicesInSync(read) {
      new Gauge({
        name: 'offhook_devices',
        help: 'Devices by whether what they fetched last of their own files is what they would get now',
        labelNames: ['sync'],
        registers,
        async collect() {
          for (const [sync, count] of Object.entries(await read())) this.set({ sync }, count);
        },
      });
    },
    gauge,
    values: () => registry.getMetricsAsJSON(),
    metrics: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

export type MetricValues = MetricObjectWithValues<MetricValue<string>>[];

/** What several processes counted, as one: sums, and for the delays of the event loop the mean. */
export function sumOf(all: readonly MetricValues[]): Promise<string> {
  return AggregatorRegistry.aggregate([...all]).metrics();
}

/** One series of a counter. */
interface Tally {
  count: number;
}

function add(tally: Tally | undefined, count = 1): void {
  if (tally) tally.count += count;
}
