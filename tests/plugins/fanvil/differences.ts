import type { Difference } from '../comparison.ts';

/** What our files say otherwise than those that provd's plugins made of the same raw config, and why. */
export const differences: readonly Difference[] = [
  // Accounts and servers
  {
    keys: / (?:line \d+|SIP\d+) (?:Register_?|Proxy_?)User$/,
    theirs: /^u(?:&1<001>|1001)$/,
    ours: /^a(?:&b|uth1001)$/,
    why: 'auth_username is told, which provd does not know',
  },
  {
    keys: / (?:line \d+|SIP\d+) (?:Register_?|Proxy_?)Pswd$/,
    theirs: /^$/,
    ours: /^autoprov$/,
    why: 'a password is told as it is configured: a server that does not ask for it never sees it, and one that asks knows it',
  },
  {
    keys: / (?:line \d+|SIP\d+) Proxy_?Addr$/,
    theirs: /^192\.0\.2\.20$/,
    ours: /^192\.0\.2\.24$/,
    why: 'what the phone calls its proxy is the outbound proxy, where one is configured; provd does not know it',
  },
  {
    keys: / (?:line \d+|SIP\d+) Proxy_?Port$/,
    theirs: /^5061$/,
    ours: /^5069$/,
    why: 'the port of the outbound proxy',
  },
  {
    keys: / (?:line \d+|SIP\d+) Backup_?Addr$/,
    theirs: /^192\.0\.2\.21$/,
    ours: /^192\.0\.2\.23$/,
    why: 'its second server is where the phone registers when the first is gone: the backup registrar; provd does not know it',
  },
  {
    keys: / (?:line \d+|SIP\d+) Backup_?Port$/,
    theirs: /^5063$/,
    ours: /^5067$/,
    why: 'the port of the backup registrar',
  },
  {
    keys: / (?:line \d+|SIP\d+) BakProxy_?(?:Addr|Port)$/,
    theirs: undefined,
    ours: /^(?:|192\.0\.2\.21|50\d\d)$/,
    why: 'the backup proxy is that of the proxy, and taken back where there is none',
  },
  {
    keys: / (?:line \d+|SIP\d+) Register_?Port$/,
    theirs: /^$/,
    ours: /^50\d\d$/,
    why: 'a registrar that is the proxy has its port, and over TLS the port is 5061',
  },
  {
    keys: / (?:line \d+|SIP\d+) (?:Media_?Crypto|Subscribe)$/,
    theirs: undefined,
    ours: /^[012]$/,
    why: 'srtp_mode and sip_subscribe_mwi are told; provd does not know them',
  },
  {
    keys: / (?:line \d+|SIP\d+) (?:Pickup_?Num|CallParkNum)$/,
    theirs: undefined,
    ours: /^(?:|[*#\d<&>]+)$/,
    why: 'exten_pickup_call and exten_park are told for what the phone offers of its own',
  },
  {
    keys: / (?:line \d+ (?!Enable)|SIP\d+ (?!Enable|ID))\w+$/,
    theirs: undefined,
    ours: /^$/,
    why: 'what an account had that went away is taken back',
  },
  {
    keys: / (?:line \d+ EnableReg|SIP\d+ Enable_Reg)$/,
    theirs: undefined,
    ours: /^0$/,
    why: 'an account that went away does not register any more',
  },
  { keys: / SIP2 ID$/, theirs: undefined, ours: /^SIP2$/, why: 'the entry of an account that went away' },
  // Keys
  {
    keys: / Fkey ?\d+ Value$/,
    theirs: /@SIP\d+$/,
    ours: /^(?:\S+@\d\/(?:f|c|ba\S*)|\*3|SIP\d|)$/,
    why: 'a key has its line once, behind its number; provd’s plugin for the series V adds the name of the last line to every key, also to empty ones',
  },
  {
    keys: / (?:line \d+ DisplayName|SIP\d+ Display_Name)$/,
    theirs: /^1002 line\nbreak$/,
    ours: /^1002 line break$/,
    why: 'a name stands on one line, for in a header of SIP a line break would end it',
  },
  {
    keys: / Fkey ?\d+ Title$/,
    theirs: /^(?:|Zoé {2}Ben Q A 中文 |é中)$/,
    ours: /^(?:Zoé & <Ben> "Q" 'A' 中文 €|é中"&<>|😀)$/,
    why: 'labels are whole: what XML has a use for is escaped, and need not be left out',
  },
  {
    keys: / Fkey ?\d+ Type$/,
    theirs: /^2$/,
    ours: /^1$/,
    why: 'a park key dials, as all keys with a number and a line; 2 is the type of a line',
  },
  {
    keys: / Fkey ?\d+ (?:Type|Value)$/,
    theirs: /^(?:1|\*3@1\/f)$/,
    ours: /^(?:4|\*3)$/,
    why: 'the recording code is sent as digits within the call; dialled it begins another call',
  },
  {
    keys: /^sysConf dsskey dssSide 1 Fkey [1-3] (?:Value|Title)$/,
    theirs: /^(?:SIP[1-3]|)$/,
    ours: /./,
    why: 'a key that is configured is there; provd writes a line over it',
  },
  {
    keys: / Fkey ?\d+ (?:Type|Value|Title)$/,
    theirs: undefined,
    ours: /^(?:0|2|SIP\d|)$/,
    why: 'keys that nobody configured show their line, or are free: what was there before is taken back',
  },
  {
    keys: /^sysConf dsskey dssSide 1 Fkey 1 Type$/,
    theirs: /^0$/,
    ours: /^2$/,
    why: 'a line shows on the key of its number where no other is configured',
  },
  {
    keys: /^sysConf dsskey dssSide 1 Fkey 5 (?:Type|Value|Title)$/,
    theirs: /^(?:2|SIP5|)$/,
    ours: undefined,
    why: 'there are four keys on a page, and no fifth line',
  },
  {
    keys: /^sysConf dsskey (?:Side|Func)KeyPageNum$/,
    theirs: /^\d+$|^$/,
    ours: /^[34]$/,
    why: 'the pages that the phone has, whatever is configured on them',
  },
  {
    keys: /^sysConf dsskey (?:Side|Func)KeyPageNum$/,
    theirs: undefined,
    ours: /^\d+$/,
    why: 'the pages of both kinds of keys are told, also where no key is configured',
  },
  // Time
  {
    keys: / DST_?(?:Start|End)_?Wday$/,
    theirs: /^6$/,
    ours: /^0$/,
    why: 'phones export 0 for the Sunday of their own rules; provd subtracts one from a weekday that begins with Monday',
  },
  {
    keys: / DST_?(?:Start|End)_?Week$/,
    theirs: /^(?:-1|4)$/,
    ours: /^5$/,
    why: 'phones export 5 for the last week; provd computes the week of one year’s date and loses that it is the last',
  },
  {
    keys: / DST(?:Start|End)Min$/,
    theirs: undefined,
    ours: /^\d+$/,
    why: 'the minute of the change, as the older dialect has it',
  },
  {
    keys: / Time_?Zone$/,
    theirs: /^-?\d+$/,
    ours: /^-?(?:14|18|2[236]|35|38|42|51)$/,
    why: 'halves and quarters of an hour count; provd leaves them away',
  },
  {
    keys: / Time_?Zone_?Name$/,
    theirs: /^UTC[+-]\d+$/,
    ours: /^UTC[+-]\d+:(?:30|45)$/,
    why: 'they count in the name, too',
  },
  // Screen and phone book
  {
    keys: / LCD_?Title$/,
    theirs: /^(?:Cinco 2005|Line three 1003|line\nbreak 1002)$/,
    ours: /^(?:Uno 2001|Alice Martin 1001|Zoé .* 1001)$/,
    why: 'the phone has one title: that of its first line; provd writes one for each line',
  },
  {
    keys: / xmlContact 1 \w+$|^sysConf cti DNDO(?:n|ff)Url$|dssSoft 1 \w+$/,
    theirs: undefined,
    ours: /^(?:|-1|0|21|Wazo|Directory|Annuaire|https?:\/\/\S+\/directories\/lookup\/default\/fanvil\S*)$/,
    why: 'a phone book is told wherever a user is known, whatever the version of the config, and taken back where none is',
  },
  {
    keys: / (?:SoftFkey1 \w+|Desktop_Softkey)$/,
    theirs: undefined,
    ours: /^(?:|0|7|SoftFkey1|Directory|Annuaire|history;(?:dsskey1)?;;menu;|https?:\/\/\S+\/directories\/lookup\/default\/fanvil\S*)$/,
    why: 'the same in the older dialect',
  },
  // Passwords and accounts of the web page
  {
    keys: / Menu_?Password$/,
    theirs: /^123$/,
    ours: undefined,
    why: 'where no password is configured, the phone keeps its own; provd sets one that is the same everywhere',
  },
  { keys: / (?:account 1|Account1) Name$/, theirs: /^admin$/, ours: /^(?:root|adm<in>&)$/, why: 'admin_username is told' },
  { keys: / (?:account 2|Account2) Name$/, theirs: /^guest$/, ours: /^us(?:er|"er)$/, why: 'user_username is told' },
  { keys: / web EnableTelnet$/, theirs: undefined, ours: /^0$/, why: 'Telnet is off, as in the series X' },
  {
    keys: / phone (?:KeyLockPassword|FastKeylockCode)$/,
    theirs: /^(?:123|)$/,
    ours: undefined,
    why: 'the key lock is off, and its passwords stay what they are',
  },
  {
    keys: / phone (?:VqmDisplayOrder|PickupRingType|PbookDisplayAttr)$/,
    theirs: /^$/,
    ours: undefined,
    why: 'settings without a value say nothing',
  },
  { keys: /^sysConf vpn /, ours: undefined, why: 'a VPN that an administrator has set is left alone' },
  // Calls
  { keys: / Call_?Waiting$/, theirs: undefined, ours: /^1$/, why: 'calls wait, but for phones with the option switchboard' },
  // Network and syslog
  { keys: /^sysConf net /, theirs: undefined, ours: /^(?:[01]|192\.0\.2\.53)$/, why: 'dns_ip is told; provd does not know it' },
  {
    keys: / qos (?:Enable_VLAN|VLAN_ID|Signalling_Priority|Voice_Priority)$/,
    ours: undefined,
    why: 'names of the older dialect, which this one does not read',
  },
  {
    keys: / qos (?:EnableVLAN|VLANID|SignallingPriority|VoicePriority)$/,
    theirs: undefined,
    ours: /^(?:0|256)$/,
    why: 'a VLAN that went away is taken back, by the names that the phone reads',
  },
  {
    keys: / (?:Enable_?PVID|PVID_?Value)$/,
    theirs: undefined,
    ours: /^(?:0|254|2|200)$/,
    why: 'vlan_pc_port_id is told; provd does not know it in these series',
  },
  { keys: / ap FlashProtocol$/, theirs: /^4$/, ours: /^5$/, why: 'a URL that begins with https is fetched over HTTPS' },
  {
    keys: / log OutputDevice$/,
    theirs: /^stdout$/,
    ours: /^stdout,syslog$/,
    why: 'messages only go to the server where syslog is one of the outputs',
  },
  {
    keys: / log Level$/,
    theirs: /^[a-z]+$/,
    ours: /^[A-Z]+$/,
    why: 'levels are written like ERROR, which provd writes without a server',
  },
  {
    keys: / (?:MGR|SIP)_Trace_Level$/,
    theirs: /^[a-z]+$/,
    ours: /^[2-7]$/,
    why: 'levels of this dialect are numbers, as the 0 that provd writes without a server',
  },
  // Firmware
  {
    keys: / AUTOUPDATE_CONFIG_MODULE \w+$/,
    theirs: undefined,
    ours: /./,
    why: 'a phone that is told its own file over DHCP asks for no other, and learns of its firmware there',
  },
];
