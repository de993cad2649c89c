{#-
  What Cisco's SPA phones and adapters and its multiplatform phones read alike: a flat list of settings, of which they keep those that a file
  does not name, and pass over those that they do not have. So whatever an earlier file may have said is said here, too, if only as nothing.
-#}
{%- from 'address.tpl' import host -%}
{%- from 'phone-book.tpl' import input -%}
{%- macro p(name, value='') %}
<{{ name }}>{{ value }}</{{ name }}>
{%- endmacro %}
{%- macro yesNo(condition) -%}
{{ 'Yes' if condition else 'No' }}
{%- endmacro %}

{%- set dtmfMethods = { 'RTP-in-band': 'InBand', 'RTP-out-of-band': 'AVT', 'SIP-INFO': 'INFO' } %}
{%- set languages = { 'de': 'German', 'en': 'English', 'es': 'Spanish', 'fr': 'French' } %}
{%- set regions = { 'de': 'de-DE', 'en': 'en-US', 'es': 'es-ES', 'fr': 'fr-FR', 'fr_CA': 'fr-CA' } %}

{#- Servers are told with their ports, so that nothing hangs on what a phone takes for the port of TLS. #}
{%- macro address(server) -%}
{{ host(server) }}:{{ server.port or (5061 if sip.transport == 'tls' else 5060) }}
{%- endmacro %}
{#- A list of servers has a name, which stands in SIP messages as the domain: provd's, so that a phone that comes from there stays who it is. #}
{%- macro servers(line) -%}
{%- if line.backupProxy -%}
xivo_proxies{{ line.number }}:SRV={{ address(line.proxy) }}:p=0|{{ address(line.backupProxy) }}:p=1
{%- else -%}
{{ address(line.proxy) }}
{%- endif -%}
{%- endmacro %}

{#- Parts of a function end at a semicolon. -#}
{%- macro part(text) -%}
{{ text | replace(';', ',') }}
{%- endmacro %}
{%- macro function(key) -%}
fnc={{ 'sd+blf+cp;sub' if key.type == 'blf' else 'sd;ext' }}={{ part(key.value) }}@$PROXY;
{%- if (key.line or 1) > 1 %}vid={{ key.line }};{% endif -%}
nme={{ part(key.label or key.value) }}
{%- endmacro %}

{#- Weekdays from 1, which is Monday, after a day of the month; -1 is the last of its name, and 0 the day of the month itself. -#}
{%- macro change(transition, byWeekday) -%}
{%- set clock = transition.clock if byWeekday else transition.date.clock -%}
{%- if byWeekday -%}
{{ transition.month }}/{{ -1 if transition.week == 'last' else transition.week * 7 - 6 }}/{{ transition.weekday -}}
{%- else -%}
{{ transition.date.month }}/{{ transition.date.day }}/0
{%- endif -%}
/{{ clock.hours }}:{{ clock.minutes }}:0
{%- endmacro %}

{#- Offsets that phones list, in minutes, beside those of full hours from -12 to 13. What is none of them is told as the one below and how far it is from there. -#}
{%- set listedOffsets = [-210, 210, 330, 345, 390, 570] %}
{%- macro clocks(timeZone) %}
{%- set minutes = timeZone.standardOffset // 60 %}
{%- set hours = [minutes // 60, 13] | min %}
{%- set base = minutes if minutes in listedOffsets else hours * 60 %}
{%- set ahead = minutes - base %}
{%- set distance = base | abs %}
{{- p('Time_Zone', 'GMT' ~ ('%s%02d:%02d' % ('-' if base < 0 else '+', distance // 60, distance % 60) if base)) }}
{{- p('Time_Offset__HH_mm_', '%02d/%02d' % (ahead // 60, ahead % 60) if ahead else '') }}
{%- set daylight = timeZone.daylight %}
{{- p('Daylight_Saving_Time_Enable', 'yes' if daylight else 'no') }}
{%- if daylight %}
{{- p('Daylight_Saving_Time_Rule', 'start=' ~ change(daylight.start, daylight.byWeekday) ~ ';end=' ~ change(daylight.end, daylight.byWeekday)
  ~ ';save=%d:%d:0' % (daylight.saving // 3600, daylight.saving // 60 % 60)) }}
{%- endif %}
{%- endmacro %}

{#-
  Some adapters are routers, too, whose clock goes by a list: hours ahead of Greenwich, which of the zones with these hours, and how their clocks
  change, as Linksys' routers have it. A zone that is none of them is not told.
-#}
{%- set routerZones = {
  'none': {
    '-720': '-12 1 0', '-660': '-11 1 0', '-600': '-10 1 0', '-420': '-07 1 0', '-360': '-06 1 0', '-300': '-05 1 0', '-240': '-04 1 0',
    '-180': '-03 1 0', '-120': '-02 1 0', '0': '+00 1 0', '60': '+01 1 0', '120': '+02 1 0', '180': '+03 1 0', '240': '+04 1 0', '300': '+05 1 0',
    '360': '+06 1 0', '420': '+07 1 0', '480': '+08 1 0', '540': '+09 1 0', '600': '+10 1 0', '660': '+11 1 0', '720': '+12 1 0',
  },
  '3.2.7-11.1.7': {
    '-540': '-09 1 1', '-480': '-08 1 1', '-420': '-07 2 1', '-360': '-06 2 1', '-300': '-05 2 1', '-240': '-04 2 1', '-210': '-03.5 1 1',
  },
  '3.last.7-10.last.7': { '-60': '-01 1 2', '0': '+00 2 2', '60': '+01 2 2', '120': '+02 2 2' },
  '10.1.7-4.1.7': { '600': '+10 2 4' },
  '9.last.7-4.1.7': { '720': '+12 2 4' },
} %}
{%- macro routerZone(timeZone) %}
{%- set daylight = timeZone.daylight %}
{%- set rule = '%s.%s.%s-%s.%s.%s' % (
  daylight.start.month, daylight.start.week, daylight.start.weekday, daylight.end.month, daylight.end.week, daylight.end.weekday
) if daylight else 'none' %}
{%- set zone = routerZones.get(rule, {}).get((timeZone.standardOffset // 60) | string) %}
{%- if zone %}
    <Time_Zone>{{ zone }}</Time_Zone>
{%- endif %}
{%- endmacro -%}

<?xml version="1.0" standalone="yes"?>
<flat-profile>
{%- block own %}{% endblock %}

{{- p('Provision_Enable', 'Yes') }}
{{- p('Resync_On_Reset', 'Yes') }}
{{- p('Resync_From_SIP', 'Yes') }}
{#- Whoever missed a NOTIFY asks a day later. #}
{{- p('Resync_Periodic', 86400) }}
{{- p('Upgrade_Enable', 'Yes') }}
{#- In a rule $ begins the name of a value, and $$ is a dollar sign. #}
{%- set home = server.url | replace('$', '$$') %}
{%- if model and model.images %}
{#- Firmware older than `stepAt` does not take the new one at once. #}
{{- p('Upgrade_Rule', ('($SWVER lt %s) ? %s/%s | ' % (model.stepAt, home, model.images[1]) if model.stepAt else '') ~ home ~ '/' ~ model.images[0]) }}
{%- endif %}
{{- p('Custom_CA_Rule', home ~ '/' ~ files['trusted.tpl'] if sip.trustedCertificates else '') }}

{%- if admin.password %}
{{- p(words.settings.adminPassword, admin.password) }}
{%- endif %}
{%- if user.password %}
{{- p('User_Password', user.password) }}
{%- endif %}
{{- p('Primary_DNS', dns.host if dns else '') }}
{{- p('Primary_NTP_Server', ntp.host if ntp else '') }}
{{- p('Syslog_Server', syslog.host ~ ':' ~ syslog.port if syslog else '') }}
{{- p('Debug_Level', words.debugLevel[syslog.level if syslog else 'critical']) }}
{{- p('Enable_VLAN', yesNo(vlan)) }}
{{- p('VLAN_ID', vlan.id if vlan else 1) }}
{{- p('Enable_PC_Port_VLAN_Tagging', yesNo(vlan and vlan.pcPortId)) }}
{{- p('PC_Port_VLAN_ID', (vlan.pcPortId or 1) if vlan else 1) }}

{%- set used = linePlaces | selectattr('line') | map(attribute='line') | list %}
{{- p('Station_Name', used[0].displayName if used else '') }}
{%- macro dictionary(language) -%}
{{ model.dictionary % words.dictionary[language] }}
{%- endmacro %}
{{- p('Dictionary_Server_Script', 'serv=%s/%s/;d0=English;x0=%s;d1=French;x1=%s;d2=German;x2=%s;d3=Spanish;x3=%s' % (
  server.url, words.settings.dictionaries, dictionary('en'), dictionary('fr'), dictionary('de'), dictionary('es')
) if model and model.dictionary else '') }}
{{- p('Language_Selection', languages[locale.language] if locale and locale.language in languages else '') }}
{{- p('Locale', (regions[locale.name] or regions[locale.language] if locale) or 'en-US') }}
{%- if timeZone %}
{{- clocks(timeZone) }}
{%- endif %}
{{- p('Time_Format', '24hr') }}
{{- p('Date_Format', 'day/month') }}

{{- p('Voice_Mail_Number', codes.voicemail or (used[0].voicemail if used) or '') }}
{{- p('Call_Pickup_Code', codes.pickupCall or '') }}
{{- p('Group_Call_Pickup_Code', codes.pickupGroup or '') }}
{{- p('Attendant_Console_Call_Pickup_Code', codes.pickupCall or '') }}
{{- p('Server_Type', 'Asterisk') }}
{#- Codes that a phone acts upon itself, and that are the exchange's to understand. #}
{%- for name in [
  'Accept_Last_Act', 'Accept_Last_Deact', 'Attn-Xfer_Act', 'Blind_Transfer', 'Block_ANC_Act', 'Block_ANC_Deact', 'Block_CID_Act', 'Block_CID_Deact',
  'Block_CID_Per_Call_Act', 'Block_CID_Per_Call_Deact', 'Block_Last_Act', 'Block_Last_Deact', 'CWCID_Act', 'CWCID_Deact', 'CW_Act', 'CW_Deact',
  'CW_Per_Call_Act', 'CW_Per_Call_Deact', 'Call_Back_Act', 'Call_Back_Busy_Act', 'Call_Back_Deact', 'Call_Park', 'Call_Redial', 'Call_Return',
  'Call_UnPark', 'Cfwd_All_Act', 'Cfwd_All_Deact', 'Cfwd_Busy_Act', 'Cfwd_Busy_Deact', 'Cfwd_Last_Act', 'Cfwd_Last_Deact', 'Cfwd_No_Ans_Act',
  'Cfwd_No_Ans_Deact', 'Conference_Act', 'DND_Act', 'DND_Deact', 'Dist_Ring_Act', 'Dist_Ring_Deact', 'FAX_Line_Toggle', 'Media_Loopback',
  'Modem_Line_Toggle', 'Paging', 'Secure_All_Call_Act', 'Secure_No_Call_Act', 'Secure_One_Call_Act', 'Secure_One_Call_Deact', 'Speed_Dial_Act',
] %}
{{- p(name ~ '_Code') }}
{%- endfor %}
{%- for codec in ['G711a', 'G711u', 'G722', 'G723', 'G726r16', 'G726r24', 'G726r32', 'G726r40', 'G729a', 'L16'] %}
{{- p('Prefer_' ~ codec ~ '_Code') }}
{{- p('Force_' ~ codec ~ '_Code') }}
{%- endfor %}
{{- p('Referral_Services_Codes') }}
{{- p('Feature_Dial_Services_Codes') }}

{#- Keys for the sound as SDP has them (RFC 4568), and not in Sipura's own way. #}
{{- p('SRTP_Method', 's-descriptor') }}
{{- p('Secure_Call_Setting', yesNo(used | rejectattr('srtp', 'eq', 'disabled') | list)) }}

{%- for place in linePlaces %}
{%- set line = place.line %}
{%- set end = '_%s_' % place.number %}
{{- p('Line_Enable' ~ end, yesNo(line)) }}
{{- p('Proxy' ~ end, servers(line) if line and line.proxy else '') }}
{{- p('Outbound_Proxy' ~ end, address(line.outboundProxy) if line and line.outboundProxy else '') }}
{{- p('Use_Outbound_Proxy' ~ end, yesNo(line and line.outboundProxy)) }}
{{- p('Display_Name' ~ end, line.displayName if line else '') }}
{{- p('User_ID' ~ end, line.username if line else '') }}
{{- p('Password' ~ end, line.password if line else '') }}
{{- p('Auth_ID' ~ end, line.authUsername if line else '') }}
{%- if line %}
{{- p('Use_Auth_ID' ~ end, 'Yes') }}
{{- p('Use_DNS_SRV' ~ end, 'Yes') }}
{{- p('Proxy_Fallback_Intvl' ~ end, 120) }}
{{- p('SIP_Transport' ~ end, sip.transport | upper) }}
{{- p('Auth_Resync-Reboot' ~ end, 'No') }}
{{- p('SIP_Remote-Party-ID' ~ end, 'No') }}
{{- p('Dial_Plan' ~ end, '([x*#].)') }}
{{- p('DTMF_Tx_Method' ~ end, dtmfMethods[line.dtmf] if line.dtmf else 'Auto') }}
{{- p('Preferred_Codec' ~ end, 'G711a') }}
{#- Adapters are told of each port whether calls are secure, multiplatform phones whether they have to be. #}
{{- p('Secure_Call_Serv' ~ end, yesNo(line.srtp != 'disabled')) }}
{{- p('Secure_Call_Setting' ~ end, yesNo(line.srtp != 'disabled')) }}
{{- p('Secure_Call_Option' ~ end, 'Required' if line.srtp == 'required' else 'Optional') }}
{#- Where this server is told a phone asks it for news of the mailbox. Others are told without asking. #}
{{- p('Voice_Mail_Server' ~ end, address(line.proxy) if sip.subscribeMwi and line.proxy else '') }}
{{- p('Mailbox_ID' ~ end, line.username if sip.subscribeMwi else '') }}
{%- set priority = vlan.priority if vlan else none %}
{{- p('SIP_CoS_Value' ~ end, 3 if priority is none else priority) }}
{{- p('RTP_CoS_Value' ~ end, 6 if priority is none else priority) }}
{%- endif %}
{%- endfor %}

{#- A button that is a line's is no key: without it nobody could call from the line. #}
{%- for line in used %}
{%- set end = '_%s_' % line.number %}
{{- p('Extension' ~ end, line.number) }}
{{- p('Short_Name' ~ end, line.extension or '$USER') }}
{{- p('Extended_Function' ~ end) }}
{%- endfor %}
{%- set taken = used | map(attribute='number') | list %}
{%- for place in keyPlaces if place.module == 0 and place.index not in taken %}
{%- set end = '_%s_' % place.index %}
{%- set key = place.key if place.key and place.key.value else none %}
{{- p('Extension' ~ end, 'Disabled') }}
{{- p('Short_Name' ~ end, part(key.label or key.value) if key else '') }}
{{- p('Extended_Function' ~ end, function(key) if key else '') }}
{%- endfor %}
{%- for place in keyPlaces if place.module > 0 %}
{%- for name in [words.settings.moduleKey] + (['Unit_%s_Key_%s'] if model.oldModules else []) %}
{{- p(name % (place.module, place.index), function(place.key) if place.key and place.key.value else '') }}
{%- endfor %}
{%- endfor %}

{%- set book = phoneBook if phoneBook and phoneBook.userUuid else none %}
{{- p('XML_Directory_Service_Name', ('Répertoire Wazo' if locale and locale.language == 'fr' else 'Wazo Directory') if book else '') }}
{{- p('XML_Directory_Service_URL', input(book, 'cisco') if book else '') }}
{%- if model and model.router %}
<router-configuration>
  <Time_Setup>
{%- if timeZone %}
{{- routerZone(timeZone) }}
{%- endif %}
    <Time_Server>{{ ntp.host if ntp }}</Time_Server>
  </Time_Setup>
  <WAN_VLAN_Setting>
    <WAN_VLAN_Enable>{{ 1 if vlan else 0 }}</WAN_VLAN_Enable>
    <WAN_VLAN_ID>{{ vlan.id if vlan else 1 }}</WAN_VLAN_ID>
  </WAN_VLAN_Setting>
{%- if admin.password %}
  <Web_Login_Admin_Name>{{ admin.username or 'admin' }}</Web_Login_Admin_Name>
  <Web_Login_Admin_Password>{{ admin.password }}</Web_Login_Admin_Password>
{%- endif %}
{%- if user.password %}
  <Web_Login_Guest_Name>{{ user.username or 'cisco' }}</Web_Login_Guest_Name>
  <Web_Login_Guest_Password>{{ user.password }}</Web_Login_Guest_Password>
{%- endif %}
</router-configuration>
{%- endif %}
</flat-profile>
