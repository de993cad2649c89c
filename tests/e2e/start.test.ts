import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { ProvisioningError } from '../../server/lib/errors.ts';
import { startTestApp } from '../support/app.ts';

test('all that the system does not give is told at once: ports in use and a data directory that is none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'offhook-start-'));
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const web = createServer().listen(0, '127.0.0.1');
  const phones = createSocket('udp4').bind(0, '127.0.0.1');
  await Promise.all([once(web, 'listening'), once(phones, 'listening')]);
  const ports = { http: (web.address() as AddressInfo).port, tftp: phones.address().port };
  const taken = [`http.port=${ports.http}`, `tftp.port=${ports.tftp}`];
  try {
    const failed = await startTestApp([...taken, `data=${file}`]).then(
      () => undefined,
      (cause: ProvisioningError) => cause,
    );
    expect(failed?.code).toBe('settings-invalid');
    expect(failed?.complaints.map(({ path }) => path)).toEqual(['data', 'http.port', 'tftp.port']);
    expect(failed?.message).toMatch(
      new RegExp(
        `^The settings cannot be used:\n  data: ${file}: .*--set data=DIR\n  http\\.port: port ${ports.http} on 127\\.0\\.0\\.1 is in use`,
      ),
    );

    const portsOnly = await startTestApp(taken).then(
      () => undefined,
      (cause: ProvisioningError) => cause,
    );
    expect(portsOnly?.complaints.map(({ path }) => path)).toEqual(['http.port', 'tftp.port']);
  } finally {
    web.close();
    phones.close();
    rmSync(folder, { recursive: true });
  }
});

test('a start that failed leaves nothing open: the next one works', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const wanted = (free.address() as AddressInfo).port;
  await new Promise((resolve) => free.close(resolve));
  await expect(startTestApp([`http.port=${wanted}`, `admin.port=${port}`])).rejects.toMatchObject({ code: 'settings-invalid' });
  holder.close();
  const server = await startTestApp([`http.port=${wanted}`]);
  await server.stop();
});
