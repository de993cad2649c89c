import { bulk } from './bulk.ts';
import { dhcp } from './dhcp.ts';
import { http } from './http.ts';
import { images } from './images.ts';
import { lists } from './lists.ts';
import { rerender } from './rerender.ts';
import { start } from './start.ts';
import { storm } from './storm.ts';
import { machine, type Part, table } from './support/table.ts';
import { templates } from './templates.ts';
import { tftp } from './tftp.ts';
import { workers } from './workers.ts';

/** All parts, in the order of the table. */
const parts: readonly Part[] = [http, rerender, templates, tftp, dhcp, images, storm, workers, start, lists, bulk];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !parts.some((part) => part.name === name));
if (unknown.length > 0) {
  process.stderr.write(`There is no part ${unknown.join(', ')}; there are ${parts.map(({ name }) => name).join(', ')}\n`);
  process.exit(2);
}

process.stdout.write(`${machine()}\n\n`);
for (const part of parts.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  process.stdout.write(`${table(part, await part.run())}\n`);
}
