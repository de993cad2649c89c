import { expect, test } from '@jest/globals';
import { writeIndex } from '../../server/repositories/document.ts';
import { keyId, readPublicLine } from '../../server/repositories/keys.ts';
import { most } from '../../server/repositories/model.ts';
import { readIndex } from '../../server/repositories/read-index.ts';
import { entry, index, info, now, signed, signer } from './sample.ts';

const ours = signer();
const other = signer();
const expected = { channel: 'stable', keys: [ours.line], now } as const;
const idOf = (line: string) => keyId(readPublicLine(line));

function code(work: () => unknown): string {
  try {
    work();
    return 'accepted';
  } catch (cause) {
    return (cause as { code: string }).code;
  }
}

test('an index that a trusted key signed is read as it was written', () => {
  const { bytes, signature } = signed(ours);
  expect(readIndex(bytes, signature, expected)).toEqual({ index: index(), signedBy: idOf(ours.line) });
});

test('the same index is the same bytes', () => {
  expect(writeIndex(index())).toEqual(writeIndex(structuredClone(index())));
});

test('no bit of an index can be changed', () => {
  const { bytes, signature } = signed(ours);
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
    expect(code(() => readIndex(changed, signature, expected))).toBe('index-signature-wrong');
  }
});

test('no bit of a signature can be changed', () => {
  const { bytes, signature } = signed(ours);
  for (let at = 0; at < signature.length * 8; at++) {
    const changed = Buffer.from(signature);
    const place = at >> 3;
    changed[place] = (changed[place] ?? 0) ^ (1 << (at % 8));
    // In the first characters the key's name stands.
    expect(code(() => readIndex(bytes, changed, expected))).toMatch(/^index-(?:signature-wrong|key-unknown)$/);
  }
});

test.each([
  ['cut', (signature: Buffer) => signature.subarray(0, -5)],
  ['without its line feed', (signature: Buffer) => signature.subarray(0, -1)],
  ['empty', () => Buffer.alloc(0)],
  ['with something behind it', (signature: Buffer) => Buffer.concat([signature, Buffer.from('more')])],
  ['endless', (signature: Buffer) => Buffer.concat(Array.from({ length: 100 }, () => signature))],
])('a signature that is %s is refused', (_, change) => {
  const { bytes, signature } = signed(ours);
  expect(code(() => readIndex(bytes, change(signature), expected))).toBe('index-signature-wrong');
});

test('an index that nobody signed, or a stranger, is refused and says what to do', () => {
  const { bytes, signature } = signed(other);
  expect(() => readIndex(bytes, undefined, expected)).toThrow(/^The index is not signed\. Ask the repository for its key/);
  expect(() => readIndex(bytes, signature, expected)).toThrow(
    `signed with the key ${idOf(other.line)}, which is not trusted (trusted: ${idOf(ours.line)})`,
  );
  expect(() => readIndex(bytes, signature, { ...expected, keys: [] })).toThrow('(trusted: none)');
});

test('a server that allows unsigned indexes takes both, and says that nobody signed', () => {
  const { bytes, signature } = signed(other);
  const lax = { ...expected, allowUnsigned: true };
  expect(readIndex(bytes, undefined, lax)).toEqual({ index: index() });
  expect(readIndex(bytes, signature, lax)).toEqual({ index: index() });
});

test('not even then is a signature by a trusted key passed over that is wrong', () => {
  const { bytes } = signed(ours);
  const { signature } = signed(ours, { serial: 8 });
  expect(code(() => readIndex(bytes, signature, { ...expected, allowUnsigned: true }))).toBe('index-signature-wrong');
});

test('while servers move to another key, either key is enough', () => {
  const { bytes, signature } = signed(ours);
  const both = Buffer.concat([other.sign(bytes), signature]);
  expect(readIndex(bytes, both, expected).signedBy).toBe(idOf(ours.line));
  expect(readIndex(bytes, both, { ...expected, keys: [other.line] }).signedBy).toBe(idOf(other.line));
});

test('while an index is replaced, signatures of the old and the new one stand beside it', () => {
  const [before, after] = [signed(ours), signed(ours, { serial: 8 })];
  const both = Buffer.concat([after.signature, before.signature]);
  expect(readIndex(before.bytes, both, expected).index.serial).toBe(7);
  expect(readIndex(after.bytes, both, expected).index.serial).toBe(8);
});

test('an index that is older than one seen before is refused; the same again is not', () => {
  const { bytes, signature } = signed(ours);
  expect(() => readIndex(bytes, signature, { ...expected, seenSerial: 8 })).toThrow(/serial 7, and 8 was seen before/);
  expect(readIndex(bytes, signature, { ...expected, seenSerial: 7 }).index.serial).toBe(7);
});

test('an index of another channel does not stand for this one', () => {
  const { bytes, signature } = signed(ours, { channel: 'testing' });
  expect(code(() => readIndex(bytes, signature, expected))).toBe('index-channel-wrong');
});

test('an index is good until it expires', () => {
  const { bytes, signature } = signed(ours, { expires: new Date('2026-11-22T12:00:01Z') });
  expect(readIndex(bytes, signature, expected).index.expires).toEqual(new Date('2026-11-22T12:00:01Z'));
  const later = { ...expected, now: new Date('2026-11-22T12:00:01Z') };
  expect(() => readIndex(bytes, signature, later)).toThrow(/good until 2026-11-22T12:00:01\.000Z/);
});

test('what is wrong is only told of an index that is signed', () => {
  const bytes = Buffer.from('{"format": 2, "endless');
  expect(code(() => readIndex(bytes, undefined, expected))).toBe('index-unsigned');
  expect(code(() => readIndex(bytes, ours.sign(bytes), expected))).toBe('index-invalid');
});

test('an index of a newer Offhook says so, whatever else is in it', () => {
  const bytes = Buffer.from('{"format": 2, "packages": 5}');
  expect(() => readIndex(bytes, ours.sign(bytes), expected)).toThrow(
    'The index has format 2, and this Offhook reads 1: upgrade Offhook',
  );
});

test('more bytes than an index has are not even checked', () => {
  expect(code(() => readIndex(Buffer.alloc(most.index + 1), undefined, expected))).toBe('index-too-large');
});

type Document = { packages: Record<string, unknown>[] } & Record<string, unknown>;

function complaintsOf(change: (document: Document) => void): [path: string, message: string][] {
  const document = JSON.parse(writeIndex(index({ packages: [entry(), entry(info({ version: '0.9' }))] })).toString()) as Document;
  change(document);
  const bytes = Buffer.from(JSON.stringify(document));
  try {
    readIndex(bytes, ours.sign(bytes), expected);
    return [];
  } catch (cause) {
    const { complaints } = cause as { complaints: { path: string; message: string }[] };
    return complaints.map(({ path, message }) => [path, message]);
  }
}

const first = (key: string, value: unknown) => (document: Document) => {
  document.packages[0] = { ...document.packages[0], [key]: value };
};

test.each<[string, (document: Document) => void, string, RegExp]>([
  ['a path in a file name', first('file', '../../etc/passwd'), 'packages.0.file', /must be acme-1\.0\.0\.tar\.gz/],
  ['another file’s name', first('file', 'acme-0.9.tar.gz'), 'packages.0.file', /must be acme-1\.0\.0\.tar\.gz/],
  ['a path in an id', first('id', '../acme'), 'packages.0.id', /lower case letters/],
  ['a path in a version', first('version', '1/../2'), 'packages.0.version', /digits and letters/],
  ['dots in a version', first('version', '1..2'), 'packages.0.version', /digits and letters/],
  ['an absurd size', first('size', 1e12), 'packages.0.size', /big|67108864/i],
  ['no size', first('size', 0), 'packages.0.size', /small|1/i],
  ['half a byte', first('size', 1.5), 'packages.0.size', /int/i],
  ['a sum that is none', first('sha256', 'abc'), 'packages.0.sha256', /64 hexadecimal digits/],
  [
    'an interface that ends before it begins',
    first('interface', { min: 3, max: 2 }),
    'packages.0.interface',
    /end before it begins/,
  ],
  ['a version twice', first('version', '0.9'), 'packages.0.file', /must be acme-0\.9/],
  [
    'an entry twice',
    (document) => document.packages.push({ ...document.packages[0] }),
    'packages.2.file',
    /acme-1\.0\.0\.tar\.gz is there twice/,
  ],
  ['no serial', (document) => delete document.serial, 'serial', /number/i],
  ['a channel of its own', (document) => Object.assign(document, { channel: 'nightly' }), 'channel', /stable/],
  ['no packages', (document) => Object.assign(document, { packages: {} }), 'packages', /array/i],
])('%s is refused, and where', (_, change, path, message) => {
  expect(complaintsOf(change)).toEqual([[path, expect.stringMatching(message)]]);
});

test('everything that is wrong is told at once', () => {
  const found = complaintsOf((document) => {
    first('size', -1)(document);
    Object.assign(document.packages[1] ?? {}, { sha256: '', vendor: 5 });
  });
  expect(found.map(([path]) => path).sort()).toEqual(['packages.0.size', 'packages.1.sha256', 'packages.1.vendor']);
});

test('what a newer Offhook wrote beside it is passed over', () => {
  expect(complaintsOf((document) => Object.assign(document, { mirrors: [] }))).toEqual([]);
});

test.each([
  '',
  'ed25519:',
  'ed25519:AAAA',
  'rsa:GYRwQFG2S6uQXy6co4eeiEVBkLwpQIG5bh40c5T45Hs=',
  'GYRwQFG2S6uQXy6co4eeiEVBkLwpQIG5bh40c5T45Hs=',
])('%p is no public key', (line) => {
  expect(() => readPublicLine(line)).toThrow(/is no public key; "offhook repository key" prints one/);
});
