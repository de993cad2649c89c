// `make docs`: writes the generated pages, with what `make build` made of docs/generate.ts.
import { writeGenerated } from '../dist/docs/generate.js';

for (const path of await writeGenerated(process.cwd())) console.log(`wrote ${path}`);
