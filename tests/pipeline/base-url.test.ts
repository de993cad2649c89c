import { expect, test } from '@jest/globals';
import { BaseUrls } from '../../server/pipeline/base-url.ts';
import { ip, request } from '../support/requests.ts';

const reached = (address: string, port: number) => ({ ip: ip(address), port });

function urls(fixed?: string): BaseUrls {
  const made = new BaseUrls(fixed, ip('192.0.2.1'));
  made.listensAt('http', 8667);
  made.listensAt('https', 8668);
  return made;
}

test.each([
  ['http', reached('10.0.0.1', 8080), 'http://10.0.0.1:8080'],
  ['https', reached('10.0.0.1', 8443), 'https://10.0.0.1:8443'],
  ['tftp', reached('10.0.0.1', 0), 'http://10.0.0.1:8667'],
  ['http', reached('fd00::1', 8667), 'http://[fd00::1]:8667'],
] as const)('a phone that came by %s to %j is told %s', (transport, at, url) => {
  expect(urls().of(request({ transport, reached: at }), 'dev1')).toBe(url);
});

test('over TFTP a phone is told HTTPS where there is no HTTP', () => {
  const made = new BaseUrls(undefined, ip('192.0.2.1'));
  made.listensAt('https', 8668);
  expect(made.of(request({ transport: 'tftp', reached: reached('10.0.0.1', 0) }), undefined)).toBe('https://10.0.0.1:8668');
});

test('what a device was told last is what it will ask under; before that, this host’s address', () => {
  const made = urls();
  expect(made.expected('dev1')).toBe('http://192.0.2.1:8667');
  made.of(request({ reached: reached('10.0.0.1', 8667) }), 'dev1');
  expect(made.expected('dev1')).toBe('http://10.0.0.1:8667');
  made.of(request({ reached: reached('192.0.2.1', 8667) }), 'dev1');
  expect(made.expected('dev1')).toBe('http://192.0.2.1:8667');
});

test('what the settings say outranks all', () => {
  const made = urls('https://prov.example.com');
  expect(made.of(request(), 'dev1')).toBe('https://prov.example.com');
  expect(made.expected('dev1')).toBe('https://prov.example.com');
});
