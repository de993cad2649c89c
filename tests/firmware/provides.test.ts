import { expect, test } from '@jest/globals';
import { providersOf } from '../../server/firmware/provides.ts';
import { readFirmware } from '../../server/firmware/read.ts';

function providing(target: string, path: string): string[] {
  const text = `
[pkg_fw]
version: 1
description: Firmware
files: fw
install: fw

[install_fw]
a-b: unzip $FILE1
b-c: cp *.ld ${target}

[file_fw]
url: http://127.0.0.1/fw.zip
size: 3
sha1sum: ${'0'.repeat(40)}
`;
  return providersOf(readFirmware([{ name: 'pkgs.db', text }]), 'acme', path).map(({ id }) => id);
}

test.each([
  ['./', 'sip.ld', ['fw']],
  ['./', 'fw/sip.ld', []],
  ['./', 'sip.cfg', []],
  ['fw/', 'fw/sip.ld', ['fw']],
  ['fw/', 'sip.ld', []],
])('what is copied into %s gives phones %s: %j', (target, path, packages) => {
  expect(providing(target, path)).toEqual(packages);
});
