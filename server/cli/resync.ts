import type { OrderedJson } from '../lib/ordered-json.ts';
import { type Client, type Document, listOf, objectIn, textOf } from './client.ts';
import { clientFor } from './command.ts';
import { devicePath, findDevice, readFilter } from './find.ts';
import { type FollowOptions, follow } from './follow.ts';
import { exit, Failure, type Io } from './io.ts';
import type { Host } from './serve.ts';
import { table } from './table.ts';
import { section } from './wrap.ts';

export interface ResyncOptions extends FollowOptions {
  readonly restart?: boolean;
  readonly all?: true;
  readonly outOfSync?: true;
  readonly filter?: readonly string[];
  readonly waves?: string;
  readonly perSecond?: string;
  readonly patience?: string;
  readonly tolerance?: string;
  readonly hours?: string;
}

/** `offhook device resync`: one device, or many. */
export async function resync(texts: readonly string[], options: ResyncOptions, io: Io, host: Host): Promise<void> {
  const { all, outOfSync, filter = [], restart } = options;
  const isFiltered = all === true || outOfSync === true || filter.length > 0;
  if (isFiltered === texts.length > 0) {
    throw new Failure('Name devices, or say --all, --out-of-sync or --filter', exit.usage);
  }
  if (all && (outOfSync || filter.length > 0)) throw new Failure('--all is all of them: leave the filter out', exit.usage);
  const client = clientFor(options, io);
  const around = { client, io, host };
  const how = new Map<string, OrderedJson>([
    ...(restart === undefined ? [] : [['restart', restart] as const]),
    ...manners(options),
  ]);
  const [only] = texts;
  if (texts.length === 1 && only !== undefined && [...how.keys()].every((key) => key === 'restart')) {
    const { document } = await findDevice(client, only);
    const begun = await client.ask('POST', `${devicePath(textOf(document, 'id'))}/resync`, { body: how });
    await follow(begun.document, options, around, (ended) => {
      return `It reads its configuration anew: ${textOf(objectIn(ended, 'result'), 'words')}.\n`;
    });
    return;
  }
  const which = isFiltered ? await whereOf(client, filter, outOfSync) : await idsOf(client, texts);
  const begun = await client.ask('POST', '/api/v1/resyncs', { body: new Map([which, ...how]) });
  const ended = await follow(begun.document, options, around, (each) => pageOf(objectIn(each, 'result')));
  const result = objectIn(ended, 'result');
  const missing = numberIn(result, 'devices') - numberIn(result, 'in_sync');
  // Where nobody waited there is no result yet.
  if (missing > 0) throw new Failure(`${missing === 1 ? '1 device is' : `${missing} devices are`} not in sync`);
}

async function whereOf(client: Client, filters: readonly string[], outOfSync: true | undefined): Promise<[string, OrderedJson]> {
  const where = new Map<string, OrderedJson>(await Promise.all(filters.map((each) => readFilter(client, each))));
  if (outOfSync) where.set('sync', 'out-of-sync');
  return ['where', where];
}

async function idsOf(client: Client, texts: readonly string[]): Promise<[string, OrderedJson]> {
  const found = await Promise.all(texts.map((text) => findDevice(client, text)));
  return ['devices', found.map(({ document }) => textOf(document, 'id'))];
}

function manners({ waves, perSecond, patience, tolerance, hours }: ResyncOptions): [string, OrderedJson][] {
  const numbers = { per_second: perSecond, patience_seconds: patience, tolerance_percent: tolerance };
  return [
    ...(waves === undefined ? [] : [['waves', waves.split(',').map((share) => share.trim())] as [string, OrderedJson]]),
    // What is no number the server refuses, and says what it may be.
    ...Object.entries(numbers).flatMap(([name, text]): [string, OrderedJson][] =>
      text === undefined ? [] : [[name, /^\d+$/.test(text) ? Number(text) : text]],
    ),
    ...(hours === undefined ? [] : [['hours', hours] as [string, OrderedJson]]),
  ];
}

const sections = [
  ['not_told', 'Could not be told'],
  ['not_back', 'Were told, and have fetched nothing'],
  ['fetched_old', 'Fetched other files than they would get now'],
  ['impossible', 'Nothing was sent to'],
] as const;

function pageOf(result: Document): string {
  const all = numberIn(result, 'devices');
  const left = numberIn(result, 'left');
  const stopped = textOf(result, 'stopped');
  return [
    `${numberIn(result, 'in_sync')} of ${all === 1 ? '1 device' : `${all} devices`} told and in sync.\n`,
    stopped === '' ? '' : `${stopped}. ${left} ${left === 1 ? 'was' : 'were'} not told.\n`,
    ...sections.map(([key, title]) => sectionOf(objectIn(result, key), title)),
  ].join('');
}

function sectionOf(few: Document, title: string): string {
  const rows = listOf(few, 'first').map((each) => [textOf(each, 'mac') || textOf(each, 'id'), textOf(each, 'why')]);
  if (rows.length === 0) return '';
  const total = numberIn(few, 'total');
  const rest = total - rows.length;
  return section(`${title}: ${total}`, table(['device', 'why'], rows) + (rest > 0 ? `and ${rest} more\n` : ''));
}

const numberIn = (document: Document, key: string): number => Number(document.get(key) ?? 0);
