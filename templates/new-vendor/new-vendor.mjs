#!/usr/bin/env node
// Scaffolds a vendor package: node new-vendor.mjs NAME [ROOT]. It renders, is recognised and passes the contract test from the start.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const here = import.meta.dirname;
const [name = '', root = join(here, '../..')] = process.argv.slice(2);

if (!/^[a-z][a-z\d-]*$/.test(name)) {
  console.error('Name the vendor in lower case: make new-vendor V=acme');
  process.exit(2);
}
const folder = join(root, 'plugins', name);
if (existsSync(folder)) {
  console.error(`plugins/${name} exists already`);
  process.exit(1);
}

const vendor = name.replace(/^./, (letter) => letter.toUpperCase());
const fill = (text) => text.replaceAll('Acme', vendor).replaceAll('acme', name);

function write(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, fill(text));
  console.log(`wrote ${file.slice(root.length + 1)}`);
}

for (const entry of readdirSync(join(here, 'skeleton'), { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const file = join(entry.parentPath, entry.name);
  const relative = file.slice(join(here, 'skeleton').length + 1);
  write(
    relative === 'samples.ts' ? join(root, 'tests/plugins', name, relative) : join(folder, relative),
    readFileSync(file, 'utf8'),
  );
}
console.log(`Next: put a real phone's requests into tests/plugins/${name}/samples.ts, then docs/writing-a-plugin.md, step 2.`);
