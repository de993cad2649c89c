import { expect, test } from '@jest/globals';
import { bootPlan, type PackageFacts } from '../../server/dhcp-config/classes.ts';
import { bootOptions } from '../../server/sdk/boot-options.ts';
import { ip } from '../support/requests.ts';

const server = { url: 'https://phones.example.com/k3y', address: ip('10.0.0.5') };

function acme(more: Partial<PackageFacts['definition']>, id = 'acme'): PackageFacts {
  return { id, definition: { vendor: 'Acme', version: '1', recognise: { vendorClass: [/^acme/] }, dhcp: { 66: 'x' }, ...more } };
}

test('options are rendered with what is known of the server', () => {
  const dhcp = {
    66: '{server.url}/acme',
    67: '{server.path}/acme.cfg',
    114: '{server.host}:{server.port}',
    150: '{server.address}',
  };
  expect([...bootOptions({ dhcp }, server)]).toEqual([
    [66, 'https://phones.example.com/k3y/acme'],
    [67, 'k3y/acme.cfg'],
    [114, 'phones.example.com:443'],
    [150, '10.0.0.5'],
  ]);
  expect([...bootOptions({ dhcp }, { url: 'http://10.0.0.5:8667' })].slice(1)).toEqual([
    [67, '/acme.cfg'],
    [114, '10.0.0.5:8667'],
    [150, undefined],
  ]);
});

test('an option that cannot be is left out with a note, and the others stay', () => {
  const [found] = bootPlan([acme({ dhcp: { 42: 'no address', 66: 'x', 150: '{server.address}' } })], { url: server.url }).classes;
  expect(found?.options.map(({ code }) => code)).toEqual([66]);
  expect(found?.notes).toEqual([
    expect.stringMatching(/^acme: option 42 is left out: .*IPv4 addresses/),
    'acme: option 150 is left out, for the server has no address of IPv4',
  ]);
});

test('a package without options has no class, and one whose phones nothing is known of has a note instead', () => {
  const plan = bootPlan([acme({ dhcp: {} }), acme({ recognise: { vendorClass: [/^\w+$/] } }, 'blank')], server);
  expect(plan.classes).toEqual([]);
  expect(plan.notes[0]).toBe('blank has no class: nothing certain is known of its phones, or no option is left');
});

test('a package of which no option is left has no class, and the notes say why', () => {
  expect(bootPlan([acme({ dhcp: { 42: 'no address' } })], server)).toMatchObject({
    classes: [],
    notes: [expect.stringMatching(/^acme has no class/), expect.stringMatching(/^acme: option 42 is left out/)],
  });
});

test('phones are known by their user class alone, or by their MAC address alone, as well', () => {
  const packages = [
    acme({ recognise: { userClass: [/^acme/] } }, 'one'),
    acme({ recognise: {}, macPrefixes: ['00:0f:d3'] }, 'other'),
  ];
  const { classes, notes } = bootPlan(packages, server);
  expect(classes.map(({ id }) => id)).toEqual(['one', 'other']);
  expect(notes).toEqual([]);
});

test('prefixes of MAC addresses are made of whole octets, and it is noted when two packages share a block', () => {
  const plan = bootPlan([acme({ macPrefixes: ['00:0F:D3'] }, 'one'), acme({ macPrefixes: ['000fd3a'] }, 'other')], server);
  expect(plan.classes.map(({ macPrefixes }) => macPrefixes.length)).toEqual([1, 16]);
  expect(plan.classes[1]?.macPrefixes.slice(0, 2)).toEqual(['00:0f:d3:a0', '00:0f:d3:a1']);
  expect(plan.notes).toEqual([
    'Phones of other may have MAC addresses that begin as those of one: see which class they are put into',
  ]);
});

test('a MAC prefix is asked for once however it is spelled, and prefixes are in order', () => {
  const [found] = bootPlan([acme({ macPrefixes: ['00:15:65', '000FD3', '00-0f-d3'] })], server).classes;
  expect(found?.macPrefixes).toEqual(['00:0f:d3', '00:15:65']);
});

test('a text that looks like an address is a text', () => {
  const [found] = bootPlan([acme({ dhcp: { 42: '10.0.0.5', 66: '10.0.0.5' } })], server).classes;
  expect(found?.options).toMatchObject([
    { code: 42, addresses: ['10.0.0.5'] },
    { code: 66, text: '10.0.0.5' },
  ]);
  expect(found?.options[1]).not.toHaveProperty('addresses');
});

test('classes of different packages have different names, whatever their folders are called', () => {
  const ids = ['a b', 'a_20b', 'a_b', 'a-b', 'A-b'];
  const { classes } = bootPlan(
    ids.map((id) => acme({}, id)),
    server,
  );
  expect(new Set(classes.map(({ name }) => name)).size).toBe(ids.length);
  for (const { name } of classes) expect(name).toMatch(/^offhook-[\w-]+$/);
});

test('a note says in which option a text is not certain enough to ask for', () => {
  const [found] = bootPlan([acme({ recognise: { vendorClass: [/^acme/, /^a/], userClass: [/^b/] } })], server).classes;
  expect(found?.notes).toEqual([expect.stringMatching(/\^a\/ .* option 60$/), expect.stringMatching(/\^b\/ .* option 77$/)]);
});

test('a text that another one covers is asked for once', () => {
  const [found] = bootPlan([acme({ recognise: { vendorClass: [/^acme-2/, /^acme/, /^acme/, /^the/] } })], server).classes;
  expect(found?.vendorClasses.map(({ text }) => text)).toEqual(['acme', 'the']);
  const textsOf = (...vendorClass: RegExp[]) =>
    bootPlan([acme({ recognise: { vendorClass } })], server).classes[0]?.vendorClasses.map(({ text }) => text);
  expect(textsOf(/the acme phone/, /acme/, /^acme-2/)).toEqual(['acme']);
  // What begins so and what has it somewhere are two.
  expect(textsOf(/^acme/, /acme-phone/)).toEqual(['acme', 'acme-phone']);
  const [other] = bootPlan([acme({ recognise: { userClass: [/^acme-2/, /^acme/] } })], server).classes;
  expect(other?.userClasses.map(({ text }) => text)).toEqual(['acme']);
});
