<?xml version="1.0" encoding="ISO-8859-1"?>
{%- from 'items.tpl' import number, text, bytes, port, netdir, network, clock %}
{%- set mac = device.mac | replace(':', '') | upper if device.mac else '' %}
{%- set book = phoneBook if phoneBook and phoneBook.userUuid else none %}
{%- set data = 'BS_IP_Data' %}
{%- set voip = 'BS_VOIP_Data' %}
<ProviderFrame xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="N720_general.xsd">
  <Provider>
    <MAC_ADDRESS value="{{ mac }}"/>
    <PROFILE_NAME class="string" value="N720"/>
{%- if model and model.images %}
{%- for part in ['IWU', 'SAT'] %}
{%- set image = model.images[loop.index0] %}
{%- set name = 'server_einstein_iwu117.bin' if part == 'IWU' else image.split('/')[-1] %}
    <S_SPECIAL_DATA_SRV_{{ part }} class="string" value='"{{ server.url }}/{{ image }}?mac={{ mac }}&amp;{{ name }}"'/>
{%- endfor %}
{#- The base installs what it was told of by itself. #}
{{- number(data ~ '.KindOfPlannedUpdate', 1) }}
{{- number(data ~ '.PlannedUpdateTime', 0x648) }}
{%- endif %}
{{- text(data ~ '.aucS_NETWORK_DEVICENAME[%]', 'N720-DM-PRO') }}
{{- text(data ~ '.aucS_DATA_SERVER[%]', server.url) }}
{{- number('BS_RAP.astRAPServices[1].ActivateService', 0) }}
{{- number('BS_CUSTOM.bit.UseRandomRegistrationPIN', 0) }}
{%- if extra.pin %}
{{- bytes('BS_CUSTOM.aucKdsPin[%]', '0x%s,0x%s' % (extra.pin[0], extra.pin[1])) }}
{%- endif %}
{{- network(data, extra, vlan) }}
{{- number(data ~ '.ucB_ACCEPT_FOREIGN_SUBNET', 0) }}
{{- number(data ~ '.ucB_AUTO_UPDATE_FW', 0) }}
{{- number(data ~ '.ucI_REMINDER_FW_UPDATE', 0) }}
{{- number(data ~ '.ucB_DO_CHECK_FOR_FIRMWARE_UPDATES', 0) }}
{{- number(data ~ '.ucB_DO_CHECK_FOR_PROFILE_UPDATES', 1) }}
{{- number(data ~ '.ucB_DO_CHECK_FOR_LANGUAGE_UPDATES', 1) }}
{{- number(data ~ '.ucI_HTTPLANGUAGE', (locale.words.web if locale) or 1) }}
{{- number(data ~ '.ucB_TIME_USE_AUTOMATIC_NTP_SYN', 1 if ntp else 0) }}
{{- number(data ~ '.uiI_TIME_COUNTRY', 0xff) }}
{{- number(data ~ '.ucI_DIALING_PLAN_COUNTRY_ID', 0xff) }}
{{- clock(data, '[%]', extra, timeZone, ntp) }}
{{- netdir(book, '[%]', {'login': 0, 'lookup': false, 'mac': 1}) }}

{{- text(voip ~ '.aucS_HOOK_FLASH_APPL_TYPE[%]', 'dtmf-relay') }}
{{- text(voip ~ '.aucS_HOOK_FLASH_SIGNAL[%]', '16') }}
{{- number(voip ~ '.ucB_CTO_REFER_TO_PREFERRED_CONTACT', 1) }}
{{- number(voip ~ '.ucB_CTO_REFER_TO_AUTOMATIC', 1) }}
{{- number(voip ~ '.ucB_VOIP_CALLWAITING_STATUS', 1) }}
{{- number(voip ~ '.ucB_ATTENDED_CALL_TRANS_HOLD_TARGET', 1) }}
{{- number(voip ~ '.ucB_UNATTENDED_CALL_TRANS_HOLD_TARGET', 0) }}
{{- number(voip ~ '.ucB_USE_R_KEY_FOR_CALL_TRANSFER', 1) }}
{{- number(voip ~ '.ucI_DTMF_TX_RTP_PAYLOAD_TYPE', 101) }}
{{- number(voip ~ '.ucB_DTMF_TX_MODE_AUTO', 0 if sip.dtmf else 1) }}
{%- if sip.dtmf %}
{{- number(voip ~ '.ucI_DTMF_TX_MODE_BITS', words.dtmf[sip.dtmf]) }}
{%- endif %}
{{- bytes(voip ~ '.ucI_SIP_AVAILABLE_VOCODER[%]', '0x01,0x00,0x02,0x03,0x05') }}
{{- bytes(voip ~ '.ucI_SIP_PREDEFINED_VOCODER[%]', '0x05,0x00,0x01,0x02,0x03') }}
{{- number(voip ~ '.NameOnIdleDisplay', 1) }}

{%- for provider in extra.providers %}
{%- set name = '%s.astVoipProviders[%s]' % (voip, provider.number - 1) %}
{%- set registrar = provider.registrar or provider.proxy %}
{{- text(name ~ '.aucSIP_PROVIDER_NAME[%]', 'WazoPBX') }}
{{- text(name ~ '.aucSIP_DOMAIN[%]', provider.proxy.host if provider.proxy) }}
{{- text(name ~ '.aucSIP_SERVER[%]', provider.proxy.host if provider.proxy) }}
{{- number(name ~ '.uiSIP_SERVER_PORT', port(provider.proxy) | int) }}
{{- text(name ~ '.aucSIP_REGISTRAR[%]', registrar.host if registrar) }}
{{- number(name ~ '.uiSIP_REGISTRAR_PORT', port(registrar) | int) }}
{{- number(name ~ '.uiRE_REGISTRATION_TIMER', 180) }}
{#- 0 always, 2 never. #}
{{- number(name ~ '.ucOUTBOUND_PROXY_MODE', 0 if provider.outboundProxy else 2) }}
{{- text(name ~ '.aucOUTBOUND_PROXY[%]', provider.outboundProxy.host if provider.outboundProxy) }}
{{- number(name ~ '.uiOUTBOUND_PROXY_PORT', port(provider.outboundProxy) | int) }}
{{- number(name ~ '.ucSIP_PREFERRED_TRANSPORT_LAYER', words.protocol[sip.transport]) }}
{{- number(name ~ '.ucSIP_USE_STUN', 0) }}
{{- number(name ~ '.uiNAT_REFRESH_TIME', 20) }}
{%- endfor %}
{#- One code for a service: the server knows whether it is on. #}
{%- for service, code in [('DND', codes.dnd), ('CFU', codes.forwardUnconditional), ('CFB', codes.forwardBusy), ('CFNR', codes.forwardNoAnswer)] if code %}
{{- text('%s.astVoipProviders[%%].NetCode%s_ON[%%]' % (voip, service), code) }}
{{- text('%s.astVoipProviders[%%].NetCode%s_OFF[%%]' % (voip, service), code) }}
{%- endfor %}

{%- for place in linePlaces %}
{%- set line = place.line %}
{%- set name = '%s.astVoipAccounts[%s]' % (voip, place.number - 1) %}
{{- number(name ~ '.ucB_SIP_ACCOUNT_IS_ACTIVE_1', 1 if line else 0) }}
{%- if line %}
{{- number(name ~ '.ucVoipProviderIndex', line.serverSet - 1) }}
{{- text(name ~ '.aucS_SIP_DISPLAYNAME[0]', (line.extension ~ ' ' if line.extension else '') ~ line.displayName) }}
{{- text(name ~ '.aucS_SIP_LOGIN_ID[0]', line.authUsername) }}
{{- text(name ~ '.aucS_SIP_PASSWORD[0]', line.password) }}
{{- text(name ~ '.aucS_SIP_USER_ID[0]', line.username) }}
{{- text(name ~ '.aucS_VOIP_NET_AM_NUMBER_1[%]', line.voicemail) }}
{{- number(name ~ '.ucB_VOIP_NET_AM_ENABLED_1', 1 if line.voicemail else 0) }}
{%- endif %}
{%- endfor %}
  </Provider>
</ProviderFrame>
