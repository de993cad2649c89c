import { z } from 'zod';
import { serversOwn } from '../lib/dhcp/options.ts';
import { type Complaint, complaintsOf, ProvisioningError, reason } from '../lib/errors.ts';
import { placeholders } from '../lib/placeholders.ts';
import { bootPlaceholders } from '../sdk/boot-options.ts';
import { checkInterface, interfaceRefusal, supportedInterfaces } from '../sdk/interface.ts';
import type { Artefact, Boot, Line, Model, Vendor } from '../sdk.ts';
import { notPlain } from './plain.ts';

/** What a name may depend on: with one of the first three it is one device's own. */
const ownFacts = ['mac', 'serial', 'uuid'];
const nameFacts = new Set([...ownFacts, 'model', 'version']);
const groupNames = new Set(['vendor', 'model', 'version', 'mac', 'serial', 'uuid']);

const pattern = z.instanceof(RegExp, { error: 'must be a regular expression' }).superRefine((regex, context) => {
  // A sticky or global pattern remembers where it stopped and misses every other phone.
  if (/[gy]/.test(regex.flags)) context.addIssue({ code: 'custom', message: `${regex} must not have the flags g or y` });
  for (const [, name = ''] of regex.source.matchAll(/\(\?<([A-Za-z]\w*)>/g)) {
    if (!groupNames.has(name)) {
      context.addIssue({ code: 'custom', message: `the group ${name} is no fact; facts are ${[...groupNames].join(', ')}` });
    }
  }
});
const patterns = z.array(pattern);
const word = z.union([z.string(), z.number()]);
const localeTable = z.record(z.string(), word).superRefine((table, context) => {
  for (const key of Object.keys(table).filter((name) => !/^(?:[a-z]{2,3}(?:_[A-Z]{2})?|[A-Z]{2})$/.test(name))) {
    context.addIssue({ code: 'custom', path: [key], message: 'must be a locale, a language or a country: fr_CA, fr or CA' });
  }
});
const func = z.custom<unknown>((value) => typeof value === 'function', { error: 'must be a function' });

/** A relative path that stays below its folder. */
const fileName = z
  .string()
  .regex(/^[^/\\\0]+(?:\/[^/\\\0]+)*$/, 'must be a relative path with single slashes')
  .refine((name) => !name.split('/').some((part) => part === '.' || part === '..'), 'must not contain . or ..');

const artefact = z
  .strictObject({
    name: fileName,
    template: z.string().regex(/^[\w.-]+$/, 'must be the name of a file in templates/'),
    format: z.enum(['xml', 'lines', 'text']),
    secret: z.boolean().optional(),
    own: z.boolean().optional(),
    encoding: z.enum(['utf-8', 'iso-8859-1', 'ascii']).optional(),
    contentType: z.string().optional(),
    seal: func.optional(),
  })
  .refine((value) => !value.secret || isOwn(value as Artefact), {
    error: 'a file with secrets must be one device’s own: put {mac}, {serial} or {uuid} into its name, or set own',
    path: ['secret'],
  });

/** What a phone asks for: a path below the server's URL, perhaps a folder, perhaps with a query. */
const target = z
  .string()
  .regex(
    /^[^/\\\0?#\s]+(?:\/[^/\\\0?#\s]+)*\/?(?:\?[^#\s]*)?$/,
    'must be a relative path with single slashes; a query may follow',
  );
const bootText = z.string().min(1);
const boot = z.strictObject({
  transports: z.array(z.enum(['http', 'https', 'tftp'])).min(1),
  userAgent: bootText.optional(),
  vendorClass: bootText.optional(),
  requests: z
    .array(
      z.union(
        [
          z.strictObject({
            path: z.union([target, z.array(target).min(1)]),
            optional: z.boolean().optional(),
            userAgent: bootText.optional(),
          }),
          z.strictObject({ images: z.literal(true), userAgent: bootText.optional() }),
        ],
        { error: 'must be { path, optional?, userAgent? } or { images: true, userAgent? }' },
      ),
    )
    .min(1),
});

const series = z.strictObject({
  version: z.string().regex(/\d/, 'must be a firmware release'),
  images: z.array(fileName).optional(),
  models: z.record(z.string().min(1), z.looseObject({ lines: z.number().int().min(0) })),
});

function optionCodes(options: Readonly<Record<string, string>>, context: z.RefinementCtx): void {
  for (const code of Object.keys(options)) {
    const isCode = /^[1-9]\d{0,2}$/.test(code) && Number(code) < 255;
    if (isCode && !serversOwn.has(Number(code))) continue;
    const message = isCode ? 'is for the DHCP server itself to say' : 'must be the code of a DHCP option, 1 to 254';
    context.addIssue({ code: 'custom', path: [code], message });
  }
}

function knownInBoot(text: string, context: z.RefinementCtx): void {
  for (const name of [...placeholders(text)].filter((each) => !bootPlaceholders.includes(each))) {
    context.addIssue({ code: 'custom', message: `{${name}} is not known; use ${bootPlaceholders.join(', ')}` });
  }
}

/** What says whose the message is, and where its answer goes, is ours to say. */
const ownHeaders =
  /^(?:via|from|to|call-id|cseq|contact|max-forwards|content-length|content-type|event|authorization|proxy-authorization)$/i;
const line = z.string().regex(/^[^\r\n\0]*$/, 'must be one line');
const notification = {
  event: line.min(1),
  headers: z.record(z.string(), line).superRefine(headerNames).optional(),
  contentType: line.optional(),
  body: z.string().optional(),
};

const resync = z.strictObject({
  ...notification,
  restarts: z.boolean().optional(),
  restart: z.strictObject(notification).optional(),
});

function headerNames(headers: Readonly<Record<string, string>>, context: z.RefinementCtx): void {
  for (const name of Object.keys(headers)) {
    const isName = /^[\w\-.!%*+`'~]+$/.test(name);
    if (isName && !ownHeaders.test(name)) continue;
    context.addIssue({
      code: 'custom',
      path: [name],
      message: isName ? 'is a header of the server' : 'must be the name of a header',
    });
  }
}

function knownOfServer(text: string, context: z.RefinementCtx): void {
  const ofServer = [...placeholders(text)].filter((name) => name.startsWith('server.')).map((name) => `{${name}}`);
  if (ofServer.length > 0) knownInBoot(ofServer.join(''), context);
}

const vendor = z.strictObject({
  vendor: z.string().min(1),
  version: z.string().min(1),
  description: z
    .record(z.string().regex(/^[a-z]{2,3}(?:_[A-Z]{2})?$/, 'must be a language: en or fr_CA'), z.string().min(1))
    .optional(),
  interface: z
    .number()
    .int()
    .min(1)
    .superRefine((oldest, context) => {
      const message = interfaceRefusal({ min: oldest, max: Math.max(oldest, supportedInterfaces.newest) });
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    })
    .optional(),
  recognise: z.strictObject({
    path: patterns.optional(),
    query: patterns.optional(),
    userAgent: patterns.optional(),
    headers: z.record(z.string().regex(/^[a-z\d-]+$/, 'must be in lower case'), patterns).optional(),
    vendorClass: patterns.optional(),
    vendorSpecific: patterns.optional(),
    userClass: patterns.optional(),
    hostName: patterns.optional(),
    vendorIdentifyingClass: patterns.optional(),
    vendorIdentifyingOptions: patterns.optional(),
  }),
  macPrefixes: z.array(z.string().regex(/^(?:[\da-f][:.-]?){6,12}$/i, 'must be 6 to 12 hexadecimal digits')).optional(),
  facts: func.optional(),
  plugins: z
    .record(
      z.string().regex(/^[a-z\d][\w.-]*$/i, 'a plugin id is letters, digits, dots and dashes'),
      z.strictObject({
        series: z.array(series).min(1),
        artefacts: z.array(artefact).optional(),
        boot: boot.optional(),
        resync: resync.optional(),
      }),
    )
    .refine((lines) => Object.keys(lines).length > 0, 'at least one firmware line is needed'),
  artefacts: z.array(artefact).optional(),
  boot: boot.optional(),
  words: z.record(z.string(), z.record(z.string(), word)).optional(),
  locales: z.record(z.string(), localeTable).optional(),
  servers: z
    .array(z.enum(['proxy', 'backupProxy', 'registrar', 'backupRegistrar', 'outboundProxy']))
    .min(1)
    .optional(),
  support: func.optional(),
  extra: func.optional(),
  dhcp: z.record(z.string(), z.string().superRefine(knownInBoot)).superRefine(optionCodes).optional(),
  pnp: z
    .string()
    .regex(
      /^(?:\{server\.url\}|[a-z]+:\/\/)\S*$/,
      'must be a URL: {server.url}, or what begins with http://, https:// or tftp://',
    )
    .superRefine(knownOfServer)
    .optional(),
  resync: resync.optional(),
});

const builtFor = z.looseObject({ interface: z.object({ min: z.number().int(), max: z.number().int() }) });

/**
 * Whether a package was built for what this server promises, as its plugin-info says.
 *
 * @throws ProvisioningError plugin-interface, plugin-unreadable
 */
export function checkBuiltFor(pluginInfo: string): void {
  let document: unknown;
  try {
    document = JSON.parse(pluginInfo);
  } catch (cause) {
    throw new ProvisioningError('plugin-unreadable', `plugin-info is no JSON: ${reason(cause)}`, { cause });
  }
  const parsed = builtFor.safeParse(document);
  if (!parsed.success)
    throw new ProvisioningError('plugin-unreadable', 'plugin-info does not say for which interface the package is');
  checkInterface(parsed.data.interface);
}

/** Whether a file is one device's own. */
export function isOwn(file: Artefact): boolean {
  return file.own === true || isNamed(file);
}

/** Whether whose a file is stands in its name. */
export function isNamed(file: Artefact): boolean {
  const needed = placeholders(file.name);
  return ownFacts.some((fact) => needed.has(fact));
}

/** What is wrong with a package's definition; none, and it is a `Vendor`. */
export function checkVendor(definition: unknown, templates: ReadonlyMap<string, string>): Complaint[] {
  // Before anything reads it: what is read must not be code.
  const complaints = notPlain(definition);
  if (complaints.length > 0) return complaints;
  const parsed = vendor.safeParse(definition);
  if (!parsed.success) return complaintsOf(parsed.error);
  return checkWhole(definition as Vendor, templates);
}

function checkWhole(definition: Vendor, templates: ReadonlyMap<string, string>): Complaint[] {
  const complaints: Complaint[] = [];
  const lines: [string, Pick<Line, 'artefacts'>][] = [['', definition], ...Object.entries(definition.plugins)];
  for (const [id, { artefacts = [] }] of lines) {
    for (const { name, template } of artefacts) {
      if (!templates.has(template)) {
        complaints.push({
          path: id ? `plugins.${id}` : 'artefacts',
          message: `${name} needs templates/${template}, which is not there`,
        });
      }
    }
  }
  for (const [id, { series: rows, artefacts = [] }] of Object.entries(definition.plugins)) {
    if (artefacts.length + (definition.artefacts ?? []).length === 0)
      complaints.push({ path: `plugins.${id}`, message: 'has no artefacts, and the package has none for all lines' });
    const seen = new Set<string>();
    for (const name of rows.flatMap(({ models }) => Object.keys(models))) {
      if (seen.has(name)) complaints.push({ path: `plugins.${id}`, message: `the model ${name} stands in two rows` });
      seen.add(name);
    }
  }
  return [...complaints, ...unknownPlaceholders(definition), ...missingInBoot(definition)];
}

/** What stands in names and is told by no model; a file whose name needs more than a model has is not that model's. */
function unknownPlaceholders({ artefacts = [], plugins }: Vendor): Complaint[] {
  const lines = Object.entries(plugins);
  const models = lines.flatMap(([, { series: rows }]) => rows.flatMap((row) => Object.values(row.models)));
  const known = new Set([...nameFacts, ...models.flatMap(factsOf)]);
  const names: [string, string][] = [
    ...artefacts.map(({ name }): [string, string] => ['artefacts', name]),
    ...lines.flatMap(([id, line]) =>
      [...(line.artefacts ?? []).map(({ name }) => name), ...line.series.flatMap(({ images = [] }) => images)].map(
        (name): [string, string] => [`plugins.${id}`, name],
      ),
    ),
  ];
  return names.flatMap(([path, name]) =>
    [...placeholders(name)]
      .filter((fact) => !known.has(fact))
      .map((fact) => ({ path, message: `{${fact}} is not known; use ${[...known].join(', ')}` })),
  );
}

function missingInBoot(definition: Vendor): Complaint[] {
  return Object.entries(definition.plugins).flatMap(([id, line]) => {
    const needed = [...placeholders(bootTexts(line.boot ?? definition.boot).join(' '))].filter((fact) => !nameFacts.has(fact));
    return line.series.flatMap(({ models }) =>
      Object.entries(models).flatMap(([name, model]) =>
        needed
          .filter((fact) => !factsOf(model).includes(fact))
          .map((fact) => ({ path: `plugins.${id}`, message: `boot needs {${fact}}, which the model ${name} does not have` })),
      ),
    );
  });
}

/** Names of the facts of a model that can be written, as `placeholders` has them. */
function factsOf(model: Model): string[] {
  const written = Object.entries(model).filter(([, fact]) => typeof fact === 'string' || typeof fact === 'number');
  return written.map(([fact]) => fact.toLowerCase());
}

function bootTexts(boot: Boot | undefined): string[] {
  if (!boot) return [];
  const asked = boot.requests.flatMap((request) => [
    ...('path' in request ? [request.path].flat() : []),
    request.userAgent ?? '',
  ]);
  return [boot.userAgent ?? '', boot.vendorClass ?? '', ...asked];
}
