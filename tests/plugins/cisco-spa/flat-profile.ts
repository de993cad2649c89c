import type { Difference } from '../comparison.ts';

/** What is said otherwise in the flat profiles of SPA and of multiplatform phones alike. */
export const differences: readonly Difference[] = [
  // Accounts and servers
  {
    keys: /^(?:Line_Enable|Proxy|Use_DNS_SRV|Proxy_Fallback_Intvl|Display_Name|User_ID|Password|Auth_ID|DTMF_Tx_Method|Extension|Short_Name|Extended_Function)_[235]_$/,
    ours: undefined,
    why: 'the model has no such line',
  },
  {
    keys: /^(?:Line_Enable_\d+_|Use_Outbound_Proxy_\d+_)$/,
    theirs: undefined,
    ours: /^No$/,
    why: 'lines that nobody has are switched off, and so is an outbound proxy that is not configured; provd does so in a file for all phones, or not',
  },
  {
    keys: /^(?:Proxy|Outbound_Proxy|Display_Name|User_ID|Password|Auth_ID|Voice_Mail_Server|Mailbox_ID)_\d+_$/,
    theirs: undefined,
    ours: /^$/,
    why: 'what is not configured is taken back; provd does so in a file for all phones, or not',
  },
  {
    keys: /^Outbound_Proxy_\d_$/,
    theirs: undefined,
    ours: /^192\.0\.2\.24:5069$/,
    why: 'sip_outbound_proxy_ip is told; provd has nothing for it',
  },
  {
    keys: /^Use_Outbound_Proxy_\d_$/,
    theirs: undefined,
    ours: /^Yes$/,
    why: 'sip_outbound_proxy_ip is told; provd has nothing for it',
  },
  {
    keys: /^Voice_Mail_Server_\d_$/,
    theirs: undefined,
    ours: /^192\.0\.2\.20:5061$/,
    why: 'sip_subscribe_mwi is told; provd has nothing for it',
  },
  {
    keys: /^Mailbox_ID_\d_$/,
    theirs: undefined,
    ours: /^u100\d$/,
    why: 'sip_subscribe_mwi is told; provd has nothing for it',
  },
  {
    keys: /^Display_Name_2_$/,
    theirs: /^line\nbreak$/,
    ours: /^line break$/,
    why: 'a name stands on one line',
  },
  {
    keys: /^(?:Use_Auth_ID_\d_|Auth_Resync-Reboot_\d_|SIP_Remote-Party-ID_\d_|Dial_Plan_\d_|Preferred_Codec_\d_)$/,
    theirs: undefined,
    ours: /^(?:Yes|No|\(\[x\*#\]\.\)|G711a)$/,
    why: 'provd says the same in a file for all phones',
  },

  // Transport
  {
    keys: /^SIP_Transport_\d_$/,
    theirs: undefined,
    ours: /^(?:UDP|TCP|TLS)$/,
    why: 'sip_transport is told; provd leaves the phone with UDP',
  },
  {
    keys: /^(?:SRTP_Method|Secure_Call_Setting|Secure_Call_(?:Serv|Setting|Option)_\d_)$/,
    theirs: undefined,
    ours: /^(?:s-descriptor|Yes|No|Optional|Required)$/,
    why: 'sip_srtp_mode is told; provd has nothing for it',
  },
  {
    keys: /^(?:SIP|RTP)_CoS_Value_\d_$/,
    theirs: undefined,
    ours: /^[356]$/,
    why: 'vlan_priority is told, else what phones have from the factory: 3 for SIP and 6 for sound',
  },
  {
    keys: /^Custom_CA_Rule$/,
    theirs: undefined,
    ours: /^$/,
    why: 'where the certificates of the servers are, of which none are configured; provd has nothing for them',
  },

  // Times
  {
    keys: /^Daylight_Saving_Time_Rule$/,
    theirs: /^start=3\/8\/6\/2:0:0;end=11\/1\/6\/2:0:0;save=1:0:0$/,
    ours: /^start=3\/8\/7\/2:0:0;end=11\/1\/7\/2:0:0;save=1:0:0$/,
    why: 'clocks change on a Sunday, which is 7 (administration guide, “Configuring Daylight Saving Time”); provd counts from 0 and says Saturday',
  },
  {
    keys: /^Daylight_Saving_Time_Rule$/,
    theirs: /^start=3\/-1\/6\/2:0:0;end=10\/22\/6\/3:0:0;save=1:0:0$/,
    ours: /^start=3\/-1\/7\/2:0:0;end=10\/-1\/7\/3:0:0;save=1:0:0$/,
    why: 'the last Sunday of the month, every year; provd says Saturday, and the fourth one where it is the last this year',
  },
  {
    keys: /^Time_Offset__HH_mm_$/,
    theirs: undefined,
    ours: /^$/,
    why: 'an offset beside that of the zone is taken back',
  },

  // Keys
  {
    keys: /^Unit_1_Key_\d+_?$/,
    theirs: /^fnc=sd\+blf\+cp;sub=\*735@\$PROXY;nme=Fwd$/,
    ours: /^fnc=sd\+blf\+cp;sub=\*735@\$PROXY;vid=2;nme=Fwd$/,
    why: 'the key belongs to the second line; to provd all keys are the first one’s',
  },
  {
    keys: /^Unit_1_Key_\d+_?$/,
    theirs: /^fnc=sd\+blf\+cp;sub=1011@\$PROXY;nme=$/,
    ours: /^fnc=sd\+blf\+cp;sub=1011@\$PROXY;nme=1011$/,
    why: 'a key whose label is empty shows its number',
  },
  {
    keys: /^(?:Unit_\d_Key_\d+_?|Extended_Function_\d+_|Short_Name_\d+_)$/,
    theirs: undefined,
    ours: /^(?:fnc=sd;ext=7\d\d@\$PROXY;nme=)?(?:park \d+|P|😀)$/,
    why: 'a call is parked by dialling where; provd leaves out keys that park',
  },
  {
    keys: /^(?:Unit_\d_Key_\d+_?|Extended_Function_\d+_|Short_Name_\d+_)$/,
    theirs: undefined,
    ours: /^$/,
    why: 'a key that is none is taken back; provd does so in a file for all phones, or not',
  },
  {
    keys: /^Extension_\d+_$/,
    theirs: undefined,
    ours: /^Disabled$/,
    why: 'a button that is no line’s; provd says so in a file for all phones, or where it has a key',
  },
  {
    keys: /^(?:Attendant_Console_)?Call_Pickup_Code$/,
    theirs: /^\*8$/,
    ours: /^\*8<&>$/,
    why: 'provd writes the code as it is, which is no XML',
  },
  {
    keys: /^Group_Call_Pickup_Code$/,
    theirs: undefined,
    ours: /^(?:\*8)?$/,
    why: 'exten_pickup_group is told to all, and taken back where there is none',
  },

  // The rest
  {
    keys: /^(?:Enable_VLAN|Enable_PC_Port_VLAN_Tagging)$/,
    theirs: undefined,
    ours: /^No$/,
    why: 'a VLAN that is not configured is taken back; provd does so in a file for all phones, or not',
  },
  {
    keys: /^(?:PC_Port_)?VLAN_ID$/,
    theirs: undefined,
    ours: /^1$/,
    why: 'a VLAN that is not configured is taken back; provd does so in a file for all phones, or not',
  },
  {
    keys: /^(?:Syslog_Server|Primary_(?:DNS|NTP_Server)|XML_Directory_Service_(?:Name|URL))$/,
    theirs: undefined,
    ours: /^$/,
    why: 'a server that is not configured is taken back; provd does so in a file for all phones, or not',
  },
  {
    keys: /^Debug_Level$/,
    theirs: undefined,
    ours: /^(?:[0-2]|CRITICAL|WARNING|INFO)$/,
    why: 'syslog_level is told; provd has nothing for it',
  },
  {
    keys: /^Upgrade_Rule$/,
    theirs: /Key-1\.2~\$3abc/,
    ours: /Key-1\.2~\$\$3abc/,
    why: 'in a rule $ begins the name of a value, and a dollar sign is written twice (administration guide, “Macro Expansion Variables”)',
  },
  {
    keys: /^XML_Directory_Service_Name$/,
    theirs: /^Wazo Directory$/,
    ours: /^Répertoire Wazo$/,
    why: 'Canadian French is French',
  },
  {
    keys: /^(?:Provision_Enable|Resync_(?:On_Reset|From_SIP|Periodic)|Upgrade_Enable|Time_Format|Date_Format|Server_Type)$/,
    theirs: undefined,
    ours: /^(?:Yes|86400|24hr|day\/month|Asterisk)$/,
    why: 'provd says it in a file for all phones, or leaves it at what the factory has; a phone asks every day, should it have missed that there is something new',
  },
  {
    keys: /_Codes?$/,
    theirs: undefined,
    ours: /^$/,
    why: 'codes that the exchange understands are not for the phone to act upon; provd says so in a file for all phones',
  },
];
