import type { VendorPackage } from '../../server/plugins/model.ts';
import type { Vendor } from '../../server/sdk.ts';
import type { Sample, Surroundings } from '../plugins/contract.ts';
import { testPackage } from './packages.ts';

interface Subject {
  readonly subject: VendorPackage;
  readonly surroundings: Surroundings;
}

const firmware = `
[pkg_firmware]
version: 1.0
files: file
install: images

[install_images]
a-b: unzip $FILE1
b-c: cp *.rom Acme/

[file_file]
url: https://downloads.example/acme.zip
size: 1
sha1sum: 356a192b7913b04c54574d18c28d46e6395428ab
`;
const samples: readonly Sample[] = [{ userAgent: 'Acme M1 1.0', info: { vendor: 'Acme', model: 'M1', version: '1.0' } }];
const definition: Partial<Vendor> = {
  vendor: 'Acme',
  recognise: { userAgent: [/^Acme (?<model>\w+) (?<version>[\d.]+)$/], path: [/^\/Acme\/(?<mac>[\da-f]{12})\.\w+$/] },
  boot: {
    transports: ['http'],
    userAgent: 'Acme {model} {version}',
    requests: [
      { path: ['Acme/{mac}-new.xml', 'Acme/{mac}.xml?m={MAC}'] },
      { path: 'Acme/x.xml', optional: true },
      { images: true },
    ],
  },
  plugins: { 'acme-1': { series: [{ version: '1.0', images: ['Acme/{model}.rom'], models: { M1: { lines: 1 } } }] } },
  artefacts: [
    { name: 'Acme/{mac}.xml', template: 'phone.tpl', format: 'xml', secret: true },
    { name: 'Acme/{mac}.ini', template: 'phone-ini.tpl', format: 'lines', secret: true },
  ],
};
const templates = {
  'phone.tpl':
    '<phone>{% for line in lines %}<line label="{{ line.displayName }}" password="{{ line.password }}"/>{% endfor %}</phone>',
  'phone-ini.tpl': '# {{ device.mac }}\n{% for line in lines %}label{{ line.number }} = {{ line.displayName }}\n{% endfor %}',
};

function package_(
  change: Partial<Vendor> = {},
  texts: Readonly<Record<string, string>> = {},
  around: Partial<Surroundings> = {},
): Subject {
  const subject = testPackage('acme', { ...definition, ...change }, { ...templates, ...texts });
  return { subject, surroundings: { all: [subject], samples, firmware, ...around } };
}

/** A package that keeps the contract. */
export const sound = package_();

const rival = testPackage('rival', { recognise: { userAgent: [/^A/] } });

/** One package for each invariant that breaks it on purpose, as little else as possible. */
export const brokenPackages: Readonly<Record<string, Subject>> = {
  'every firmware image is installed by a firmware package': package_({}, {}, { firmware: firmware.replace('*.rom', '*.bin') }),
  'every model, an unknown one and none render every artefact in every case': package_({}, { 'phone.tpl': '{{ model.name }}' }),
  'output is well-formed for its kind': package_(
    {},
    { 'phone.tpl': '<phone label="{{ lines[0].displayName | safe if lines }}"/>' },
  ),
  'a password shows up only in artefacts that are marked secret, and it does show up in one': package_({
    artefacts: [{ name: 'Acme/{mac}.xml', template: 'phone.tpl', format: 'xml' }],
  }),
  'recognition samples are recognised as they should be, and by this package only': package_(
    {},
    {},
    { all: [sound.subject, rival] },
  ),
  'every file that a phone needs as it comes up is an artefact or an image': package_({
    boot: { transports: ['http'], userAgent: 'Acme {model} {version}', requests: [{ path: ['Acme/{mac}.cfg', 'Acme/0.cfg'] }] },
  }),
  'a phone that comes up is recognised as what it is, by packages of its vendor only': package_({
    boot: { transports: ['http'], userAgent: 'Acme {model}P {version}', requests: [{ path: 'Acme/{mac}.xml' }] },
  }),
  'a phone that runs a line’s firmware is associated with that line exactly': package_({ support: () => 500 }),
  'every template is named by an artefact, a model, or another template': package_({}, { 'forgotten.tpl': '' }),
  'no two artefacts of a device have one name': package_({
    artefacts: [
      { name: 'Acme/{mac}.xml', template: 'phone.tpl', format: 'xml', secret: true },
      { name: 'acme/{mac}.xml', template: 'phone-ini.tpl', format: 'lines', secret: true },
    ],
  }),
  'no pattern takes long over a text that nearly fits': package_({ recognise: { userAgent: [/^Acme (?:\w+)*$/] } }),
};
