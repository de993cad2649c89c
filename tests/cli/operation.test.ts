import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Io } from '../../server/cli/io.ts';
import type { Host } from '../../server/cli/serve.ts';
import { ProvisioningError } from '../../server/lib/errors.ts';
import type { Task } from '../../server/operations/run.ts';
import { held } from '../operations/stage.ts';
import { eventually } from '../support/eventually.ts';
import { openPlace, type Place } from './place.ts';
import { noHost, offhook, type Ran } from './terminal.ts';

let here: Place;
beforeEach(async () => {
  here = await openPlace();
});
afterEach(() => here.close());

const install = { label: 'install', title: 'install firmware T46U', subject: { plugin: 'yealink-v86' } };
const endless = ({ signal }: Task) => sleep(60_000, undefined, { signal });

function on(words: readonly string[], io: Partial<Io> = {}, host: Host = noHost): Promise<Ran> {
  return offhook([...words, ...here.words], '', io, host);
}

async function ended(work: (task: Task) => Promise<undefined> = async () => {}): Promise<string> {
  const { id } = await here.stage.operations.start(install, work);
  await here.stage.operations.wait(id);
  return id;
}

/** A process that can be interrupted, and a screen on which what is drawn stands as a person would see it at last. */
function terminal() {
  let interrupt = () => {};
  const onSignal = (_: string, listener: () => void) => {
    interrupt = listener;
  };
  const drawn: string[] = [];
  const err = (text: string) => void drawn.push(text);
  return {
    io: { terminal: true, columns: 100, rows: 24, err },
    host: { ...noHost, onSignal },
    drawn,
    interrupt: () => interrupt(),
  };
}

/** What a terminal shows after it was sent these texts: it knows of cursors that go up, and of what is wiped out. */
function screenOf(drawn: readonly string[]): string[] {
  const lines: string[] = [''];
  let row = 0;
  const escaped = drawn.join('').replaceAll('\x1b', '␛');
  for (const [, up, wipe, newline, text = ''] of escaped.matchAll(/␛\[(\d+)A\r|␛\[([KJ])|(\n)|([^␛\n\r]+)/g)) {
    if (up !== undefined) row -= Number(up);
    else if (wipe === 'K') lines[row] = '';
    else if (wipe === 'J') lines.splice(row, lines.length, '');
    else if (newline === undefined) lines[row] += text;
    else {
      row++;
      lines[row] ??= '';
    }
  }
  return lines;
}

test('operations are listed with what they do, how far they are and what became of them', async () => {
  const done = await ended();
  const failed = await ended(async () => {
    throw new ProvisioningError('disk-full', 'The disk is full');
  });
  const { id } = await here.stage.operations.start({ ...install, unit: 'bytes', subject: {} }, async (task) => {
    task.progress(4_200_000, 51_200_000);
    await endless(task);
  });
  const { out, err } = await on(['operation', 'list']);
  expect(err).toBe('');
  expect(out).toMatch(/^OPERATION +STATE +PROGRESS +SINCE +TOOK +ID\n/);
  const row = (state: string, rest: string) => new RegExp(`^install firmware T46U +${state} +${rest}$`, 'm');
  expect(out).toMatch(row('running', `4\\.2 MB of 51\\.2 MB +[-\\d]+ [:\\d]+ +0:00 +${id}`));
  expect(out).toMatch(row('done', `- +[-\\d]+ [:\\d]+ +0:00 +${done}`));
  expect(out).toMatch(row('failed', `- .* +${failed}`));
  const ids = async (...words: string[]) =>
    (JSON.parse((await on(['operation', 'list', '--json', ...words])).out) as { operations: { id: string }[] }).operations.map(
      (each) => each.id,
    );
  expect(await ids('--state', 'waiting', '--state', 'progress')).toEqual([id]);
  expect(await ids('--state', 'fail', '--label', 'install', '--subject', 'plugin:yealink-v86')).toEqual([failed]);
  expect((await on(['operation', 'list', '--limit', '1'])).err).toBe(
    '1 of 3 are shown; --limit shows more, and --all all of them\n',
  );
  expect((await on(['operation', 'list', '--label', 'none'])).out).toBe('There are no such operations.\n');
});

test('one is shown with its parts and its error, and forgotten', async () => {
  const id = await ended((task) =>
    task.step({ label: 'download', title: 'download a.zip' }, async () => {
      const complaints = ['size', 'sha1sum'].map((path) => ({ path, message: 'is another' }));
      throw new ProvisioningError('download-corrupt', 'a.zip is not what it should be', { complaints });
    }),
  );
  const { out } = await on(['operation', 'show', id]);
  for (const line of [
    new RegExp(`^id +${id}$`, 'm'),
    /^plugin +yealink-v86$/m,
    /^state +failed$/m,
    /^problem +a\.zip is not what it should be$/m,
    /^- +sha1sum is another$/m,
    /^ {2}download a\.zip +failed {2}0:00$/m,
  ]) {
    expect(out).toMatch(line);
  }
  expect(await on(['operation', 'forget', id])).toMatchObject({ code: 0, out: '', err: '' });
  expect(await on(['operation', 'show', id])).toMatchObject({ code: 1, err: `offhook: No operation has the id ${id}\n` });
});

test('without an id the one that runs is meant, if one does', async () => {
  const none = await on(['operation', 'show']);
  expect(none).toMatchObject({ code: 1, err: expect.stringContaining('No operation runs') });
  const one = await here.stage.operations.start(install, endless);
  expect(JSON.parse((await on(['operation', 'show', '--json'])).out)).toMatchObject({ id: one.id, subject: install.subject });
  const other = await here.stage.operations.start({ ...install, title: 'another' }, endless);
  const { err } = await on(['operation', 'cancel']);
  expect(err).toMatch(/^offhook: Several operations run; say which:\n/);
  for (const { id, title } of [one, other]) expect(err).toContain(`  ${id} ${title}`);
});

test('one is cancelled, and has ended when the command has', async () => {
  const { id } = await here.stage.operations.start(install, endless);
  expect(await on(['operation', 'cancel'])).toMatchObject({ code: 0, out: '', err: '' });
  expect(here.stage.operations.get(id)).toMatchObject({ state: 'fail', error: { code: 'operation-cancelled' } });
  expect(await on(['operation', 'cancel', id])).toMatchObject({
    code: 1,
    err: `offhook: The operation ${id} has ended already\n`,
  });
});

test('without a terminal there is a line when a part begins or ends, and the exit code tells how all ended', async () => {
  const { release, until } = held();
  const { id } = await here.stage.operations.start(install, async (task) => {
    await task.step({ label: 'download', title: 'download a.zip', unit: 'bytes' }, async (part) => {
      for (let bytes = 0; bytes < 100; bytes++) part.progress(bytes * 1_000, 100_000);
      await until;
    });
    await task.step('unpack', async () => {
      throw new ProvisioningError('disk-full', 'The disk is full');
    });
  });
  let err = '';
  const io: Partial<Io> = {
    err: (text) => {
      err += text;
      if (err.includes('a.zip: begins')) release();
    },
  };
  const { code, out } = await on(['operation', 'wait', id], io);
  expect([code, out]).toEqual([1, '']);
  expect(err.split('\n').map((line) => line.replaceAll(/ {2}\d:\d\d/g, ''))).toEqual([
    'install firmware T46U: begins',
    'download a.zip: begins',
    'install firmware T46U: failed',
    'download a.zip: done  99.0 kB of 100 kB',
    'unpack: failed',
    'offhook: install firmware T46U failed: The disk is full',
    '',
  ]);
});

test('on a terminal a tree is drawn over itself, and stays when all is over', async () => {
  const { release, until } = held();
  const steps = [{ label: 'download', title: 'download a.zip', unit: 'bytes' }, { label: 'unpack' }] as const;
  const { id } = await here.stage.operations.start({ ...install, steps }, async (task) => {
    await task.step('download', async (part) => {
      part.progress(5_000_000, 10_000_000);
      await until;
      part.progress(10_000_000);
    });
    await task.step('unpack', async () => {});
  });
  const { io, host, drawn } = terminal();
  const waiting = on(['operation', 'wait', id], io, host);
  await eventually(() => expect(drawn.length).toBeGreaterThan(3));
  expect(screenOf(drawn)).toEqual([
    expect.stringMatching(/^install firmware T46U {2}\d:\d\d$/),
    expect.stringMatching(/^ {2}download a\.zip {7}\[#{10}-{10}\] {3}50% {2}5\.0 MB of 10\.0 MB/),
    '  unpack               waiting',
    '',
  ]);
  release();
  expect(await waiting).toMatchObject({ code: 0, out: '' });
  expect(screenOf(drawn)).toEqual([
    expect.stringMatching(/^install firmware T46U {2}done {2}\d:\d\d$/),
    expect.stringMatching(/^ {2}download a\.zip {7}done {2}10\.0 MB {2}\d:\d\d$/),
    expect.stringMatching(/^ {2}unpack {15}done {2}0:00$/),
    '',
  ]);
});

test('Ctrl-C ends the showing at once and not the operation, and says how to come back', async () => {
  const { id } = await here.stage.operations.start(install, endless);
  const { io, host, drawn, interrupt } = terminal();
  const waiting = on(['operation', 'wait'], io, host);
  await eventually(() => expect(drawn.length).toBeGreaterThan(1));
  const began = performance.now();
  interrupt();
  expect((await waiting).code).toBe(130);
  expect(performance.now() - began).toBeLessThan(2_000);
  expect(drawn.at(-1)).toBe(
    `offhook: The server goes on with it: offhook operation wait ${id} shows it again, offhook operation cancel ${id} stops it\n`,
  );
  expect(here.stage.operations.get(id)).toMatchObject({ state: 'progress', cancelling: false });
});

test('for programs there is the operation as it ended, and nothing else', async () => {
  const { release, until } = held();
  const { id } = await here.stage.operations.start(install, () => until.then(() => ({ files: 3 })));
  const waiting = on(['operation', 'wait', id, '--json'], { terminal: true });
  release();
  const { code, out, err } = await waiting;
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(JSON.parse(out)).toMatchObject({ id, state: 'success', result: { files: 3 } });
  const failed = await ended(async () => {
    throw new ProvisioningError('disk-full', 'The disk is full');
  });
  const ran = await on(['operation', 'wait', failed, '--json']);
  expect([ran.code, JSON.parse(ran.out).error.code]).toEqual([1, 'disk-full']);
});

test('a command that starts an operation follows it, or prints its id and leaves it alone', async () => {
  const { code, err } = await on(['reload']);
  expect(code).toBe(0);
  expect(err).toMatch(/^render the files of all devices: (?:begins|done)/);
  const left = await on(['reload', '--no-wait']);
  expect(left).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/^[\da-f]{12}\n$/) });
  expect(here.stage.operations.get(left.out.trim())).toBeDefined();
});
