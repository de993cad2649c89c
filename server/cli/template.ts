import { type Command, Option } from 'commander';
import type { OrderedJson } from '../lib/ordered-json.ts';
import { type Client, type Document, listOf, objectIn, type Request, textOf } from './client.ts';
import { asking, type ClientOptions, clientFor, print } from './command.ts';
import { examples } from './device.ts';
import { edit } from './edit.ts';
import { exit, Failure, type Io } from './io.ts';
import { askList } from './pages.ts';
import { table, visible } from './table.ts';
import { readInput } from './values.ts';
import { section, wrap } from './wrap.ts';

interface ListOptions extends ClientOptions {
  readonly all?: boolean;
}

interface ShowOptions extends ClientOptions {
  readonly package?: boolean;
  readonly base?: boolean;
  readonly former?: boolean;
}

interface OverrideOptions extends ClientOptions {
  readonly from?: string;
  readonly edit?: boolean;
  readonly force?: boolean;
}

interface MergeOptions extends ClientOptions {
  readonly print?: boolean;
  readonly force?: boolean;
}

/** `offhook template …` */
export function addTemplate(program: Command, io: Io): void {
  const template = program
    .command('template')
    .description("look at and change overrides: templates of your own in the place of a vendor package's");

  asking(
    template
      .command('list')
      .description('list overrides, and whether the templates of the packages changed under them')
      .argument('[plugin]', 'only those of this plugin')
      .option('--all', 'also the templates of packages that there is no override of'),
  ).action((plugin: string | undefined, options: ListOptions) => list(plugin, options, io));

  const other = (name: string, text: string, ...others: string[]) => new Option(name, text).conflicts(others);
  asking(
    named(template.command('show').description('print an override, or the template that is used without one'))
      .addOption(other('--package', "the package's template as it is", 'base', 'former'))
      .addOption(other('--base', "the package's template that the override was made from", 'package', 'former'))
      .addOption(other('--former', 'the override before it was last changed or removed', 'package', 'base')),
  ).action((plugin: string, name: string, options: ShowOptions) => show(plugin, name, options, io));

  asking(
    named(template.command('override').description('make an override, or change one; phones get it with their next request'))
      .addOption(other('--from <file>', 'its text; - is standard input', 'edit'))
      .option('--edit', 'edit it, or what is used without it, in the editor that VISUAL or EDITOR names')
      .option('--force', 'also when it is no valid template')
      .addHelpText(
        'after',
        examples([
          'offhook template override digium-2.8.1 phone.tpl --edit',
          'offhook template override digium-2.8.1 D40.tpl --from D40.tpl',
          'offhook template override digium-2.8.1 000fd3054848.cfg.tpl --from bob.tpl',
        ]),
      ),
  ).action((plugin: string, name: string, options: OverrideOptions) => override(plugin, name, options, io));

  asking(
    named(template.command('diff').description('show what the package changed, what you changed, and the merge of both')),
  ).action((plugin: string, name: string, options: ClientOptions) => diff(plugin, name, options, io));

  asking(
    named(template.command('merge').description('take over into an override what the package changed'))
      .option('--print', 'print the merge and change nothing; conflicts are marked')
      .option('--force', 'also when the merge is no valid template'),
  ).action((plugin: string, name: string, options: MergeOptions) => merge(plugin, name, options, io));

  asking(
    named(template.command('accept').description('leave an override as it is: what the package changed until now was looked at')),
  ).action((plugin: string, name: string, options: ClientOptions) => accept(plugin, name, options, io));

  asking(named(template.command('remove').description("remove an override: the package's template is used again"))).action(
    (plugin: string, name: string, options: ClientOptions) => remove(plugin, name, options, io),
  );
}

function named(command: Command): Command {
  return command
    .argument('<plugin>', 'the plugin, as offhook plugin list has it')
    .argument(
      '<name>',
      'file name of the template; MODEL.tpl for one model, FILE.tpl for the one device whose file is called FILE',
    );
}

/** @param action what follows the resource in the path */
function ask(client: Client, method: string, plugin: string, name: string, request: Request = {}, action = '') {
  // As parts of a URL they would lead to another resource, however they are escaped (WHATWG URL).
  if ([plugin, name].some((part) => /^\.{0,2}$/.test(part))) throw new Failure(`${plugin} has no template ${name}`, exit.usage);
  const path = [plugin, name].map(encodeURIComponent).join('/');
  return client.ask(method, `/api/v1/templates/${path}${action}`, request);
}

async function list(plugin: string | undefined, options: ListOptions, io: Io): Promise<void> {
  const query: [string, string][] = [];
  if (plugin !== undefined) query.push(['plugin', plugin]);
  if (options.all) query.push(['all', 'true']);
  const document = await askList(clientFor(options, io), '/api/v1/templates', 'templates', query);
  const templates = listOf(document, 'templates');
  print(io, options, document, () => {
    const rows = templates.map((each) => {
      const state = textOf(each, 'state');
      return [textOf(each, 'plugin'), textOf(each, 'name'), textOf(each, 'instead_of'), state, meanings[state] ?? ''];
    });
    return table(['plugin', 'template', 'instead of', 'state', 'meaning'], rows) || 'There are no overrides.\n';
  });
}

const meanings: Readonly<Record<string, string>> = {
  current: 'the package has what it was made from',
  outdated: "the package's template changed; offhook template diff shows how",
  same: 'it says what the package says',
  orphaned: 'its plugin or its template is no longer there',
  own: 'the package has no such template',
};

async function show(plugin: string, name: string, options: ShowOptions, io: Io): Promise<void> {
  const { document } = await ask(clientFor(options, io), 'GET', plugin, name);
  if (options.json) return print(io, options, document, () => '');
  const asked = options.package ? 'package' : options.base ? 'base' : options.former ? 'former' : undefined;
  const text = asked ? document.get(asked) : (document.get('override') ?? document.get('package'));
  if (typeof text !== 'string') throw new Failure(`${plugin}/${name}: ${missing[asked ?? 'override']}`);
  io.out(text);
}

const missing = {
  override: 'there is none any more; --former shows what there was',
  package: 'the package has no such template',
  base: 'there is no override of it, or it was made from no template of the package',
  former: 'it was never changed through the server',
};

async function override(plugin: string, name: string, options: OverrideOptions, io: Io): Promise<void> {
  if (options.from === undefined && !options.edit) throw new Failure('Say what the text is: --from FILE or --edit', exit.usage);
  const text = options.from === undefined ? undefined : await readInput(options.from, io);
  const client = clientFor(options, io);
  const put = async (given: string, ifMatch?: string) => {
    const body = new Map<string, OrderedJson>([['text', given], ...(options.force ? [['force', true] as const] : [])]);
    const { document } = await ask(client, 'PUT', plugin, name, { body, ifMatch });
    print(io, options, document, () => '');
  };
  if (text !== undefined) return put(text);
  const { document, etag } = await ask(client, 'GET', plugin, name, { expect: [404] });
  const before = textOf(document, document.get('override') === null ? 'package' : 'override');
  await edit(before, name, io, (edited) => put(edited, etag));
}

async function diff(plugin: string, name: string, options: ClientOptions, io: Io): Promise<void> {
  const client = clientFor(options, io);
  const { document } = await ask(client, 'GET', plugin, name, {}, '/diff');
  const merged = objectIn(document, 'merge');
  const conflicts = listOf(merged, 'conflicts').map((each) => textOf(each, 'line'));
  const command = `offhook template merge ${plugin} ${name}`;
  const verdict =
    textOf(document, 'of_package') === ''
      ? 'The package has the template that this override was made from.'
      : conflicts.length === 0
        ? `The package changed the template since this override was made. Both changes go together: ${command} takes over the package's.`
        : `The package changed the template since this override was made, and the same lines as you did, from line ${conflicts.join(', ')} of yours. ${command} --print prints both, marked, to be edited.`;
  print(io, options, document, () =>
    [
      wrap(verdict, io.columns),
      section('What the package changed', told(textOf(document, 'of_package'), io)),
      section('What you changed', told(textOf(document, 'of_operator'), io)),
      section('What a merge would change in yours', told(textOf(merged, 'diff'), io)),
    ].join(''),
  );
}

/** On a terminal nothing in a template moves the cursor; into a file it goes as it is. */
function told(text: string, io: Io): string {
  return io.terminal ? text.replaceAll(/[^\n\t]+/g, visible) : text;
}

async function merge(plugin: string, name: string, options: MergeOptions, io: Io): Promise<void> {
  const client = clientFor(options, io);
  if (options.print) {
    const { document } = await ask(client, 'GET', plugin, name, {}, '/diff');
    return print(io, options, document, () => textOf(objectIn(document, 'merge'), 'text'));
  }
  const body: Document = new Map(options.force ? [['force', true]] : []);
  const { document, status } = await ask(client, 'POST', plugin, name, { body, expect: [409] }, '/merge');
  if (status === 409) throw new Failure(conflictText(document, plugin, name));
  print(io, options, document, () => '');
}

function conflictText(problem: Document, plugin: string, name: string): string {
  if (textOf(problem, 'code') !== 'template-conflicting') return textOf(problem, 'detail');
  const where = listOf(problem, 'complaints').map((each) => `\n  ${textOf(each, 'path')}: ${textOf(each, 'message')}`);
  const ways = [
    `offhook template merge ${plugin} ${name} --print > ${name}`,
    `offhook template override ${plugin} ${name} --from ${name}`,
    `offhook template accept ${plugin} ${name}`,
  ].map((line) => `\n  ${line}`);
  return `You and the package changed the same lines of ${name} in different ways; nothing was changed.${where.join('')}\nEdit the merge between the first and the second of${ways.join('')}`;
}

async function accept(plugin: string, name: string, options: ClientOptions, io: Io): Promise<void> {
  const { document } = await ask(clientFor(options, io), 'POST', plugin, name, {}, '/accept');
  print(io, options, document, () => '');
}

async function remove(plugin: string, name: string, options: ClientOptions, io: Io): Promise<void> {
  await ask(clientFor(options, io), 'DELETE', plugin, name);
  print(io, options, new Map(), () => '');
}
