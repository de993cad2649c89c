import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Client } from './client.ts';
import { objectIn, textOf } from './client.ts';
import { asking, type ClientOptions, clientFor, print } from './command.ts';
import { examples } from './device.ts';
import { exit, Failure, type Io } from './io.ts';
import { forgetLogin, keepLogin } from './logins.ts';
import { localTime } from './table.ts';
import { readInput } from './values.ts';

interface LoginOptions extends ClientOptions {
  readonly passwordFile?: string;
}

/** `offhook login`, `offhook logout`, `offhook whoami` */
export function addLogin(program: Command, io: Io): void {
  asking(
    program
      .command('login')
      .description('log in to a server as a user; commands ask it from then on')
      .argument('<name>', 'the name of the user')
      .option('--password-file <file>', 'where the password stands; - is standard input; without it, it is asked for')
      .addHelpText('after', examples(['offhook login ann --server https://provisioning.example.com:8666'])),
  ).action((name: string, options: LoginOptions) => login(name, options, io));

  asking(program.command('logout').description('end the login, here and at the server')).action((options: ClientOptions) =>
    logout(options, io),
  );

  asking(program.command('whoami').description('show as whom commands ask the server, and what that permits')).action(
    (options: ClientOptions) => whoami(options, io),
  );
}

async function login(name: string, options: LoginOptions, io: Io): Promise<void> {
  const client = clientFor(options, io);
  const password = await readPassword(options.passwordFile, `Password of ${name} at ${client.url}: `, io);
  const body = new Map([
    ['name', name],
    ['password', password],
  ]);
  const { document } = await client.ask('POST', '/api/v1/login', { body, open: true });
  const [token, expires] = [textOf(document, 'token'), textOf(document, 'expires')];
  const user = textOf(objectIn(document, 'user'), 'name');
  const certificates = options.certificates === undefined ? {} : { certificates: resolve(options.certificates) };
  keepLogin(client.url, { token, user, expires, ...certificates }, io.environment);
  const told = new Map([...document].filter(([key]) => key !== 'token'));
  print(io, options, told, () => `${user} is logged in to ${client.url} until ${localTime(expires)}.\n`);
}

async function logout(options: ClientOptions, io: Io): Promise<void> {
  const client = clientFor(options, io);
  if (!client.login) throw new Failure(`Nobody is logged in to ${client.url} here`, exit.usage);
  // One that has ended at the server is forgotten here.
  await client.ask('POST', '/api/v1/logout', { expect: [401] });
  forgetLogin(client.url, io.environment);
  print(io, options, new Map(), () => `${client.login?.user} is logged out of ${client.url}.\n`);
}

async function whoami(options: ClientOptions, io: Io): Promise<void> {
  const client: Client = clientFor(options, io);
  const { document } = await client.ask('GET', '/api/v1/self');
  print(io, options, document, () => {
    const permissions = document.get('permissions');
    const permitted = Array.isArray(permissions) ? permissions.join(' ') : '';
    return `${textOf(document, 'kind')} ${textOf(document, 'name')} at ${client.url}\npermits ${permitted}\n`;
  });
}

/** What is typed or piped; a line feed at its end is none of it. */
export async function readPassword(file: string | undefined, question: string, io: Io): Promise<string> {
  const typed = file === undefined ? await io.secret(question) : await readInput(file, io);
  if (typed === undefined)
    throw new Failure(
      'There is no terminal to ask for the password: give --password-file FILE, or - for standard input',
      exit.usage,
    );
  return typed.replace(/\r?\n$/, '');
}
