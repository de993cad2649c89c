import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { type Attempt, explainSystemError } from '../../server/settings/system-error.ts';

const failed = (code: string) => Object.assign(new Error(`${code}: it failed`), { code });
const tftp: Attempt = { kind: 'listen', key: 'tftp', address: '0.0.0.0', port: 69 };
const range: Attempt = { kind: 'range', key: 'tftp.transfer_ports', address: '0.0.0.0' };
const data: Attempt = { kind: 'directory', key: 'data', path: '/srv/data' };
const log: Attempt = { kind: 'log', key: 'log.file', path: '/srv/log/o.log' };
const certificate: Attempt = { kind: 'file', key: 'http.tls.certificate', path: '/etc/cert.pem' };

test.each([
  ['EADDRINUSE', tftp, 'tftp.port', /^tftp\.port: port 69 on 0\.0\.0\.0 is in use .* --set tftp\.port=6969$/],
  ['EACCES', tftp, 'tftp.port', /CAP_NET_BIND_SERVICE.*AmbientCapabilities.*--set tftp\.port=6969$/],
  ['EPERM', tftp, 'tftp.port', /CAP_NET_BIND_SERVICE/],
  ['EADDRNOTAVAIL', tftp, 'tftp.listen', /^tftp\.listen: this host has no address 0\.0\.0\.0/],
  ['EAFNOSUPPORT', tftp, 'tftp.listen', /switched off/],
  ['EMFILE', tftp, 'tftp.port', /^tftp\.port: cannot listen on port 69 of 0\.0\.0\.0: EMFILE: it failed$/],
  [
    'EADDRINUSE',
    range,
    'tftp.transfer_ports',
    /^tftp\.transfer_ports: all these ports of 0\.0\.0\.0 are in use .* another range/,
  ],
  ['EACCES', range, 'tftp.transfer_ports', /cannot take these ports of 0\.0\.0\.0: EACCES: it failed; choose .* from 1024$/],
  ['EACCES', data, 'data', /^data: \/srv\/data: user \d+ may not write there; .*chown.*--set data=DIR$/],
  ['EROFS', data, 'data', /mounted read-only/],
  ['ENOENT', data, 'data', /cannot be made; make it, or choose another directory/],
  ['ENOTDIR', data, 'data', /is a file, not a directory/],
  ['ENOSPC', data, 'data', /disk is full/],
  ['EIO', data, 'data', /EIO: it failed; choose another directory/],
  ['ENOENT', log, 'log.file', /^log\.file: \/srv\/log\/o\.log: its directory does not exist; make that, .*--set log\.file=FILE$/],
  ['EACCES', log, 'log.file', /may not write there/],
  ['ENOENT', certificate, 'http.tls.certificate', /^http\.tls\.certificate: \/etc\/cert\.pem: there is no such file; correct/],
  ['EACCES', certificate, 'http.tls.certificate', /may not read it/],
])('%s of %j becomes one line with key and remedy', (code, attempt, path, message) => {
  const cause = failed(code);
  const error = explainSystemError(cause, attempt);
  expect(error).toMatchObject({
    code: 'settings-invalid',
    cause,
    complaints: [{ path, message: expect.stringMatching(message) }],
  });
});

test('a port that is really in use is told by its key', async () => {
  const [first, second] = [createServer(), createServer()];
  await new Promise<void>((resolve) => first.listen(0, '127.0.0.1', resolve));
  const { port } = first.address() as AddressInfo;
  const error = await new Promise((resolve) => second.on('error', resolve).listen(port, '127.0.0.1'));
  await new Promise((resolve) => first.close(resolve));
  const explained = explainSystemError(error, { kind: 'listen', key: 'http', address: '127.0.0.1', port });
  expect(explained.message).toContain(`http.port: port ${port} on 127.0.0.1 is in use by another program`);
});
