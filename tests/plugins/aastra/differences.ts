import type { Difference } from '../comparison.ts';

/** What our files say otherwise than those that provd's plugins made of the same raw config, and why. */
export const differences: readonly Difference[] = [
  // Where the phone gets its files
  {
    keys: /^(?:download protocol|https? (?:server|path|port)|upgrade uri|contact rcs|inactive minet present)$/,
    theirs: undefined,
    ours: /^(?:HTTPS?|192\.0\.2\.10|8667|443|0|1|https?:\/\/\S+\/Aastra|prov\.example\.com|(?:\S+\/)?Aastra)$/,
    why: 'the phone is always told where its files are, in the server’s own protocol; provd tells it only when there is a time server',
  },
  {
    keys: /^(?:download protocol|http server|upgrade uri)$/,
    theirs: /^(?:HTTP|192\.0\.2\.123|pool\.ntp\.org|http:\/\/(?:192\.0\.2\.123|pool\.ntp\.org):8667\/Aastra)$/,
    ours: /^(?:HTTPS|192\.0\.2\.10|http:\/\/192\.0\.2\.10:8667\/Aastra|https:\/\/prov\.example\.com\/\S+\/Aastra)$/,
    why: 'the URL of the provisioning server; provd sends the phone to the time server for its files',
  },
  {
    keys: /^http (?:server|path|port)$/,
    theirs: /^(?:192\.0\.2\.123|Aastra|8667)$/,
    ours: undefined,
    why: 'where phones reach the server over HTTPS, the settings of HTTPS have its address',
  },
  // Accounts and servers
  {
    keys: /^sip line\d+ registrar port$/,
    theirs: /^(?:5060|5065)$/,
    ours: /^(?:5061|5080)$/,
    why: 'a port goes with its host, and is 5061 over TLS; provd takes that of another registrar, or 5060',
  },
  {
    keys: /^sip line\d+ outbound proxy(?: port)?$/,
    theirs: undefined,
    ours: /^(?:192\.0\.2\.24|5069)$/,
    why: 'sip_outbound_proxy_ip is told; provd does not know it',
  },
  {
    keys: /^sips persistent tls$/,
    theirs: undefined,
    ours: /^[01]$/,
    why: 'without a certificate of its own the phone has to keep the connection on which it is called',
  },
  {
    keys: /^sip customized codec$/,
    theirs: /silsupp=on,,payload=0/,
    ours: /^payload=9;ptime=20;silsupp=on,payload=18;ptime=20;silsupp=on,payload=0;ptime=20;silsupp=on,payload=8;ptime=20;silsupp=on$/,
    why: 'the same codecs, without an empty one between two commas',
  },
  // What people type
  {
    keys: /^(?:admin password|sip line\d+ password)$/,
    theirs: /^(?:a&<>"'é;)?$/,
    ours: /#/,
    why: 'a value with # stands in quotes; of provd’s the phone takes the rest for a comment',
  },
  {
    keys: /^sip line\d+ (?:display|screen) name$/,
    theirs: /^line$/,
    ours: /^line break$/,
    why: 'a name with a line break stays on its line; in provd’s file the rest of it becomes a line of its own',
  },
  // Keys
  {
    keys: /^(?:prgkey|topsoftkey|softkey|expmod\d key)\d+ label$/,
    theirs: /^$/,
    ours: /^1011$/,
    why: 'a key without a label is called by its number',
  },
  {
    keys: /^(?:prgkey|softkey)1 label$/,
    theirs: /^Voicemail$/,
    ours: /^Buzón de voz$/,
    why: 'in the language of the phone; provd has English for all but French',
  },
  // Time
  {
    keys: /^dst (?:start|end) day$/,
    theirs: /^7$/,
    ours: /^1$/,
    why: 'Sunday is 1 in the vendor’s guides, and 7 Saturday; provd counts from Monday',
  },
  {
    keys: /^dst end week$/,
    theirs: /^4$/,
    ours: /^-1$/,
    why: 'the last Sunday; provd computes the week of one year’s date and loses that it is the last',
  },
];
