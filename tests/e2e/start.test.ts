import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { ProvisioningError } from '../../server/lib/errors.ts';
import { startTestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';

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

test('log files that cannot be written and a certificate that is none are told with their keys, and nothing else is', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'offhook-start-'));
  writeFileSync(join(folder, 'x.pem'), 'no PEM');
  const told = async (...set: string[]) => {
    const failed = await startTestApp(set).catch((cause: ProvisioningError) => cause);
    return 'complaints' in failed ? failed.complaints.map(({ message }) => message.replaceAll(folder, '')) : await failed.stop();
  };
  const tls = ['http.tls.enabled=true', 'http.tls.port=0', 'http.tls.listen=127.0.0.1', `http.tls.key=${folder}/x.pem`];
  try {
    expect(await told(...tls, `http.tls.certificate=${folder}/none.pem`)).toEqual([
      'http.tls.certificate: /none.pem: there is no such file; correct http.tls.certificate',
    ]);
    expect(await told(...tls, `http.tls.certificate=${folder}`)).toEqual([
      'http.tls.certificate: : it is a directory, not a file; correct http.tls.certificate',
    ]);
    expect(await told(...tls, `http.tls.certificate=${folder}/x.pem`)).toEqual([
      expect.stringMatching(
        /^http\.tls\.certificate: .* are not a certificate and its key: .*; give a certificate and the private key/,
      ),
    ]);
    const logs = [`log.file=${folder}/none/a.log`, `log.security_file=${folder}/none/b.log`];
    expect(await told(...logs, ...tls, `http.tls.certificate=${folder}/none.pem`)).toEqual([
      'log.file: /none/a.log: its directory does not exist; make that, or choose another file: --set log.file=FILE',
      'log.security_file: /none/b.log: its directory does not exist; make that, or choose another file: --set log.security_file=FILE',
      'http.tls.certificate: /none.pem: there is no such file; correct http.tls.certificate',
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a server without any vendor package says so', async () => {
  const server = await startTestApp(['plugins.directories=/nowhere']);
  const log = join(server.data, 'offhook.log');
  try {
    await eventually(() => expect(readFileSync(log, 'utf8')).toMatch(/"plugin\.none","directories":\["\/nowhere"\]/));
  } finally {
    await server.stop();
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

test('when no port that files may be sent from over TFTP is free, the setting that names them is told', async () => {
  const taken = createSocket('udp4').bind(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address();
  try {
    await expect(startTestApp([`tftp.transfer_ports=${port}-${port}`])).rejects.toMatchObject({
      code: 'settings-invalid',
      complaints: [{ path: 'tftp.transfer_ports', message: expect.stringContaining('in use by other programs') }],
    });
  } finally {
    taken.close();
  }
});
