import { basename, relative } from 'node:path';
import { type Command, Option } from 'commander';
import { reason } from '../lib/errors.ts';
import { type Loaded, loadSettings, type Sources } from '../settings/load.ts';
import { printSettings } from '../settings/print.ts';
import type { NamedFlag } from '../settings/sources.ts';
import type { Settings } from '../settings.ts';
import { collect } from './command.ts';
import { examples } from './device.ts';
import type { Io } from './io.ts';
import { fields } from './table.ts';

/** The server, as far as the one who starts it cares. */
export interface Running {
  readonly addresses: readonly { readonly name: string; readonly url: string }[];
  /** Reads anew what can be read anew, and opens logs again. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** What `serve` needs of the process; tests put something of their own here. */
export interface Host {
  start(settings: Settings, options: { development: boolean }): Promise<Running>;
  onSignal(name: 'SIGTERM' | 'SIGINT' | 'SIGHUP', listener: () => void): void;
  /** Ends the process at once. */
  exit(code: number): void;
  /** The file that was started, as `process.argv` has it. */
  readonly program: string;
}

export interface ServeOptions {
  readonly config?: string;
  readonly data?: string;
  readonly logLevel?: string;
  readonly set?: readonly string[];
  readonly development?: boolean;
  readonly printSettings?: boolean;
}

/** `offhook serve` */
export function addServe(program: Command, io: Io, host: Host): void {
  program
    .command('serve')
    .description('run the server')
    .addOption(new Option('--config <file>', 'settings file; default: /etc/offhook/offhook.yml if it is there'))
    .addOption(new Option('--data <dir>', 'directory of everything that the server keeps'))
    .addOption(new Option('--set <key=value>', 'one setting, above all others; any number of times').argParser(collect))
    .addOption(new Option('--log-level <level>', 'trace, debug, info, warn, error or fatal'))
    .option('--development', 'data in ./var, TFTP on port 6969, and a config for unknown phones')
    .option('--print-settings', 'show the settings in force and where they come from, and end')
    .addHelpText(
      'after',
      examples(['offhook serve --development', 'offhook serve --config /etc/offhook/offhook.yml --set http.port=80']),
    )
    .action((options: ServeOptions) => serve(options, io, host));
}

/** What a newcomer needs to start without root; whatever is set anywhere outranks it. */
const developmentDefaults: readonly NamedFlag[] = [
  { flag: '--development', key: 'data', value: './var' },
  { flag: '--development', key: 'tftp.port', value: '6969' },
  { flag: '--development', key: 'log.format', value: 'pretty' },
];

/** Runs until the process is told to end. @throws ProvisioningError settings-invalid and whatever the start throws */
export async function serve(options: ServeOptions, io: Io, host: Host): Promise<void> {
  const { checkRawConfig } = await import('../app/base-config.ts');
  const loaded = load(options, io, checkRawConfig);
  if (options.printSettings) {
    io.out(printSettings(loaded));
    return;
  }
  const { development = false } = options;
  let running: Running | undefined;
  // From the start: what is sent while the server starts counts, too.
  const stopped = untilStopped(host);
  host.onSignal('SIGHUP', () => void reload(running, io));
  running = await host.start(loaded.settings, { development });
  if (io.terminal || development) io.out(welcome(loaded.settings, running, commandFor(options, loaded.settings, running, host)));
  await stopped;
  await running.close();
}

function load(
  { config, data, logLevel, set = [], development }: ServeOptions,
  { environment }: Io,
  checkRawConfig: NonNullable<Sources['checkRawConfig']>,
): Loaded {
  const named = [
    ...(data === undefined ? [] : [{ flag: '--data', key: 'data', value: data }]),
    ...(logLevel === undefined ? [] : [{ flag: '--log-level', key: 'log.level', value: logLevel }]),
  ];
  const sources = { environment, set, checkRawConfig, ...(config !== undefined && { config }) };
  const loaded = loadSettings({ ...sources, flags: named });
  if (!development) return loaded;
  return loadSettings({ ...sources, flags: [...developmentDefaults.filter(({ key }) => !loaded.given.has(key)), ...named] });
}

/** The first signal ends orderly, the second at once: with the code by which shells tell it. */
function untilStopped(host: Host): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const stop = (code: number) => () => {
      if (asked) host.exit(code);
      asked = true;
      resolve();
    };
    host.onSignal('SIGINT', stop(130));
    host.onSignal('SIGTERM', stop(143));
  });
}

async function reload(running: Running | undefined, io: Io): Promise<void> {
  try {
    await running?.reload();
  } catch (cause) {
    io.err(`offhook: Not everything could be read anew, and stays as it was: ${reason(cause)}\n`);
  }
}

/** How to call a command for this very server. */
function commandFor(options: ServeOptions, { data }: Settings, { addresses }: Running, { program }: Host) {
  const call = basename(program) === 'offhook' ? 'offhook' : `node ${quoted(relative(process.cwd(), program))}`;
  const admin = urlOf(addresses, 'admin');
  const isPlain = options.config === undefined && options.data === undefined && options.set === undefined;
  const place = isPlain ? '' : ` --data ${quoted(data)}${admin === undefined ? '' : ` --server ${admin}`}`;
  return (words: string) => `${call} ${words}${place}`;
}

const quoted = (text: string): string => (/^[\w./:@%+=,~-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** A URL of a listener as one on this host asks it; loopback stands for every address. */
function urlOf(addresses: Running['addresses'], name: string): string | undefined {
  const [first] = addresses.filter((each) => each.name === name);
  return first?.url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}

function welcome(settings: Settings, { addresses }: Running, command: (words: string) => string): string {
  const path = 'Digium/000fd3054848.cfg';
  const [web, tftp] = [urlOf(addresses, 'http') ?? urlOf(addresses, 'https'), urlOf(addresses, 'tftp')];
  const plays = [...(web === undefined ? [] : [`curl ${web}/${path}`]), ...(tftp === undefined ? [] : [`curl ${tftp}/${path}`])];
  const next = [
    ...(plays.length === 0 ? [] : ['Play a phone, over HTTP or TFTP:', ...plays.map((line) => `  ${line}`), '']),
    'See which phones came, and what they get:',
    `  ${command('device list')}`,
    `  ${command(`render 000fd3054848 ${path}`)}`,
    '',
    'Ctrl+C ends the server.',
  ];
  const { mode, interfaces } = settings.dhcp;
  const where = fields([
    ...addresses.map(({ name, url }) => [name, url] as const),
    ...(mode === 'off' ? [] : [['dhcp', `${mode}, on ${interfaces.join(', ') || 'all interfaces'}`] as const]),
    ...(settings.pnp.interfaces.length === 0 ? [] : [['pnp', `on ${settings.pnp.interfaces.join(', ')}`] as const]),
    ['data', settings.data],
  ]);
  return `\nOffhook is running.\n\n${indented(where)}\n${next.join('\n')}\n\n`;
}

const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, '  ');
