import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from './offhook.ts';
import { start } from './peers.ts';
import type { Served } from './wrk.ts';

/** Others that serve the same bytes under the same paths: what the platform, and what any server, can do at all. */
export interface StaticServers {
  readonly nginx: Served;
  readonly bare: Served;
  stop(): Promise<void>;
}

/** nginx with files on disk, and node:http with files in memory; each has a port. */
export async function startStatic(files: ReadonlyMap<string, Buffer>): Promise<StaticServers> {
  const folder = mkdtempSync(join(tmpdir(), 'offhook-static-'));
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(folder, 'files', path)), { recursive: true });
    writeFileSync(join(folder, 'files', path), bytes);
  }
  const [nginx = 0, bare = 0] = await freePorts(2);
  writeFileSync(join(folder, 'nginx.conf'), nginxConfig(folder, nginx));
  const servers = {
    nginx: { port: nginx, peer: start('server', 'nginx', ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')]) },
    bare: {
      port: bare,
      peer: start('server', process.execPath, [join(import.meta.dirname, 'bare.js'), join(folder, 'files'), String(bare)]),
    },
  };
  const [path = '/'] = files.keys();
  for (const { port } of Object.values(servers)) await untilServed(`http://127.0.0.1:${port}${path}`);
  return {
    ...servers,
    async stop() {
      await Promise.all(Object.values(servers).map(({ peer }) => peer.stop()));
      rmSync(folder, { recursive: true });
    },
  };
}

async function untilServed(url: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (
      await fetch(url).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      return;
    await sleep(50);
  }
  throw new Error(`${url} is not served`);
}

/** One process, as the others; the access log that it has by default. */
const nginxConfig = (folder: string, port: number): string => `daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 1024; }
http {
  access_log ${folder}/access.log;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  default_type text/plain;
  server { listen 127.0.0.1:${port}; root ${folder}/files; }
}
`;
