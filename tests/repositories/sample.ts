import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { writeIndex, writeInfo } from '../../server/repositories/document.ts';
import { publicLine, signatureLine } from '../../server/repositories/keys.ts';
import { archiveName, type Index, type IndexEntry, type PackageInfo } from '../../server/repositories/model.ts';
import { type Member, rawTar } from '../support/tar.ts';

export const now = new Date('2026-11-22T12:00:00Z');

export function info(change: Partial<PackageInfo> = {}): PackageInfo {
  return {
    id: 'acme',
    version: '1.0.0',
    vendor: 'Acme',
    descriptions: new Map([
      ['', 'Acme phones'],
      ['fr', 'Téléphones Acme'],
    ]),
    released: '2026-11-20',
    notes: '- The first.',
    interface: { min: 1, max: 1 },
    plugins: { 'acme-1': { version: '1.0', models: ['M1'] } },
    capabilities: { 'Acme, M1, 1.0': { lines: 1 } },
    ...change,
  };
}

/** The members of an archive that is as it should be. */
export function members(of = info()): Member[] {
  const at = (path: string) => `${of.id}/${path}`;
  return [
    { path: at('') },
    { path: at('package.json'), bytes: '{ "type": "module" }' },
    { path: at('plugin-info'), bytes: writeInfo(of) },
    { path: at('plugin.js'), bytes: 'throw new Error("executed");' },
    { path: at('templates/') },
    { path: at('templates/phone.tpl'), bytes: 'hello' },
    { path: at('pkgs/pkgs.db'), bytes: '# nothing' },
  ];
}

export function archive(of = info(), tree = members(of)): Buffer {
  return gzipSync(rawTar(tree));
}

export function entry(of = info(), bytes = archive(of)): IndexEntry {
  return { ...of, file: archiveName(of), size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

export function index(change: Partial<Index> = {}): Index {
  return { channel: 'stable', serial: 7, created: now, packages: [entry()], ...change };
}

export interface Signer {
  readonly privateKey: KeyObject;
  /** As settings have it. */
  readonly line: string;
  sign(bytes: Buffer): Buffer;
}

export function signer(): Signer {
  const { privateKey } = generateKeyPairSync('ed25519');
  return {
    privateKey,
    line: publicLine(createPublicKey(privateKey)),
    sign: (bytes) => Buffer.from(signatureLine(bytes, privateKey)),
  };
}

export function signed(by: Signer, change: Partial<Index> = {}): { bytes: Buffer; signature: Buffer } {
  const bytes = writeIndex(index(change));
  return { bytes, signature: by.sign(bytes) };
}
