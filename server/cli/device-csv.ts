import { open } from 'node:fs/promises';
import type { Command } from 'commander';
import { type Document, listOf, objectIn, textOf } from './client.ts';
import { asking, type ClientOptions, clientFor, collect, onDisk, print } from './command.ts';
import { examples } from './device.ts';
import { readFilter } from './find.ts';
import { Failure, type Io } from './io.ts';
import { table } from './table.ts';

interface ImportOptions extends ClientOptions {
  readonly dryRun?: boolean;
  readonly atomic?: boolean;
}

interface ExportOptions extends ClientOptions {
  readonly rawConfig?: string[];
}

/** `offhook device import`, `offhook device export` */
export function addDeviceCsv(device: Command, io: Io): void {
  asking(
    device
      .command('import')
      .description('make and change devices by the lines of a CSV file')
      .argument('<file>', 'its first line names columns, as the export has them')
      .option('--dry-run', 'say what would become of each line, and change nothing')
      .option('--atomic', 'all lines or none')
      .addHelpText(
        'after',
        examples(['offhook device import phones.csv --dry-run', 'offhook device import phones.csv --atomic']),
      ),
  ).action((file: string, options: ImportOptions) => importFile(file, options, io));

  asking(
    device
      .command('export')
      .description('write devices as CSV, to be imported again')
      .argument('[filters...]', 'FIELD=VALUE, as for list')
      .option('--raw-config <path>', 'a column more: a value of the config of each device; may be given more than once', collect)
      .addHelpText(
        'after',
        examples(['offhook device export > phones.csv', 'offhook device export model=D40 --raw-config sip_lines.1.username']),
      ),
  ).action((filters: string[], options: ExportOptions) => exportFile(filters, options, io));
}

async function importFile(file: string, options: ImportOptions, io: Io): Promise<void> {
  const client = clientFor(options, io);
  const query = new URLSearchParams({ ...(options.dryRun && { dry_run: 'true' }), ...(options.atomic && { atomic: 'true' }) });
  const path = `/api/v1/devices.csv${query.size > 0 ? `?${query}` : ''}`;
  const { document } = await onDisk(async () => client.send(path, (await open(file)).createReadStream()));
  const failed = Number(document.get('failed'));
  print(io, options, document, () => pageOf(document, options));
  if (failed > 0) throw new Failure(`${failed} ${failed === 1 ? 'line' : 'lines'} of ${file} could not be done`);
}

function pageOf(document: Document, { dryRun = false }: ImportOptions): string {
  const rows = listOf(document, 'rows')
    .filter((row) => row.has('problem'))
    .map((row) => [textOf(row, 'line'), textOf(row, 'id'), textOf(objectIn(row, 'problem'), 'detail')]);
  const [created, updated] = [textOf(document, 'created'), textOf(document, 'updated')];
  const kept = dryRun || document.get('stored') === true ? '' : 'Nothing was stored: all lines or none.\n';
  return `${table(['line', 'id', 'problem'], rows)}${created} ${dryRun ? 'would be ' : ''}created, ${updated} ${dryRun ? 'would be ' : ''}changed\n${kept}`;
}

async function exportFile(filters: readonly string[], options: ExportOptions, io: Io): Promise<void> {
  const client = clientFor(options, io);
  const query = await Promise.all(filters.map((filter) => readFilter(client, filter)));
  for (const path of options.rawConfig ?? []) query.push(['raw_config', path]);
  const { bytes } = await client.ask('GET', '/api/v1/devices.csv', { query });
  io.out(bytes);
}
