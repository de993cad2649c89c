import type { Command } from 'commander';
import { type OrderedJson, stringifyOrdered } from '../lib/ordered-json.ts';
import { type Document, listOf, objectIn, textOf } from './client.ts';
import { type ClientOptions, clientFor, print } from './command.ts';
import { examples } from './device.ts';
import type { Io } from './io.ts';
import { askingPages, askList, mostOf, type PageOptions, tellRest } from './pages.ts';
import { localTime, table } from './table.ts';

interface AuditOptions extends ClientOptions, PageOptions {
  readonly resource?: string;
  readonly id?: string;
  readonly actor?: string;
  readonly since?: string;
  readonly until?: string;
  readonly diff?: boolean;
}

/** `offhook audit` */
export function addAudit(program: Command, io: Io): void {
  askingPages(
    program
      .command('audit')
      .description('show who changed what, when and from where, the latest first')
      .option('--resource <kind>', 'only what happened to things of this kind: device, config, tenant, token, user, template …')
      .option('--id <id>', 'only what happened to the one with this id')
      .option('--actor <kind>', 'only what was done by administrator, user, token, dhcp-server, phone or server')
      .option('--since <time>', 'only this time and later (RFC 3339)')
      .option('--until <time>', 'only what was earlier')
      .option('--diff', 'with what was otherwise before')
      .addHelpText(
        'after',
        examples([
          'offhook audit --resource config --id alice --diff',
          'offhook audit --actor user --since 2030-01-01T00:00:00Z',
        ]),
      ),
  ).action((options: AuditOptions) => audit(options, io));
}

async function audit(options: AuditOptions, io: Io): Promise<void> {
  const { resource, id, actor, since: from, until: to } = options;
  const asked = { resource, id, actor, from, to };
  const query = Object.entries(asked).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)] as const]));
  const document = await askList(clientFor(options, io), '/api/v1/audit', 'entries', query, mostOf(options));
  const entries = listOf(document, 'entries');
  print(io, options, document, () => {
    if (entries.length === 0) return 'There are no such changes.\n';
    if (options.diff) return entries.map(pageOf).join('\n');
    return table(
      ['when', 'who', 'from', 'what', '', 'changed'],
      entries.map((entry) => [
        localTime(textOf(entry, 'at')),
        whoOf(entry),
        textOf(entry, 'from'),
        `${textOf(entry, 'resource')} ${textOf(entry, 'id')}`,
        textOf(entry, 'action'),
        // Of what came or went, it is everything.
        ['created', 'removed'].includes(textOf(entry, 'action')) ? '' : pathsOf(entry),
      ]),
    );
  });
  if (!options.json) tellRest(io, entries.length, document);
}

function whoOf(entry: Document): string {
  const actor = objectIn(entry, 'actor');
  return [textOf(actor, 'kind'), textOf(actor, 'name')].filter((part) => part !== '').join(' ');
}

function pathsOf(entry: Document): string {
  const paths = listOf(entry, 'diff').map((each) => textOf(each, 'path'));
  const rest = paths.length - 3;
  return `${paths.slice(0, 3).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

function pageOf(entry: Document): string {
  const from = textOf(entry, 'from');
  const head = `${localTime(textOf(entry, 'at'))}  ${whoOf(entry)}${from === '' ? '' : ` from ${from}`}: ${textOf(entry, 'resource')} ${textOf(entry, 'id')} ${textOf(entry, 'action')}\n`;
  const lines = listOf(entry, 'diff').flatMap((each) => {
    const line = (sign: string, value: OrderedJson | undefined) =>
      value === undefined
        ? []
        : [`  ${sign} ${textOf(each, 'path')}: ${typeof value === 'string' ? value : stringifyOrdered(value)}\n`];
    return [...line('-', each.get('before')), ...line('+', each.get('after'))];
  });
  return head + lines.join('');
}
