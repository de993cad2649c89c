import type { Difference } from '../comparison.ts';
import { differences as flatProfile } from './flat-profile.ts';

/** What our files say otherwise than those that provd's plugins made of the same raw config, and why. */
export const differences: readonly Difference[] = [
  ...flatProfile,

  // Adapters that are routers
  {
    keys: /^router-configuration\/Time_Setup\/Time_Zone$/,
    theirs: /^\+01 2 2$/,
    ours: /^(?:-05 2 1|-03\.5 1 1)$/,
    why: 'the zone that is configured; provd says Central Europe to all',
  },
  {
    keys: /^router-configuration\//,
    ours: undefined,
    why: 'phones are no routers and pass over these settings; adapters are not told a zone that is none or not in their list, nor put back to the passwords that everybody knows',
  },
  {
    keys: /^router-configuration\/Web_Login_/,
    theirs: undefined,
    ours: /[&<"]/,
    why: 'provd writes names and passwords as they are, which is no XML',
  },
  {
    keys: /^(?:SPCP_Auto-detect|SPA525-auto-detect-sccp|SPA525-readonly)$/,
    theirs: undefined,
    ours: /^(?:Yes|No)$/,
    why: 'provd says the same in a file for all phones',
  },

  // The ATA190
  {
    keys: /^devicePool\/dateTimeSetting\/timeZone$/,
    ours: /^(?:India Standard|(?:Eastern|Central Europe) Standard\/Daylight) Time$/,
    why: 'zones have the names that Cisco’s own exchange gives them; provd writes those of IANA, and none where no zone is configured',
  },
  {
    keys: /^devicePool\/dateTimeSetting\/olsonTimeZone$/,
    theirs: /^America\/Toronto$/,
    ours: undefined,
    why: 'provd says Toronto wherever the adapter is',
  },
  {
    keys: /^devicePool\/dateTimeSetting\/dateTemplate$/,
    why: 'dates are written as on the other phones of this kind; the adapter shows none',
  },
  {
    keys: /^(?:devicePool\/dateTimeSetting\/ntps|sipProfile\/sipProxies\/outboundProxy(?:Port)?)$/,
    theirs: undefined,
    ours: /^(?:192\.0\.2\.24|5069|)$/,
    why: 'a server that is configured is told, and one that is not is taken back',
  },
  {
    keys: /^devicePool\/callManagerGroup\/members\/member\[0\]\/callManager\/(?:name|description)$/,
    ours: undefined,
    why: 'what a call manager is called beside its address is for people to read',
  },
  {
    keys: /^devicePool\/callManagerGroup\/members\/member\[0\]\/callManager\/ports\/securedSipPort$/,
    theirs: undefined,
    ours: /^5061$/,
    why: 'the port over TLS stands beside the other, and the transport says which one counts',
  },
  {
    keys: /^devicePool\/callManagerGroup\/members\/member\[1\]\//,
    theirs: undefined,
    ours: /^(?:192\.0\.2\.21|5063)$/,
    why: 'the backup is told; provd has nothing for it',
  },
  {
    keys: /^devicePool\/callManagerGroup\/members\/member\[0\]\/callManager\/(?:processNodeName|ports\/sipPort)$/,
    theirs: /^(?:sip\.example\.com|5060)$/,
    ours: /^(?:sip2\.example\.com|5080)$/,
    why: 'the second port has the servers of its own line; provd writes those of all lines',
  },
  {
    keys: /^(?:transportLayerProtocol|sipProfile\/(?:dtmfOutofBand|sipProxies\/registerWithProxy|sipLines\/line\/messagesNumber))$/,
    theirs: undefined,
    ours: /^(?:[123]|avt|none|true|\*98)$/,
    why: 'sip_transport, sip_dtmf_mode and the voicemail are told; provd has nothing for them',
  },
  {
    keys: /^sipProfile\/sipCallFeatures\/callPickupURI$/,
    theirs: /^x-cisco-serviceuri-pickup$/,
    ours: /^\*8$/,
    why: 'calls are picked up by the code that is configured',
  },
  {
    keys: /^(?:userLocale\/(?:name|langCode)|networkLocale)$/,
    theirs: /^(?:i18n\/)?[a-z-]$/,
    ours: undefined,
    why: 'provd writes single letters of fr_FR, which are no locale',
  },
];
