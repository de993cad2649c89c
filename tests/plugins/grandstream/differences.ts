import type { Difference } from '../comparison.ts';

/** What our files say otherwise than those that provd's plugins made of the same raw config, and why. */
export const differences: readonly Difference[] = [
  // Accounts and servers
  {
    keys: /^account\.(?:[3-9]|1\d)\./,
    ours: undefined,
    why: 'an account that the model does not have',
  },
  {
    keys: /^P(?:[57]\d\d|2[57]\d\d|4\d\d|24\d\d)$/,
    ours: undefined,
    why: 'accounts beyond the ports of the adapter; on an HT802 some of these numbers are settings of its second port: P702 is how names are looked up',
  },
  {
    keys: /^(?:account\.\d\.sip\.server\.1\.address|P47|P402)$/,
    theirs: /^[^:]+$/,
    ours: /^[^:]+:\d+$/,
    why: 'a server’s port, which provd forgets; over TLS without a port it is 5061',
  },
  {
    keys: /^(?:account\.\d\.sip\.server\.2\.address|P2312)$/,
    theirs: /^[^:]+$/,
    ours: /^[^:]+:\d+$/,
    why: 'a backup server’s port, which provd forgets; over TLS without a port it is 5061',
  },
  {
    keys: /^(?:account\.\d\.sip\.server\.2\.address|P2412)$/,
    theirs: /^$/,
    ours: /^192\.0\.2\.2\d(?::\d+)?$/,
    why: 'a line without a backup of its own has that of all lines, which provd forgets',
  },
  {
    keys: /^(?:account\.\d\.sip\.userid|P35)$/,
    theirs: /^(?:auth1001|a&b)$/,
    ours: /^(?:u1001|u&1<001>)$/,
    why: 'the user of the account; provd takes the name that it authenticates with',
  },
  {
    keys: /^(?:account\.\d\.sip\.subscriber\.password|P34)$/,
    theirs: /^$/,
    ours: /^autoprov$/,
    why: 'the password is told as it is configured; provd leaves out the one that is `autoprov`',
  },
  {
    keys: /^(?:account\.\d\.sip\.voicemail\.number|P33)$/,
    theirs: /^\*98$/,
    ours: /^\*9(?:81003|<8>)$/,
    why: 'a line’s own voicemail; provd has exten_voicemail for all',
  },
  {
    keys: /^(?:account\.\d\.sip\.outboundProxy\.1\.address|P(?:48|403|748))$/,
    theirs: undefined,
    ours: /^(?:|192\.0\.2\.24:5069)$/,
    why: 'sip_outbound_proxy_ip is told; provd does not know it',
  },
  {
    keys: /^account\.\d\.audio\.srtpMode$/,
    theirs: undefined,
    ours: /^(?:Disabled|EnabledButNotForced|EnabledAndForced)$/,
    why: 'sip_srtp_mode and srtp_mode are told; provd does not know them',
  },
  {
    keys: /^P(?:183|443)$/,
    theirs: undefined,
    ours: /^[012]$/,
    why: 'sip_srtp_mode and srtp_mode are told; provd does not know them',
  },
  {
    keys: /^P(?:130|448|830)$/,
    theirs: undefined,
    ours: /^[012]$/,
    why: 'sip_transport is told in P-codes, too; provd tells it in names only, and so leaves adapters with UDP',
  },
  {
    keys: /^(?:account\.\d\.sip\.subscribe\.forMwi|P(?:99|415|709))$/,
    theirs: undefined,
    ours: /^(?:Yes|No|[01])$/,
    why: 'sip_subscribe_mwi is told; provd does not know it',
  },
  {
    keys: /^account\.\d\.dtmf\.sendIn(?:Audio|Rtp|Sip)$/,
    theirs: /^$/,
    ours: /^(?:Yes|No)$/,
    why: 'where no mode is configured, what the phone does as it comes from the factory; provd leaves the values empty',
  },
  {
    keys: /^account\.\d\.dtmf\.sendIn(?:Audio|Rtp|Sip)$/,
    theirs: /^(?:Yes|No)$/,
    ours: /^(?:Yes|No)$/,
    why: 'a line’s own dtmf_mode, which provd forgets',
  },
  {
    keys: /^P2[34]0[123]$/,
    theirs: /^[01]$/,
    ours: /^[01]$/,
    why: 'sip_dtmf_mode and dtmf_mode are told; in P-codes provd tells SIP INFO whatever is configured',
  },
  {
    keys: /^P(?:411|438|459|481)$/,
    theirs: undefined,
    ours: /^(?:1|\*\*|\*8.*|\{ \[\*x\]\+ \})$/,
    why: 'dial plan, automatic answer, pickup prefix and how to sign off are told for the second account, too; provd tells them for the first',
  },
  {
    keys: /^(?:account\.\d\.sip\.blf\.callPickup\.prefix|P1347)$/,
    theirs: undefined,
    ours: /^\*\*$/,
    why: 'the factory’s prefix takes back what was told before',
  },
  {
    keys: /^account\.\d\.(?:enable|name|sip\.(?:server\.[12]\.address|userid|subscriber\.(?:userid|password|name)|voicemail\.number))$/,
    theirs: undefined,
    ours: /^(?:|No)$/,
    why: 'an account that is not configured any more is taken back',
  },
  {
    keys: /^P(?:40[124567]|4[12][67]|2412)$/,
    theirs: undefined,
    ours: /^(?:|0)$/,
    why: 'an account that is not configured any more is taken back',
  },
  // Adapters
  {
    keys: /^P(?:7(?:03|3[456]|4[78]|5[12])|9[68]7|420[01]|8(?:5[012]|6[012])|2[34]86)$/,
    theirs: undefined,
    ours: /^[\s\S]*$/,
    why: 'an adapter has a port’s user, servers, dial plan and DTMF under numbers that provd does not know; the second port does not work without',
  },
  {
    keys: /^P(?:853|864|710|4416)$/,
    theirs: undefined,
    ours: /^[013]$/,
    why: 'what provd tells of one port is told of the other, too',
  },
  {
    keys: /^P(?:863|4417)$/,
    theirs: /^[01]$/,
    ours: undefined,
    why: 'settings of the second port, which an HT801 does not have',
  },
  {
    keys: /^P194$/,
    theirs: /^2$/,
    ours: /^1$/,
    why: 'an adapter asks every day for 1 and every week for 2; provd means every day, as 2 is on phones',
  },
  // Keys
  {
    keys: /^pks\.vpk\.\d+\.(?:account|keyMode|description|value)$/,
    theirs: undefined,
    ours: /^.*$/,
    why: 'a key on which a line shows is told to show it, and one that is configured there is told as such; provd says nothing of either',
  },
  {
    keys: /^pks\.vpk\.\d+\.account$/,
    theirs: /^0$/,
    ours: /^1$/,
    why: 'the line that the key belongs to; provd takes the first for all',
  },
  // Time and language
  {
    keys: /^(?:dateTime\.timezone(?:\.custom)?|P64|P246)$/,
    theirs: undefined,
    ours: /^(?:customize|[A-Z]+[+-]\d[^ ]*)$/,
    why: 'every zone of the world; provd knows that of Paris',
  },
  {
    keys: /^(?:dateTime\.timezone|language\.gui|P1362)$/,
    theirs: undefined,
    ours: /^auto$/,
    why: 'the factory’s setting takes back what was told before',
  },
  {
    keys: /^(?:dateTime\.ntp\.server\.1|P30)$/,
    theirs: undefined,
    ours: /^pool\.ntp\.org$/,
    why: 'the factory’s server takes back what was told before',
  },
  {
    keys: /^(?:dateTime\.override\.dhcp\.allowOption(?:2|42)|P14[34])$/,
    theirs: undefined,
    ours: /^(?:Yes|No|[01])$/,
    why: 'what is configured counts more than options 2 and 42 of a DHCP server, which the phone prefers otherwise',
  },
  // Network, passwords, the rest
  {
    keys: /^(?:network\.port\.eth\.1\.vlan\.(?:tag|priority)|P51|P87)$/,
    theirs: undefined,
    ours: /^0$/,
    why: 'a VLAN or a priority that was set before is taken back',
  },
  {
    keys: /^network\.port\.pc\.vlan\.tag$/,
    theirs: undefined,
    ours: /^(?:0|200)$/,
    why: 'vlan_pc_port_id is told; provd does not know it',
  },
  {
    keys: /^(?:network\.dns\.preferred\.ip\.[1-4]|P9[2-5])$/,
    theirs: undefined,
    ours: /^0$/,
    why: 'a DNS server that was set before is taken back',
  },
  {
    keys: /^(?:maintain\.syslog\.(?:server|level)|P20[78])$/,
    theirs: undefined,
    ours: /^(?:|192\.0\.2\.51(?::5514)?|None|Info|Warning|[023])$/,
    why: 'syslog is told; provd does not know it',
  },
  {
    keys: /^(?:users\.user\.password|P196)$/,
    theirs: undefined,
    ours: /./,
    why: 'user_password is told; provd does not know it',
  },
  {
    keys: /^call\.callWaiting\.enable$/,
    theirs: undefined,
    ours: /^Yes$/,
    why: 'a phone of a switchboard has no second call; one that is none any more has it again',
  },
  {
    keys: /^(?:provisioning\.(?:config|firmware)\.(?:protocol|serverPath)|P(?:212|237|6767|192))$/,
    theirs: undefined,
    ours: /^(?:HTTPS?|[12]|.*\/Grandstream)$/,
    why: 'where to fetch settings and firmware from now on; provd leaves it to DHCP, which many phones are without',
  },
  {
    keys: /^(?:account\.2\.(?:name|sip\.subscriber\.name)|P4[01]7)$/,
    theirs: /^line\nbreak$/,
    ours: /^line break$/,
    why: 'a name stands on one line, for in a header of SIP a line break would end it',
  },
];
