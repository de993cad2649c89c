import type { Sample } from '../contract.ts';

/** A phone without keys, one with sidecars, one without a browser, and one with expansion modules. */
export const everyCase = ['SPIP301', 'SPIP650', 'VVX150', 'VVX450'];

const application = 'FileTransport PolycomVVX-VVX_400-UA/4.1.4.7430 Type/Application';

export const samples: readonly Sample[] = [
  // What the boot loader asks for, too, tells no release.
  { userAgent: application, info: { vendor: 'Polycom', model: 'VVX400' } },
  { path: '/000000000000.cfg', userAgent: application, info: { vendor: 'Polycom', model: 'VVX400' } },
  { path: '/3111-46157-002.sip.ld', userAgent: application, info: { vendor: 'Polycom', model: 'VVX400' } },
  { path: '/0004f2123456.cfg', userAgent: application, info: { vendor: 'Polycom', model: 'VVX400', mac: '00:04:f2:12:34:56' } },
  {
    path: '/0004f2123456-phone.cfg',
    userAgent: application,
    info: { vendor: 'Polycom', model: 'VVX400', version: '4.1.4.7430', mac: '00:04:f2:12:34:56' },
  },
  {
    path: '/0004f2123456-user.cfg',
    userAgent: 'FileTransport PolycomVVX-VVX_450-UA/6.4.6.2494 Type/Application',
    info: { vendor: 'Polycom', model: 'VVX450', version: '6.4.6.2494', mac: '00:04:f2:12:34:56' },
    plugin: 'polycom-6.4.6',
  },
  { path: '/common.cfg', userAgent: application, info: { vendor: 'Polycom', model: 'VVX400', version: '4.1.4.7430' } },
  {
    path: '/000000000000-license.cfg',
    userAgent: application,
    info: { vendor: 'Polycom', model: 'VVX400', version: '4.1.4.7430' },
  },
  // The updater has a release of its own, whatever it asks for.
  {
    path: '/0004f2123456-boot.log',
    userAgent: 'FileTransport PolycomSoundStationIP-SSIP_6000-UA/5.0.3.1667 Type/Updater',
    info: { vendor: 'Polycom', model: 'SSIP6000', mac: '00:04:f2:12:34:56' },
  },
  {
    path: '/common.cfg',
    userAgent: 'FileTransport PolycomSoundStationIP-SSIP_6000-UA/5.0.3.1667 Type/Updater',
    info: { vendor: 'Polycom', model: 'SSIP6000' },
  },
  // The application of a SoundPoint before UC Software, and its BootROM.
  {
    path: '/0004f2123456-phone.cfg',
    userAgent: 'FileTransport PolycomSoundPointIP-SPIP_335-UA/3.2.1.0078',
    info: { vendor: 'Polycom', model: 'SPIP335', version: '3.2.1.0078', mac: '00:04:f2:12:34:56' },
  },
  {
    path: '/2345-12375-001.bootrom.ld',
    userAgent: 'FileTransport PolycomSoundPointIP-SPIP_335-UA/4.2.1.0275',
    info: { vendor: 'Polycom', model: 'SPIP335' },
  },
  // device.prov.tagSerialNo
  {
    path: '/000000000000-directory.xml',
    userAgent: 'FileTransport PolycomSoundPointIP-SPIP_335-UA/4.0.13.1445 (SN:0004f249d83f) Type/Application',
    info: { vendor: 'Polycom', model: 'SPIP335', version: '4.0.13.1445', mac: '00:04:f2:49:d8:3f' },
  },
  {
    path: '/',
    userAgent: 'FileTransport PolycomVVX-VVX_101-UA/5.8.0.1 (SN:64167f9f4c90) Type/Updater',
    info: { vendor: 'Polycom', model: 'VVX101', mac: '64:16:7f:9f:4c:90' },
  },
  { path: '/0004F2123456.cfg', info: { vendor: 'Polycom', mac: '00:04:f2:12:34:56' } },
  { path: '/64167f9f4c90-directory.xml', info: { vendor: 'Polycom', mac: '64:16:7f:9f:4c:90' } },
  { vendorClass: 'PolycomVVX-VVX_400', info: { vendor: 'Polycom', model: 'VVX400' } },
  { vendorClass: 'Polycom-VVX600', info: { vendor: 'Polycom', model: 'VVX600' } },
  // In the form of RFC 3925, as bytes: 1 Polycom, 2 SoundPointIP-SPIP_601, 5 BR/3.1
  {
    options: { 60: '0000363d280107506f6c79636f6d0215536f756e64506f696e7449502d535049505f363031050642522f332e31ff' },
    info: { vendor: 'Polycom', model: 'SPIP601' },
  },
];
