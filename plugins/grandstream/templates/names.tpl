<?xml version="1.0" encoding="UTF-8"?>
<gs_provision version="1">
  <config version="2">
{%- macro item(name, value) %}
    <item name="{{ name }}">{{ value }}</item>
{%- endmacro %}
{%- macro yesNo(condition) -%}
{{ 'Yes' if condition else 'No' }}
{%- endmacro %}

{#- Where to go from now on, and when to ask again: every night, whoever is at home. #}
{{- item('provisioning.config.protocol', extra.home.protocol | upper) }}
{{- item('provisioning.config.serverPath', extra.home.path) }}
{{- item('provisioning.firmware.protocol', extra.home.protocol | upper) }}
{{- item('provisioning.firmware.serverPath', extra.home.path) }}
{{- item('provisioning.auto.mode', 'YesUpgradeHourOfDay') }}
{{- item('provisioning.auto.randomTime.enable', 'Yes') }}
{{- item('provisioning.auto.hour', 23) }}
{{- item('provisioning.auto.endHour', 1) }}
{{- item('provisioning.firmware.confirm.enable', 'No') }}

{%- for name, account in [('admin', admin), ('user', user)] if account.password %}
{{- item('users.' ~ name ~ '.password', account.password) }}
{%- endfor %}
{%- if sip.localCertificate %}
{{- item('security.certificate', ([sip.localCertificate] + sip.localChain) | join('\n')) }}
{%- endif %}
{%- if sip.localKey %}
{{- item('security.key', sip.localKey) }}
{%- endif %}
{%- for certificate in sip.trustedCertificates %}
{{- item('CACertificates.' ~ loop.index, certificate) }}
{%- endfor %}

{{- item('network.port.eth.1.vlan.tag', vlan.id if vlan else 0) }}
{{- item('network.port.eth.1.vlan.priority', (vlan.priority or 0) if vlan else 0) }}
{{- item('network.port.pc.vlan.tag', (vlan.pcPortId or 0) if vlan else 0) }}
{%- for part in extra.dns %}
{{- item('network.dns.preferred.ip.' ~ loop.index, part) }}
{%- endfor %}
{{- item('maintain.syslog.server', (syslog.host ~ (':' ~ syslog.port if syslog.port != 514 else '')) if syslog else '') }}
{{- item('maintain.syslog.level', words.syslogName[syslog.level] if syslog else 'None') }}

{#- What is told here counts more than what a DHCP server says. #}
{{- item('dateTime.ntp.server.1', ntp.host if ntp else 'pool.ntp.org') }}
{{- item('dateTime.override.dhcp.allowOption42', yesNo(not ntp)) }}
{{- item('dateTime.timezone', extra.clock.zone if extra.clock else 'auto') }}
{%- if extra.clock and extra.clock.custom %}
{{- item('dateTime.timezone.custom', extra.clock.custom) }}
{%- endif %}
{{- item('dateTime.override.dhcp.allowOption2', yesNo(not timeZone)) }}
{{- item('language.gui', (locale.words.screen if locale) or 'auto') }}
{{- item('call.callWaiting.enable', yesNo(not options.get('switchboard'))) }}

{%- for place in linePlaces %}
{%- set account = 'account.' ~ place.number ~ '.' %}
{%- set line = place.line %}
{%- if line %}
{%- set servers = extra.servers[line.number] %}
{%- set dtmf = line.dtmf or 'RTP-out-of-band' %}

    {{- item(account ~ 'enable', 'Yes') }}
    {{- item(account ~ 'name', line.displayName) }}
    {{- item(account ~ 'sip.server.1.address', servers.first) }}
    {{- item(account ~ 'sip.server.2.address', servers.second) }}
    {{- item(account ~ 'sip.outboundProxy.1.address', servers.outboundProxy) }}
    {{- item(account ~ 'sip.transport', words.transportName[sip.transport]) }}
    {{- item(account ~ 'sip.userid', line.username) }}
    {{- item(account ~ 'sip.subscriber.userid', line.authUsername) }}
    {{- item(account ~ 'sip.subscriber.password', line.password) }}
    {{- item(account ~ 'sip.subscriber.name', line.displayName) }}
    {{- item(account ~ 'sip.accountDisplay', 'User Name') }}
    {{- item(account ~ 'sip.registration', 'Yes') }}
    {{- item(account ~ 'sip.unregisterOnReboot', 'Yes') }}
    {{- item(account ~ 'sip.allowSipReset', 'Yes') }}
    {{- item(account ~ 'sip.voicemail.number', line.voicemail or '') }}
    {{- item(account ~ 'sip.subscribe.forMwi', yesNo(sip.subscribeMwi)) }}
    {{- item(account ~ 'sip.blf.callPickup.prefix', codes.pickupCall or '**') }}
    {{- item(account ~ 'audio.srtpMode', words.srtpName[line.srtp]) }}
    {{- item(account ~ 'dtmf.sendInAudio', yesNo(words.dtmfInAudio[dtmf])) }}
    {{- item(account ~ 'dtmf.sendInRtp', yesNo(words.dtmfInRtp[dtmf])) }}
    {{- item(account ~ 'dtmf.sendInSip', yesNo(words.dtmfInSip[dtmf])) }}
    {{- item(account ~ 'call.dialplan', '{ [*x]+ }') }}
    {{- item(account ~ 'intercom.allowAutoAnswer', 'Yes') }}
    {{- item(account ~ 'featureCodes.callFeatures', 'No') }}
{%- else %}

    {{- item(account ~ 'enable', 'No') }}
    {%- for name in ['name', 'sip.server.1.address', 'sip.server.2.address', 'sip.outboundProxy.1.address', 'sip.userid',
                     'sip.subscriber.userid', 'sip.subscriber.password', 'sip.subscriber.name', 'sip.voicemail.number'] %}
    {{- item(account ~ name, '') }}
    {%- endfor %}
{%- endif %}
{%- endfor %}

{#- A virtual key counts its accounts from 0, a key beside the screen calls them by name. #}
{%- for place in keyPlaces %}
{%- set key = place.key %}
{%- set name = 'pks.' ~ place.kind ~ '.' ~ place.index ~ '.' %}
{%- set line = key.line if key else (place.line.number if place.line else none) %}
{%- set onScreen = place.kind == 'vpk' %}

    {{- item(name ~ 'account', (line or 1) - 1 if onScreen else 'Account' ~ (line or 1)) }}
    {{- item(name ~ 'keyMode', ('DialDTMF' if key.inCall else words.keyName[key.type]) if key else ('Line' if place.line and onScreen else 'None')) }}
    {{- item(name ~ 'description', (key.label or '') if key else '') }}
    {{- item(name ~ 'value', (key.value or '') if key else '') }}
{%- endfor %}
  </config>
</gs_provision>
