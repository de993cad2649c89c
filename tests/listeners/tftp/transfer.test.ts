import { describe, expect, test } from '@jest/globals';
import type { Option } from '../../../server/lib/tftp-packet.ts';
import { agree, type Limits, Transfer } from '../../../server/listeners/tftp/transfer.ts';
import { fc } from '../../support/fuzz.ts';
import { generator } from '../../support/udp-impair.ts';

const LIMITS: Limits = { blockSize: 65_464, windowSize: 64, windowBytes: 65_536 };
const asked = (...options: Option[]) => agree(options, 9_000, LIMITS);
const ack = (block: number) => ({ kind: 'ack', block: block & 0xffff }) as const;

/** Sends what is wanted, as a listener whose content has `final` blocks. */
function send(transfer: Transfer, final: number, now: number): Transfer {
  transfer.noteSent(Math.min(transfer.wanted().to, final), final, now);
  return transfer;
}

function start(final: number, ...options: Option[]): Transfer {
  return send(new Transfer(asked(...options), 0), final, 0);
}

/** A transfer of `final` blocks that has confirmed `acked` and sent the next window; the round trip is 10 ms. */
function underWay(windowSize: number, final: number, acked: number): { transfer: Transfer; now: number } {
  const transfer = start(final, ['windowsize', String(windowSize)]);
  let now = 0;
  for (let block = 0; block <= acked; block += block === 0 ? Math.min(windowSize, acked) || 1 : windowSize) {
    now += 10;
    transfer.receive(ack(block), now);
    send(transfer, final, now);
  }
  expect(transfer.acked).toBe(acked);
  return { transfer, now };
}

/** All that one can know of a transfer. */
function known(transfer: Transfer) {
  const { phase, outcome, acked, sent, wakeAt, roundTrip, heard, unanswered } = transfer;
  return { phase, outcome, acked, sent, wakeAt, roundTrip, heard, unanswered, wanted: transfer.wanted() };
}

function expectNothing(transfer: Transfer, act: () => void): void {
  const before = known(transfer);
  act();
  expect(known(transfer)).toEqual(before);
}

describe('options', () => {
  test('none asked, none agreed: blocks of 512 bytes, one at a time', () => {
    expect(asked()).toEqual({ options: [], blockSize: 512, windowSize: 1, timeoutMs: undefined });
  });

  test('all are agreed to in the spelling of the client, unknown ones are left out', () => {
    expect(asked(['Blksize', '1428'], ['multicast', ''], ['TSIZE', '0'], ['timeout', '3'], ['windowsize', '8'])).toEqual({
      options: [
        ['Blksize', '1428'],
        ['TSIZE', '9000'],
        ['timeout', '3'],
        ['windowsize', '8'],
      ],
      blockSize: 1_428,
      windowSize: 8,
      timeoutMs: 3_000,
    });
  });

  test.each([
    ['blksize', '7'],
    ['blksize', '0'],
    ['blksize', '-8'],
    ['blksize', '512.5'],
    ['blksize', '0x200'],
    ['blksize', ''],
    ['blksize', 'big'],
    ['timeout', '0'],
    ['timeout', '256'],
    ['windowsize', '0'],
    ['windowsize', '65536'],
    ['tsize', 'all'],
  ])('%s=%s is not agreed to, and changes nothing', (name, value) => {
    expect(asked([name, value])).toEqual(asked());
  });

  test.each([
    ['8', 8],
    ['512', 512],
    ['65464', 65_464],
    ['65465', 65_464],
    ['999999999', 65_464],
  ])('blksize=%s gives blocks of %d bytes', (value, blockSize) => {
    expect(asked(['blksize', value])).toMatchObject({ blockSize, options: [['blksize', String(blockSize)]] });
  });

  test.each([
    ['512', '65535', 64],
    ['1428', '16', 16],
    ['1428', '64', 45],
    ['8192', '64', 8],
    ['65464', '4', 1],
  ])('with blocks of %s bytes a window of %s becomes %d', (blksize, windowsize, windowSize) => {
    expect(asked(['windowsize', windowsize], ['blksize', blksize])).toMatchObject({
      windowSize,
      options: [
        ['windowsize', String(windowSize)],
        ['blksize', blksize],
      ],
    });
  });

  test('tsize is answered whatever it asks, and not at all where the size on the wire is unknown', () => {
    expect(asked(['tsize', '123']).options).toEqual([['tsize', '9000']]);
    expect(agree([['tsize', '0']], undefined, LIMITS).options).toEqual([]);
    expect(agree([['tsize', '0']], 0, LIMITS).options).toEqual([['tsize', '0']]);
  });

  test('an option that is asked twice is answered once', () => {
    expect(asked(['blksize', '1024'], ['BLKSIZE', '2048']).options).toEqual([['blksize', '1024']]);
  });
});

describe('lock-step', () => {
  test('without options block 1 comes first, with options the OACK', () => {
    expect(new Transfer(asked(), 0).wanted()).toEqual({ from: 1, to: 1 });
    expect(new Transfer(asked(['blksize', '1024']), 0).wanted()).toEqual({ from: 0, to: 0 });
  });

  test('the ACK of the last block completes the transfer', () => {
    const { transfer, now } = underWay(1, 3, 2);
    transfer.receive(ack(3), now + 10);
    expect(transfer).toMatchObject({ phase: 'ended', outcome: 'complete', acked: 3 });
  });

  test('a repeated ACK causes nothing, however often and whenever it comes', () => {
    const { transfer, now } = underWay(1, 9, 4);
    for (const later of [0, 1, 10, 150]) expectNothing(transfer, () => transfer.receive(ack(4), now + later));
  });

  test.each([0, 1, 3, 6, 9, 40_000, 65_535])('an ACK of block %d, which is not under way, causes nothing', (block) => {
    const { transfer, now } = underWay(1, 9, 4);
    expectNothing(transfer, () => transfer.receive(ack(block), now + 10));
  });

  test('the ACK of the OACK is not taken for one of block 65,536', () => {
    const transfer = start(9, ['blksize', '8']);
    expectNothing(transfer, () => transfer.receive(ack(65_535), 10));
    expectNothing(transfer, () => transfer.receive(ack(1), 10));
    transfer.receive(ack(0), 10);
    expect(transfer).toMatchObject({ phase: 'sending', acked: 0 });
  });

  test.each(['data', 'oack', 'read'] as const)('a %s causes nothing', (kind) => {
    const { transfer, now } = underWay(1, 9, 4);
    const packet =
      kind === 'data'
        ? { kind, block: 5, data: Buffer.alloc(0) }
        : kind === 'oack'
          ? { kind, options: [] }
          : { kind, filename: 'a', mode: 'octet', options: [] };
    expectNothing(transfer, () => transfer.receive(packet, now));
  });

  test('an ERROR of the peer ends it, also while a block is being read, and nothing changes that', () => {
    const error = { kind: 'error', code: 8, message: 'no' } as const;
    for (const transfer of [underWay(1, 9, 4).transfer, new Transfer(asked(), 0)]) {
      transfer.receive(error, 100);
      expect(transfer).toMatchObject({ phase: 'ended', outcome: 'aborted', wakeAt: Number.POSITIVE_INFINITY });
      expectNothing(transfer, () => {
        transfer.receive(ack(5), 101);
        transfer.wake(100_000);
      });
    }
  });

  test('the block number goes on after 65,535', () => {
    const transfer = start(131_074);
    for (let block = 1; block <= 131_073; block++) {
      transfer.receive(ack(block), block);
      send(transfer, 131_074, block);
    }
    expect(transfer).toMatchObject({ acked: 131_073, sent: 131_074 });
    transfer.receive(ack(131_074), 131_080);
    expect(transfer.phase).toBe('ended');
  });
});

describe('waiting', () => {
  const waits = (transfer: Transfer, final: number, since: number): number[] => {
    const times: number[] = [];
    for (let now = since; ; send(transfer, final, now)) {
      times.push(transfer.wakeAt - now);
      now = transfer.wakeAt;
      transfer.wake(now);
      if (transfer.phase === 'ended') {
        expect(transfer.outcome).toBe('silent');
        return times;
      }
    }
  };

  test('nobody is woken early', () => {
    const { transfer, now } = underWay(1, 9, 4);
    expectNothing(transfer, () => transfer.wake(now + 199));
    transfer.wake(now + 200);
    expect(transfer.phase).toBe('sending');
  });

  test('a peer that never said anything gets three datagrams within seven seconds', () => {
    expect(waits(start(9), 9, 0)).toEqual([1_000, 2_000, 4_000]);
  });

  test('a peer that never said anything cannot hold a transfer for longer than ten seconds by asking for a long timeout', () => {
    expect(waits(start(9, ['timeout', '255']), 9, 0)).toEqual([10_000]);
  });

  test('a peer that falls silent gets seven more, ever more slowly', () => {
    const { transfer, now } = underWay(1, 9, 4);
    expect(waits(transfer, 9, now)).toEqual([200, 400, 800, 1_600, 3_200, 6_400, 8_000, 8_000]);
  });

  test.each([
    [3, [3_000, 6_000, 8_000, 8_000, 8_000, 8_000, 8_000, 8_000]],
    [20, [20_000, 20_000, 20_000, 20_000, 20_000, 20_000, 20_000, 20_000]],
  ])('a timeout of %d s that was asked for is the first wait, and none is shorter', (seconds, expected) => {
    const transfer = start(9, ['timeout', String(seconds)]);
    transfer.receive(ack(0), 5);
    expect(waits(send(transfer, 9, 5), 9, 5)).toEqual(expected);
  });

  test('the time follows the round trip, and what was sent twice does not measure it', () => {
    let now = 0;
    const transfer = start(99);
    for (let block = 1; block <= 20; block++) {
      now += 600;
      transfer.receive(ack(block), now);
      send(transfer, 99, now);
    }
    expect(transfer.roundTrip?.smoothed).toBeCloseTo(600);
    expect(transfer.wakeAt - now).toBeLessThan(700);

    const { roundTrip } = transfer;
    now = transfer.wakeAt;
    transfer.wake(now);
    send(transfer, 99, now);
    transfer.receive(ack(21), now + 1);
    send(transfer, 99, now + 1);
    expect(transfer.roundTrip).toEqual(roundTrip);
    // Karn: the doubled time stays until a block that was sent once is confirmed.
    expect(transfer.wakeAt - (now + 1)).toBeGreaterThan(1_200);
  });
});

describe('windows', () => {
  test('the ACK of the last block sends the next window, cut where the content ends', () => {
    const { transfer, now } = underWay(4, 10, 4);
    expect(transfer.sent).toBe(8);
    transfer.receive(ack(8), now + 10);
    expect(transfer.wanted()).toEqual({ from: 9, to: 10 });
  });

  test('an ACK in the middle restarts the window there, once', () => {
    const { transfer, now } = underWay(4, 99, 4);
    transfer.receive(ack(6), now + 10);
    expect(transfer.wanted()).toEqual({ from: 7, to: 10 });
    send(transfer, 99, now + 10);
    for (const later of [11, 20, 100]) expectNothing(transfer, () => transfer.receive(ack(6), now + later));
  });

  test('a repeated ACK restarts a window whose first block was lost, once', () => {
    const { transfer, now } = underWay(4, 99, 4);
    transfer.receive(ack(4), now + 9);
    expect(transfer.phase).toBe('sending');
    send(transfer, 99, now + 9);
    for (const later of [10, 20, 100]) expectNothing(transfer, () => transfer.receive(ack(4), now + later));
  });

  test('a repeated ACK that comes too soon to be an answer to the window restarts nothing', () => {
    const { transfer, now } = underWay(4, 99, 4);
    expectNothing(transfer, () => transfer.receive(ack(4), now + 1));
  });

  test('a client that confirms again what it got twice does not get the next window twice', () => {
    const { transfer, now } = underWay(4, 99, 4);
    // The client is slow: the window goes out again, and it confirms both.
    transfer.wake(now + 200);
    send(transfer, 99, now + 200);
    transfer.receive(ack(8), now + 210);
    send(transfer, 99, now + 210);
    expectNothing(transfer, () => transfer.receive(ack(8), now + 220));
    // And the window after that restarts as ever.
    transfer.receive(ack(12), now + 230);
    send(transfer, 99, now + 230);
    transfer.receive(ack(12), now + 240);
    expect(transfer.phase).toBe('sending');
  });

  test('a client that confirms every block does not get each a window s times', () => {
    const { transfer, now } = underWay(16, 9_999, 16);
    let frames = 0;
    for (let block = 17; block <= 32; block++) {
      transfer.receive(ack(block), now + 10 + block / 100);
      if (transfer.phase !== 'sending') continue;
      const { from, to } = transfer.wanted();
      frames += to - from + 1;
      send(transfer, 9_999, now + 10 + block / 100);
    }
    expect(frames).toBeLessThanOrEqual(32);
  });

  test('what is wanted follows the ACKs that come while blocks are being read', () => {
    const { transfer, now } = underWay(4, 99, 4);
    transfer.receive(ack(5), now + 10);
    transfer.receive(ack(7), now + 11);
    expect(transfer.phase).toBe('sending');
    expect(transfer.wanted()).toEqual({ from: 8, to: 11 });
  });
});

/**
 * A client that follows RFC 7440 on a path that loses, copies and reorders, with both ends as values: the transfer ends whole, and the blocks
 * sent stay within what was needed.
 */
test('on any path that lets something through a transfer ends whole, with no more blocks than the path made necessary', () => {
  const path = fc.record({
    seed: fc.nat(),
    final: fc.integer({ min: 1, max: 120 }),
    windowSize: fc.constantFrom(1, 1, 2, 5, 16),
    withOptions: fc.boolean(),
    loss: fc.constantFrom(0, 0.02, 0.1),
    duplication: fc.constantFrom(0, 0.05, 0.5),
    jitter: fc.constantFrom(0, 5, 40),
    slowDisk: fc.constantFrom(0, 30),
  });
  fc.assert(
    fc.property(path, ({ seed, final, windowSize, withOptions, loss, duplication, jitter, slowDisk }) => {
      const options: Option[] = windowSize > 1 || withOptions ? [['windowsize', String(windowSize)]] : [];
      const transfer = new Transfer(agree(options, 0, LIMITS), 0);
      const random = generator(seed);
      const events: { at: number; run: () => void }[] = [];
      const at = (time: number, run: () => void) => events.push({ at: time, run });
      let now = 0;
      let lost = 0;
      let copies = 0;
      // A path that loses seven times what one block needs lets nothing through; with one loss in ten that does happen.
      let unlucky = { acked: -2, times: 0 };
      const carry = (run: () => void) => {
        if (unlucky.acked !== transfer.acked) unlucky = { acked: transfer.acked, times: 0 };
        if (random() < loss && unlucky.times < 7) {
          lost++;
          unlucky.times++;
          return;
        }
        const twice = random() < duplication;
        if (twice) copies++;
        for (let copy = twice ? 2 : 1; copy > 0; copy--) at(now + 5 + random() * jitter, run);
      };

      // The client: the last block in order, when it last spoke, and the last block it confirmed.
      let have = options.length > 0 ? -1 : 0;
      let confirmed = have;
      let gap = -1;
      const confirm = () => {
        confirmed = have;
        const block = have;
        if (block >= 0) carry(() => hear(block));
      };
      const arrive = (block: number) => {
        if (block === have + 1) {
          have = block;
          if (have === 0 || have === final || have - confirmed >= windowSize) confirm();
        } else if (windowSize > 1 && block > have && gap !== have) {
          gap = have;
          confirm();
        } else if (block === confirmed || (block === final && have === final)) {
          // The server did not hear the last ACK; after the last block a client stays to say it again (RFC 1350, section 6).
          confirm();
        }
      };

      let frames = 0;
      const proceed = () => {
        if (transfer.phase !== 'sending') return;
        const { from, to } = transfer.wanted();
        const last = Math.min(to, final);
        expect(last - from).toBeLessThan(windowSize);
        for (let block = from; block <= last; block++) {
          frames++;
          carry(() => arrive(block));
        }
        transfer.noteSent(last, final, now);
      };
      let reading = false;
      const step = () => {
        if (transfer.phase !== 'sending' || reading) return;
        if (slowDisk === 0) return proceed();
        reading = true;
        at(now + random() * slowDisk, () => {
          reading = false;
          proceed();
        });
      };
      const hear = (block: number) => {
        transfer.receive(ack(block), now);
        step();
      };

      step();
      for (let steps = 0; transfer.phase !== 'ended' && steps < 100_000; steps++) {
        events.sort((a, b) => a.at - b.at);
        const next = events[0];
        if (next && next.at <= transfer.wakeAt) {
          events.shift();
          now = next.at;
          next.run();
        } else {
          now = transfer.wakeAt;
          transfer.wake(now);
          step();
        }
      }
      // What was lost three times before the peer was heard is given up.
      expect(transfer).toMatchObject({ phase: 'ended' });
      if (transfer.heard) expect({ outcome: transfer.outcome, have }).toEqual({ outcome: 'complete', have: final });

      const blocks = final + (options.length > 0 ? 1 : 0);
      if (windowSize === 1) {
        // In lock-step a block is repeated for a loss only: jitter stays below the shortest wait.
        expect(frames).toBeLessThanOrEqual(blocks + lost);
      } else {
        // A loss costs a window, and so may a copy or a block that was overtaken.
        const overtaken = jitter > 0 ? blocks : 0;
        expect(frames).toBeLessThanOrEqual(blocks + windowSize * (lost + copies + overtaken));
      }
    }),
    {
      numRuns: 400,
      examples: [
        [
          {
            seed: 1_340_275_808,
            final: 39,
            windowSize: 1,
            withOptions: true,
            loss: 0.1,
            duplication: 0.05,
            jitter: 0,
            slowDisk: 30,
          },
        ],
      ],
    },
  );
});
