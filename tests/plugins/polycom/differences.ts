import type { Difference } from '../comparison.ts';

/** What our files say otherwise than those that provd's plugins made of the same raw config, and why. */
export const differences: readonly Difference[] = [
  // Time
  {
    keys: /^tcpIpApp\.sntp\.daylightSavings\.(?:start|stop)\.dayOfWeek$/,
    theirs: /^7$/,
    ours: /^1$/,
    why: 'Sunday is 1 to these phones and 7 is Saturday; provd writes the numbers of ISO 8601',
  },
  {
    keys: /^tcpIpApp\.sntp\.daylightSavings\.(?:start|stop)\.dayOfWeek\.lastInMonth$/,
    theirs: /^0$/,
    ours: /^1$/,
    why: 'the last Sunday; provd computes the week of one year’s date and loses that it is the last',
  },
  {
    keys: /^tcpIpApp\.sntp\.daylightSavings\.(?:start|stop)\.date$/,
    theirs: /^22$/,
    ours: undefined,
    why: 'of a last Sunday there is no week to tell',
  },
  {
    keys: /^tcpIpApp\.sntp\.gmtOffset\.overrideDHCP$/,
    theirs: undefined,
    ours: /^1$/,
    why: 'the configured zone counts more than an offset that DHCP option 2 tells',
  },
  // Accounts and servers
  {
    keys: /^reg\.\d+\.outboundProxy\.(?:address|port|transport)$/,
    theirs: undefined,
    ours: /./,
    why: 'sip_outbound_proxy_ip is told; provd does not know it',
  },
  {
    keys: /^reg\.\d+\.srtp\.(?:enable|offer|require)$/,
    theirs: undefined,
    ours: /^[01]$/,
    why: 'a line’s own srtp_mode, where it is not that of all; provd does not know it',
  },
  {
    keys: /^reg\.\d+\.(?:address|auth\.userId)$/,
    theirs: /^tab semi;$/,
    ours: /^tab\tsemi;$/,
    why: 'a tab is part of a name when it is written as a reference; as provd writes it, XML makes a space of it',
  },
  // Tones
  {
    keys: /^tone\.dtmf\.(?:viaRtp|rfc2833Control)$/,
    theirs: /^1$/,
    ours: /^0$/,
    why: 'SIP-INFO means that tones are not sent in RTP; provd sends them there, whatever the server waits for',
  },
  {
    keys: /^voIpProt\.SIP\.dtmfViaSignaling\.rfc2976$/,
    theirs: /^0$/,
    ours: /^1$/,
    why: 'SIP-INFO is told as it is configured',
  },
  // Keys
  {
    keys: /^attendant\.resourceList\.\d+\.type$/,
    theirs: undefined,
    ours: /^automata$/,
    why: 'a park key pressed within a call parks it there; as an attendant without a type it begins another call',
  },
  {
    keys: /^attendant\.resourceList\.\d+\.(?:address|label)$/,
    theirs: /^(?:\*3|Record)$/,
    ours: undefined,
    why: 'the recording code has to be sent within the call, which a soft key can and an attendant cannot',
  },
  {
    keys: /^softkey\.(?:[3-9]|10)\.(?:enable|action|label|use\.active)$/,
    theirs: undefined,
    ours: /^(?:1|\*3\$Tdtmf\$|Record)$/,
    why: 'the soft key for the recording code',
  },
  {
    keys: /^softkey\.2\.(?:enable|action|label|use\.idle)$/,
    theirs: undefined,
    ours: /^(?:1|.+\$Tinvite\$|Pickup|Intercepter)$/,
    why: 'exten_pickup_group is a soft key; provd does not tell it',
  },
  // Passwords and network
  {
    keys: /^device\.auth\.local(?:Admin|User)Password(?:\.set)?$/,
    theirs: /^(?:1|9486|123)$/,
    ours: undefined,
    why: 'where no password is configured, the phone keeps its own; provd sets one that is the same everywhere',
  },
  {
    keys: /^device\.dns\.serverAddress(?:\.set)?$/,
    theirs: undefined,
    ours: /^(?:1|192\.0\.2\.53)$/,
    why: 'dns_ip is told; provd does not know it',
  },
  {
    keys: /^qos\.ethernet\.(?:callControl|rtp)\.user_priority$/,
    theirs: undefined,
    ours: /^[0-7]$/,
    why: 'vlan_priority is told; provd does not know it',
  },
];
