import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { oneLine, startTestApp } from '../support/app.ts';

const run = promisify(execFile);

test('a phone on IPv6 boots over HTTP and TFTP, and is told addresses that it can use', async () => {
  const server = await startTestApp(['http.listen=::1', 'tftp.listen=::1']);
  try {
    const { configs, devices, tenants } = server.app.core;
    await configs.create({ id: 'auto', tenant: tenants.main.id, parents: [], role: 'autocreate', raw: oneLine('auto-pw') });
    for (const url of [`http://[::1]:${server.http}`, `tftp://[::1]:${server.tftp}`]) {
      const { stdout } = await run('curl', ['-sfg', `${url}/Digium/000fd3000001.cfg`]);
      expect(stdout).toContain('auto-pw');
      expect(stdout).toContain(`url="http://[::1]:${server.http}/Digium/000fd3000001-contacts.xml"`);
    }
    expect((await devices.list({})).devices).toMatchObject([{ ip: '::1' }]);
  } finally {
    await server.stop();
  }
});
