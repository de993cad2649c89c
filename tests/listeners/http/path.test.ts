import { expect, test } from '@jest/globals';
import { parseTarget } from '../../../server/listeners/http/path.ts';
import { fc } from '../../support/fuzz.ts';

test.each([
  ['/', '/'],
  ['/Digium/000fd3054848.cfg', '/Digium/000fd3054848.cfg'],
  ['/Digium/', '/Digium/'],
  ['//Digium//000fd3054848.cfg', '/Digium/000fd3054848.cfg'],
  ['/Digium//', '/Digium/'],
  ['///', '/'],
  ['/.hidden', '/.hidden'],
  ['/a..b/...', '/a..b/...'],
  ['/SPA504G%20config.xml', '/SPA504G config.xml'],
  ['/%44%69gium', '/Digium'],
  ['/a+b', '/a+b'],
  ['/caf%C3%A9', '/caf\u00c3\u00a9'],
  ['/caf%E9', '/caf\u00e9'],
  ['http://offhook.example/Digium/x.cfg', '/Digium/x.cfg'],
  ['HTTPS://10.0.0.1:8667//x.cfg', '/x.cfg'],
  ['http://offhook.example', '/'],
])('%s is the path %s', (target, path) => {
  expect(parseTarget(target)).toEqual({ path, query: '' });
});

test.each([
  ['/%zz', '/%zz'],
  ['/%', '/%'],
  ['/100%', '/100%'],
  ['/%4', '/%4'],
  ['/%%41', '/%A'],
  ['/$MA%_x', '/$MA%_x'],
])('what is no escape stays: %s is %s', (target, path) => {
  expect(parseTarget(target)?.path).toBe(path);
});

test('an escape is decoded once only', () => {
  expect(parseTarget('/%252e%252e/%2541')?.path).toBe('/%2e%2e/%41');
});

test.each([
  '/..',
  '/../etc/passwd',
  '/Digium/../../etc/passwd',
  '/%2e%2e/etc/passwd',
  '/.%2E/x',
  '/%2e/x',
  '/./x',
  '/x/.',
  '//..//x',
  '/Digium%2f000fd3054848.cfg',
  '/Digium%2Fx',
  '/..\\x',
  '/Digium\\x',
  '/Digium%5cx',
  '/x%00.cfg',
  '/x%0d%0aSet-Cookie:',
  '/%7f',
  '/x\u0000',
  'http://offhook.example/../x',
  '*',
  '',
  'x.cfg',
  'ftp://offhook.example/x',
])('no artefact has the name %j', (target) => {
  expect(parseTarget(target)).toBeUndefined();
});

test.each([
  ['/x?mac=00%0f&a=b?c', '/x', 'mac=00%0f&a=b?c'],
  ['/x?', '/x', ''],
  ['/?/../y', '/', '/../y'],
  ['http://offhook.example?q', '/', 'q'],
])('the query of %s is kept as sent', (target, path, query) => {
  expect(parseTarget(target)).toEqual({ path, query });
});

/** Text made of the pieces that matter, so that they meet. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom('/', '.', '..', '%', '%2e', '%2f', '%5c', '%00', '\\', '?', 'http://', '\u00ff', '%C3', 'a'),
      fc.string(),
    ),
  )
  .map((pieces) => pieces.join(''));

test('whatever is sent, a path keeps what PhoneRequest promises', () => {
  let paths = 0;
  fc.assert(
    fc.property(fc.boolean(), hostile, (slash, text) => {
      const path = parseTarget(slash ? `/${text}` : text)?.path;
      if (path === undefined) return;
      paths++;
      expect(path.startsWith('/')).toBe(true);
      expect(path).not.toContain('//');
      expect(path).not.toContain('\\');
      expect([...path].some((character) => character < ' ' || character === '\u007f')).toBe(false);
      expect(path.split('/').some((segment) => segment === '.' || segment === '..')).toBe(false);
    }),
    { numRuns: 5_000 },
  );
  expect(paths).toBeGreaterThan(500);
});

test('every name of bytes survives being percent-encoded', () => {
  const byte = fc.integer({ min: 0x20, max: 0xff }).filter((code) => ![0x2e, 0x2f, 0x5c, 0x7f].includes(code));
  fc.assert(
    fc.property(fc.array(byte, { minLength: 1 }), (codes) => {
      const encoded = codes.map((code) => `%${code.toString(16).padStart(2, '0')}`).join('');
      expect(parseTarget(`/${encoded}`)?.path).toBe(`/${String.fromCharCode(...codes)}`);
    }),
  );
});
