<?xml version="1.0" encoding="UTF-8"?>
{%- from 'phone-book.tpl' import lookup %}
{%- set book = phoneBook if phoneBook and phoneBook.userUuid else none %}

{#- Settings that are next to each other in the file, as pairs. -#}
{%- macro settings(pairs) %}
{%- for name, value in pairs %}
<{{ name }}>{{ value }}</{{ name }}>
{%- endfor %}
{%- endmacro %}

{#- Without a port the phone takes 5060, also over TLS. -#}
{%- macro port(endpoint, fallback) -%}
{{ (endpoint.port or (5061 if sip.transport == 'tls' else fallback)) if endpoint else '' }}
{%- endmacro %}

{%- macro change(side, at) %}
{{- settings([('DST_' ~ side ~ '_Mon', at.month), ('DST_' ~ side ~ '_Hour', at.hour), ('DST_' ~ side ~ '_Wday', at.weekday),
              ('DST_' ~ side ~ '_Week', at.week), ('DST_' ~ side ~ '_Min', at.minute)]) }}
{%- endmacro %}
<VOIP_CONFIG_FILE>
<version>2.0002</version>
<AUTOUPDATE_CONFIG_MODULE>
{{- settings([('Download_Server_IP', server.url), ('Config_File_Name', 'Fanvil/$mac.cfg'),
              ('Download_Protocol', 5 if server.url.startswith('https:') else 4), ('Download_Mode', 1), ('Download_Interval', 1),
              ('DHCP_Option', 66), ('PNP_Enable', 0), ('Auto_Image_URL', server.url ~ '/' ~ model.images[0]), ('Save_Provision_Info', 1)]) }}
</AUTOUPDATE_CONFIG_MODULE>
<GLOBAL_CONFIG_MODULE>
{%- if ntp %}
{{- settings([('SNTP_Server', ntp.host), ('Enable_SNTP', 1), ('SNTP_Timeout', 60)]) }}
{%- else %}
<Enable_SNTP>0</Enable_SNTP>
{%- endif %}
<Language>{{ ('' if locale.words.oldScreen is none else locale.words.oldScreen) if locale }}</Language>
{%- if extra.zone %}
{{- settings([('Time_Zone', extra.zone.quarters), ('Time_Zone_Name', extra.zone.name)]) }}
{%- if extra.changes %}
{{- settings([('Enable_DST', 2), ('DST_Min_Offset', timeZone.daylight.saving // 60)]) }}
{{- change('Start', extra.changes.start) }}
{{- change('End', extra.changes.end) }}
{%- else %}
<Enable_DST>0</Enable_DST>
{%- endif %}
{%- endif %}
</GLOBAL_CONFIG_MODULE>
<MMI_CONFIG_MODULE>
{{- settings([('Web_Port', 80), ('Web_Server_Type', 0), ('Https_Web_Port', 443), ('Enable_MMI_Filter', 0),
              ('Web_Authentication', 0), ('Default_WEB_User', 0)]) }}
<MMI_Account>
{%- for account, name, level in [(admin, 'admin', 10), (user, 'guest', 5)] if account.password %}
<MMI_Account_Entry>
{{- settings([('ID', 'Account1' if level == 10 else 'Account2'), ('Name', account.username or name), ('Password', account.password), ('Level', level)]) }}
</MMI_Account_Entry>
{%- endfor %}
</MMI_Account>
</MMI_CONFIG_MODULE>
<SIP_CONFIG_MODULE>
<SIP__Port>5060</SIP__Port>
<SIP_Line_List>
{%- for place in extra.accounts %}
<SIP_Line_List_Entry>
<ID>SIP{{ place.number }}</ID>
{%- set line = place.line %}
{%- if line %}
{%- set proxy = line.outboundProxy or line.proxy %}
{%- set backup = line.backupRegistrar or line.backupProxy %}
{{- settings([
  ('Phone_Number', line.username),
  ('Display_Name', (line.extension ~ ' ' if line.extension else '') ~ line.displayName),
  ('Register_Addr', line.registrar.host if line.registrar else ''),
  ('Register_Port', port(line.registrar, '')),
  ('Register_User', line.authUsername),
  ('Register_Pswd', line.password),
  ('Register_TTL', 60),
  ('Proxy_Addr', proxy.host if proxy else ''),
  ('Proxy_Port', port(proxy, 5060)),
  ('Proxy_User', line.authUsername),
  ('Proxy_Pswd', line.password),
  ('Backup_Addr', backup.host if backup else ''),
  ('Backup_Port', port(backup, '')),
  ('Backup_Transpo', words.transport[sip.transport] if backup else 0),
  ('Backup_TTL', 60 if backup else 3600),
  ('Backup_Mode', 0),
  ('BakProxy_Addr', line.backupProxy.host if line.backupProxy else ''),
  ('BakProxy_Port', port(line.backupProxy, '')),
  ('Enable_Reg', 1),
  ('Transport', words.transport[sip.transport]),
  ('DTMF_Mode', words.dtmf[line.dtmf or 'SIP-INFO']),
  ('Media_Crypto', words.srtp[line.srtp]),
  ('Subscribe', 1 if sip.subscribeMwi else 0),
  ('Pickup_Num', codes.pickupCall or ''),
  ('MWI_Num', line.voicemail or ''),
]) }}
{%- else %}
{%- for name in ['Phone_Number', 'Display_Name', 'Register_Addr', 'Register_User', 'Register_Pswd', 'Proxy_Addr', 'Proxy_User', 'Proxy_Pswd', 'Backup_Addr', 'BakProxy_Addr', 'MWI_Num'] %}
<{{ name }}></{{ name }}>
{%- endfor %}
<Enable_Reg>0</Enable_Reg>
{%- endif %}
</SIP_Line_List_Entry>
{%- endfor %}
</SIP_Line_List>
</SIP_CONFIG_MODULE>
<QOS_CONFIG_MODULE>
{%- set tagged = vlan if vlan and vlan.id else none %}
{{- settings([('Enable_VLAN', 1 if tagged else 0), ('VLAN_ID', tagged.id if tagged else 256),
              ('Signalling_Priority', tagged.priority or 0 if tagged else 0), ('Voice_Priority', tagged.priority or 0 if tagged else 0),
              ('Enable_PVID', 2 if vlan and vlan.pcPortId else 0), ('PVID_Value', vlan.pcPortId if vlan and vlan.pcPortId else 254)]) }}
</QOS_CONFIG_MODULE>
<AAA_CONFIG_MODULE>
{{- settings([('Enable_Syslog', 1 if syslog else 0), ('Syslog_address', syslog.host if syslog else '0.0.0.0'),
              ('Syslog_port', syslog.port if syslog else 514)]) }}
</AAA_CONFIG_MODULE>
<DEBUG_CONFIG_MODULE>
{%- set level = words.traceLevel[syslog.level] if syslog else 0 %}
{{- settings([('MGR_Trace_Level', level), ('SIP_Trace_Level', level), ('Trace_File_Info', 0), ('Enable_Watch_Dog', 1), ('Enable_Memory_Info', 0)]) }}
</DEBUG_CONFIG_MODULE>
<PHONE_CONFIG_MODULE>
{%- if admin.password %}
<Menu_Password>{{ admin.password }}</Menu_Password>
{%- endif %}
<LCD_Title>{{ (lines[0].displayName ~ (' ' ~ lines[0].extension if lines[0].extension else '')) if lines }}</LCD_Title>
{{- settings([('Time_Display_Style', 0), ('Date_Display_Style', 2)]) }}
<Function_Key>
{#- 0 nothing, 1 dials or watches (2002@1/ba*82002: number, line, use, what picks up), 2 a line, 4 digits within the call. -#}
{%- for page in extra.pages.main %}
{%- for slot in page.slots %}
{%- set key = slot.key %}
<Function_Key_Entry>
<ID>Fkey{{ slot.index }}</ID>
{%- if key and key.value and key.inCall %}
{{- settings([('Type', 4), ('Value', key.value), ('Title', key.label or '')]) }}
{%- elif key and key.value %}
{{- settings([('Type', 1), ('Title', key.label or ''),
              ('Value', key.value ~ '@' ~ (key.line or 1) ~ '/' ~ words.key[key.type] ~ (codes.pickupCall ~ key.value if key.type == 'blf' and codes.pickupCall else ''))]) }}
{%- elif slot.line %}
{{- settings([('Type', 2), ('Value', 'SIP' ~ slot.line.number), ('Title', '')]) }}
{%- else %}
{{- settings([('Type', 0), ('Value', ''), ('Title', '')]) }}
{%- endif %}
</Function_Key_Entry>
{%- endfor %}
{%- endfor %}
</Function_Key>
<Soft_Dss_Key>
<Soft_Dss_Key_Entry>
<ID>SoftFkey1</ID>
{{- settings([('Type', 7), ('Value', lookup(book, 'fanvil', 'term=')), ('Title', (locale.words.directory if locale) or 'Directory')]
             if book else [('Type', 0), ('Value', ''), ('Title', '')]) }}
</Soft_Dss_Key_Entry>
</Soft_Dss_Key>
</PHONE_CONFIG_MODULE>
<SCREEN_KEY_CONFIG_MODULE>
<Desktop_Softkey>{{ 'history;dsskey1;;menu;' if book else 'history;;;menu;' }}</Desktop_Softkey>
</SCREEN_KEY_CONFIG_MODULE>
<TELE_CONFIG_MODULE>
<Port_Config>
<Port_Config_Entry>
{{- settings([('ID', 'P1'), ('Auto_Onhook', 1), ('Auto_Onhook_Time', 0), ('CallWaiting', 0 if options.get('switchboard') else 1)]) }}
</Port_Config_Entry>
</Port_Config>
</TELE_CONFIG_MODULE>
</VOIP_CONFIG_FILE>
