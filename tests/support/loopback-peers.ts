import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'basic-ftp';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';

/** A server of another program on 127.0.0.1, without rights. */
export interface Peer {
  readonly port: number;
  stop(): Promise<void>;
}

async function start(port: number, command: string, words: readonly string[], folder: string): Promise<Peer> {
  const child: ChildProcess = spawn(command, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const failed = once(child, 'exit').then(() => {
    throw new Error(`${command} ended: ${errors}`);
  });
  failed.catch(() => {});
  const listening = eventually(async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.destroy();
  });
  await Promise.race([listening, failed]);
  return {
    port,
    async stop() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      rmSync(folder, { recursive: true });
    },
  };
}

const temporary = () => mkdtempSync(join(tmpdir(), 'offhook-peer-'));

/** nginx with the files of a folder, at a bounded rate. @param rate bytes a second for each connection */
export async function startNginx(files: string, rate = 0): Promise<Peer> {
  const [port, folder] = [await freePort(), temporary()];
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`);
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events { worker_connections 64; }
http { access_log off; ${paths.join(' ')} server { listen 127.0.0.1:${port}; root ${files}; limit_rate ${rate}; } }
`,
  );
  return start(port, 'nginx', ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')], folder);
}

/** lighttpd with the files of a folder, for who shows a login by Digest. @param algorithms `MD5`, `SHA-256`, or both with a stroke */
export async function startLighttpd(
  files: string,
  login: { username: string; password: string },
  algorithms: string,
): Promise<Peer> {
  const [port, folder] = [await freePort(), temporary()];
  writeFileSync(join(folder, 'users'), `${login.username}:${login.password}\n`);
  const wanted = `"method" => "digest", "realm" => "all, files", "require" => "valid-user", "algorithm" => "${algorithms}"`;
  writeFileSync(
    join(folder, 'lighttpd.conf'),
    `server.bind = "127.0.0.1"
server.port = ${port}
server.document-root = "${files}"
server.errorlog = "${folder}/error.log"
server.modules = ("mod_auth", "mod_authn_file")
auth.backend = "plain"
auth.backend.plain.userfile = "${folder}/users"
auth.require = ("" => (${wanted}))
`,
  );
  return start(port, '/usr/sbin/lighttpd', ['-D', '-f', join(folder, 'lighttpd.conf')], folder);
}

/** tinyproxy, which lets in who has that login. */
export async function startTinyproxy(username: string, password: string): Promise<Peer> {
  const [port, folder] = [await freePort(), temporary()];
  const log = `LogFile "${folder}/log"\nPidFile "${folder}/pid"\nLogLevel Error`;
  const config = `Port ${port}\nListen 127.0.0.1\nTimeout 30\nMaxClients 20\n${log}\nBasicAuth ${username} ${password}\n`;
  writeFileSync(join(folder, 'tinyproxy.conf'), config);
  return start(port, 'tinyproxy', ['-d', '-c', join(folder, 'tinyproxy.conf')], folder);
}

/** pyftpdlib with the files of a folder; with a login, nobody gets in without. */
export async function startFtpServer(files: string, login?: { username: string; password: string }): Promise<Peer> {
  const [port, folder] = [await freePort(), temporary()];
  const who = login ? ['-u', login.username, '-P', login.password] : [];
  // Debian's own Python has Debian's packages.
  return start(port, '/usr/bin/python3', ['-m', 'pyftpdlib', '-i', '127.0.0.1', '-p', String(port), '-d', files, ...who], folder);
}

/**
 * A proxy as squid is one to FTP servers: `GET ftp://user:password@host/path` is answered with the file, for who shows some login.
 */
export async function startFtpGateway(): Promise<Peer & { readonly asked: { line: string; headers: IncomingHttpHeaders }[] }> {
  const asked: { line: string; headers: IncomingHttpHeaders }[] = [];
  const server = createServer(async ({ method, url = '', headers }, response) => {
    if (headers['proxy-authorization'] === undefined) {
      response.writeHead(407, { 'proxy-authenticate': 'Basic realm="gateway"' }).end();
      return;
    }
    asked.push({ line: `${method} ${url}`, headers });
    const { hostname, port, username, password, pathname } = new URL(url);
    const path = decodeURIComponent(pathname.slice(1));
    const client = new Client();
    try {
      await client.access({ host: hostname, port: Number(port), ...(username !== '' && { user: username, password }) });
      const size = await client.size(path);
      if (method === 'HEAD') response.writeHead(200, { 'content-length': size }).end();
      else await client.downloadTo(response, path);
    } catch {
      response.writeHead(404).end();
    } finally {
      client.close();
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
