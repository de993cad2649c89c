import { type Command, Option } from 'commander';
import type { OrderedJson } from '../lib/ordered-json.ts';
import { type Document, listOf, objectIn, textOf } from './client.ts';
import { asking, clientFor, collect } from './command.ts';
import { findTenant } from './find.ts';
import { type FollowOptions, follow, following } from './follow.ts';
import { exit, Failure, type Io } from './io.ts';
import type { Host } from './serve.ts';
import { table } from './table.ts';
import { section } from './wrap.ts';

interface MoveOptions extends FollowOptions {
  readonly from: string;
  readonly to: string;
  readonly model?: readonly string[];
  readonly tenant?: readonly string[];
  readonly pinned?: boolean;
  readonly notPinned?: boolean;
  readonly pin?: boolean;
  readonly dryRun?: boolean;
}

/** `offhook device move`, a command of `device` */
export function addMove(device: Command, io: Io, host: Host, examples: string): void {
  following(
    asking(
      device
        .command('move')
        .description('move devices from one plugin to another; with --dry-run only say what would change')
        .requiredOption('--from <plugin>', 'the plugin that they have')
        .requiredOption('--to <plugin>', 'the plugin that they get')
        .addOption(new Option('--model <model>', 'only this model; may be repeated').argParser(collect))
        .addOption(
          new Option('--tenant <tenant>', 'only those of this tenant, by id or name; may be repeated').argParser(collect),
        )
        .option('--pinned', 'only those whose plugin an operator chose')
        .option('--not-pinned', 'only those whose plugin the server chose')
        .option('--pin', 'the plugin is your choice from now on: the server chooses no other by itself')
        .option('--dry-run', 'change nothing, and say how many files would change')
        .addHelpText('after', examples),
    ),
  ).action((options: MoveOptions) => move(options, io, host));
}

async function move(options: MoveOptions, io: Io, host: Host): Promise<void> {
  const { from, to, model, tenant, pinned, notPinned, pin, dryRun } = options;
  if (pinned && notPinned) throw new Failure('Nothing is both --pinned and --not-pinned', exit.usage);
  const client = clientFor(options, io);
  const tenants = tenant && (await Promise.all(tenant.map(async (text) => textOf(await findTenant(client, text), 'id'))));
  const where: Document = new Map([['plugin', from]]);
  if (model) where.set('model', [...model]);
  if (tenants) where.set('tenant', tenants);
  if (pinned || notPinned) where.set('pinned', pinned === true);
  const body = new Map<string, OrderedJson>([
    ['where', where],
    ['to', to],
    ['pin', pin === true],
    ['dry_run', dryRun === true],
  ]);
  const { document } = await client.ask('POST', '/api/v1/moves', { body });
  await follow(document, options, { client, io, host }, (ended) => pageOf(objectIn(ended, 'result'), options));
}

function pageOf(result: Document, { from, to, dryRun }: MoveOptions): string {
  if (numberIn(result, 'devices') === 0) return `No device of ${from} is meant: none is moved.\n`;
  return dryRun ? foreseenPage(result, from, to) : movedPage(result, from, to);
}

function foreseenPage(result: Document, from: string, to: string): string {
  const [moving, unchanged] = [numberIn(result, 'moving'), numberIn(result, 'unchanged')];
  const row = (name: string, key: string) => {
    const files = objectIn(result, key);
    return [name, ...['changed', 'appearing', 'disappearing', 'same'].map((each) => written(numberIn(files, each)))];
  };
  const failing = objectIn(result, 'failing');
  const already = numberIn(failing, 'already');
  const models = objectIn(result, 'unknown_models');
  const rows = listOf(models, 'first').map((each) => ['model', 'devices', 'score'].map((key) => textOf(each, key)));
  const today = already === 0 ? '' : `, ${written(already)} already today`;
  return [
    `Nothing is moved. ${count(moving)} would move from ${from} to ${to}; ${written(moving - unchanged)} of them would get other files.\n`,
    moving === 0
      ? ''
      : `\n${table(
          ['files', 'change', 'appear', 'go away', 'stay the same'],
          [row('of one device', 'files'), row('of many', 'common_files')],
        )}`,
    listSection(failing, `Cannot be configured with ${to}: ${count(numberIn(failing, 'total'))}${today}`),
    rows.length === 0 ? '' : section(`Models that ${to} does not know`, table(['model', 'devices', 'support'], rows)),
    leftSection(result, `Would stay on ${from}`),
  ].join('');
}

function movedPage(result: Document, from: string, to: string): string {
  const [moved, there] = [numberIn(result, 'moved'), numberIn(result, 'already_there')];
  const failing = objectIn(result, 'failing');
  const before = there === 0 ? '' : ` ${count(there)} had it by then.`;
  return [
    `${count(moved)} moved to ${to}; ${written(numberIn(result, 'configured'))} can be configured.${before}\n`,
    listSection(failing, `Cannot be configured: ${count(numberIn(failing, 'total'))}`),
    leftSection(result, `Not moved from ${from}`),
  ].join('');
}

function leftSection(result: Document, title: string): string {
  const left = objectIn(result, 'left');
  return listSection(left, `${title}: ${count(numberIn(left, 'total'))}`);
}

/** The first of some devices with their reasons, under a title; without any nothing. */
function listSection(few: Document, title: string): string {
  const rows = listOf(few, 'first').map((each) => [
    textOf(each, 'mac') || textOf(each, 'id'),
    textOf(each, 'model'),
    textOf(each, 'why'),
  ]);
  if (rows.length === 0) return '';
  const rest = numberIn(few, 'total') - rows.length;
  return section(title, table(['device', 'model', 'why'], rows) + (rest > 0 ? `and ${written(rest)} more\n` : ''));
}

const numberIn = (document: Document, key: string): number => Number(document.get(key) ?? 0);
const written = (number: number): string => number.toLocaleString('en');
const count = (number: number): string => (number === 1 ? '1 device' : `${written(number)} devices`);
