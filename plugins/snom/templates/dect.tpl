<?xml version="1.0" encoding="utf-8" ?>
{%- from 'address.tpl' import address %}
{%- from 'phone-book.tpl' import input %}
{%- macro p(name, value='') %}
    <{{ name }}>{{ value }}</{{ name }}>
{%- endmacro %}
{%- macro each(name, number, value='') %}
    <{{ name }} idx="{{ number }}">{{ value }}</{{ name }}>
{%- endmacro %}
{#- Firmware 7 has a login for each of three roles. #}
{%- set roles = not model or model.roles %}
<settings>
  <phone-settings>
{{- p('vlan_id', vlan.id if vlan else '') }}
{{- p('vlan_qos', (vlan.priority or 0) if vlan else '') }}
{{- p('codec_tos', 184) }}
    <codec_priority_list perm="R">pcma,pcmu,g722,g729,telephone-event</codec_priority_list>
{{- p('signaling_tos', 184) }}
{{- p('setting_server', server.url ~ '/') }}
{{- p('ntp_server', ntp.host if ntp else '') }}
{{- p('dns_server1', dns.host if dns else '0.0.0.0') }}
{{- p('syslog_server', syslog.host if syslog else '') }}
{{- p('log_level', words.syslogLevel[syslog.level] if syslog else 5) }}
{%- if admin.password %}
{{- p('http_user', admin.username or 'admin') }}
{{- p('http_pass', admin.password) }}
{%- if roles %}
{{- p('http_engineer_user', 'Engineer') }}
{{- p('http_engineer_pass', admin.password) }}
{%- else %}
{{- p('admin_mode_password', admin.password) }}
{%- endif %}
{%- endif %}
{%- if user.password and roles %}
{{- p('http_basic_user', user.username or 'User') }}
{{- p('http_basic_pass', user.password) }}
{%- endif %}
{%- if locale %}
{%- if locale.words.base %}
{{- p('language', locale.words.base) }}
{{- p('web_language', locale.words.base) }}
{%- endif %}
{%- if locale.words.tones %}
{{- p('tone_scheme', locale.words.tones) }}
{%- endif %}
{%- endif %}
{#- Weekdays from 1, which is Sunday. A change on a day that no weekday names has its date; 0 is none. #}
{%- if timeZone %}
{%- set daylight = timeZone.daylight %}
{%- if extra.zone %}
{{- p('timezone_by_country_region', 'off') }}
{{- p('timezone', extra.zone) }}
{%- endif %}
{{- p('dst_by_country_region', 'off') }}
{{- p('dst_enable', 'auto' if daylight else 'off') }}
{%- if daylight %}
{{- p('dst_fixed_day_enable', 'on' if daylight.byWeekday else 'off') }}
{%- for name, transition in [('start', daylight.start), ('stop', daylight.end)] %}
{%- set clock = transition.clock if daylight.byWeekday else transition.date.clock %}
{{- p('dst_' ~ name ~ '_month', transition.month if daylight.byWeekday else transition.date.month) }}
{{- p('dst_' ~ name ~ '_date', 0 if daylight.byWeekday else transition.date.day) }}
{{- p('dst_' ~ name ~ '_time', clock.hours) }}
{{- p('dst_' ~ name ~ '_day_of_week', transition.weekday % 7 + 1 if daylight.byWeekday else 0) }}
{{- p('dst_' ~ name ~ '_wday_last_in_month', (5 if transition.week == 'last' else transition.week) if daylight.byWeekday else 0) }}
{%- endfor %}
{%- endif %}
{%- endif %}

{#- Servers are told once each; ten is the most that a base has. #}
{%- for set in serverSets if set.number <= 10 %}
{%- set line = (lines | selectattr('serverSet', 'eq', set.number) | list)[0] %}
{%- set registrar = set.registrar or set.proxy %}
{%- set outbound = set.outboundProxy or (set.proxy if registrar and set.proxy and address(registrar) != address(set.proxy) else none) %}
{{- each('srv_sip_server_alias', set.number, registrar.host if registrar else '') }}
{{- each('user_host', set.number, address(registrar) if registrar else '') }}
{{- each('user_outbound', set.number, address(outbound) if outbound else '') }}
{{- each('srv_sip_transport', set.number, sip.transport) }}
{{- each('user_srtp', set.number, words.baseSrtp[line.srtp]) }}
{{- each('srv_srtp_auth', set.number, 'off') }}
{{- each('user_dtmf_info', set.number, words.dtmf[line.dtmf] if line.dtmf else 'off') }}
{%- endfor %}

{#- Handsets that are there no more are switched off. #}
{%- for line in lines %}
{{- each('user_active', line.number, 'on') }}
{{- each('user_name', line.number, line.username) }}
{{- each('user_pname', line.number, line.authUsername) }}
{{- each('user_pass', line.number, line.password) }}
{{- each('user_realname', line.number, line.displayName) }}
{%- if roles %}
{{- each('user_mailbox', line.number, (locale.words.mailbox if locale) or 'Voicemail') }}
{{- each('user_mailnumber', line.number, line.voicemail or '') }}
{{- each('subscr_sip_line_name', line.number, line.extension or line.username) }}
{%- else %}
{{- each('user_mailbox', line.number, line.voicemail or '') }}
{%- endif %}
{{- each('subscr_sip_hs_idx', line.number, line.number) }}
{{- each('subscr_dect_ac_code', line.number, extra.accessCodes[line.number]) }}
{{- each('subscr_sip_ua_data_server_id', line.number, line.serverSet) }}
    <codec_priority_list idx="{{ line.number }}" perm="R">pcma,pcmu,g722,g729,telephone-event</codec_priority_list>
{%- endfor %}
{%- for place in linePlaces if not place.line %}
{{- each('user_active', place.number, 'off') }}
{%- endfor %}

{%- if phoneBook and phoneBook.userUuid %}
    <phonebook_server_location perm="R">3</phonebook_server_location>
    <phonebook_location perm="R">{{ input(phoneBook, 'snom') }}</phonebook_location>
{%- endif %}
  </phone-settings>
</settings>
