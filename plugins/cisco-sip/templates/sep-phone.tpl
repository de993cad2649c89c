{%- from 'sep.tpl' import callFeatures, callManager, dateTimeSetting, directory, dtmfWays, loadInformation, locales, phonePassword, serviceUris,
  sipStack, transports -%}
{%- set used = linePlaces | selectattr('line') | map(attribute='line') | list %}
{%- set first = used[0] if used else none %}
{%- set main = first.proxy if first else sip.proxy %}
{%- set backup = first.backupProxy if first else sip.backupProxy %}
{%- set outbound = first.outboundProxy if first else sip.outboundProxy %}

{#- A line registers with the servers of all lines, unless it has another one. -#}
{% macro lineServer(line) %}
{%- set own = line.proxy if line.proxy and main and (line.proxy.host, line.proxy.port) != (main.host, main.port) %}
        <proxy>{{ own.host if own else 'USECALLMANAGER' }}</proxy>
        <port>{{ (line.proxy.port if line.proxy) or (5061 if own and sip.transport == 'tls' else 5060) }}</port>
{%- endmacro %}

{#- Whether the port that is configured is that of TLS or not, the transport says. -#}
{% macro manager(priority, server) %}
{{- callManager(priority, server.host, {
  'ethernetPhonePort': 2000,
  'sipPort': server.port or 5060,
  'securedSipPort': (server.port if sip.transport == 'tls') or 5061,
}) }}
{%- endmacro -%}

<device>
  <fullConfig>true</fullConfig>
  <deviceProtocol>SIP</deviceProtocol>
  <sshUserId>{{ admin.username or 'admin' }}</sshUserId>
  <sshPassword>{{ admin.password or '' }}</sshPassword>
  <devicePool>
{{- dateTimeSetting(timeZone, ntp) }}
    <callManagerGroup>
      <members>
{%- if main %}{{ manager(0, main) }}{% endif %}
{%- if backup %}{{ manager(1, backup) }}{% endif %}
      </members>
    </callManagerGroup>
  </devicePool>
  <sipProfile>
    <sipProxies>
{%- if backup %}
      <backupProxy>{{ backup.host }}</backupProxy>
      <backupProxyPort>{{ backup.port or '' }}</backupProxyPort>
{%- endif %}
      <outboundProxy>{{ outbound.host if outbound }}</outboundProxy>
      <outboundProxyPort>{{ outbound.port or '' if outbound }}</outboundProxyPort>
      <registerWithProxy>true</registerWithProxy>
    </sipProxies>
    <sipCallFeatures>
      <cnfJoinEnabled>true</cnfJoinEnabled>
      <callForwardURI>x-serviceuri-cfwdall</callForwardURI>
{{- serviceUris(codes.pickupGroup) }}
{{- callFeatures() }}
      <dndControl>1</dndControl>
    </sipCallFeatures>
{{- sipStack('None') }}
    <autoAnswerTimer>1</autoAnswerTimer>
    <autoAnswerAltBehavior>false</autoAnswerAltBehavior>
    <autoAnswerOverride>true</autoAnswerOverride>
    <transferOnhookEnabled>true</transferOnhookEnabled>
    <enableVad>false</enableVad>
    <preferredCodec>none</preferredCodec>
    <dtmfAvtPayload>101</dtmfAvtPayload>
    <dtmfDbLevel>3</dtmfDbLevel>
    <dtmfOutofBand>{{ dtmfWays[sip.dtmf] if sip.dtmf else 'avt' }}</dtmfOutofBand>
    <alwaysUsePrimeLine>false</alwaysUsePrimeLine>
    <alwaysUsePrimeLineVoiceMail>false</alwaysUsePrimeLineVoiceMail>
    <kpml>3</kpml>
    <phoneLabel>{{ first.displayName if first }}</phoneLabel>
    <stutterMsgWaiting>1</stutterMsgWaiting>
    <callStats>false</callStats>
    <silentPeriodBetweenCallWaitingBursts>10</silentPeriodBetweenCallWaitingBursts>
    <disableLocalSpeedDialConfig>false</disableLocalSpeedDialConfig>
    <sipLines>
{%- for line in used %}
      <line button="{{ line.number }}" lineIndex="{{ line.number }}">
        <featureID>9</featureID>
        <featureLabel>{{ line.extension or line.username }}</featureLabel>
{{- lineServer(line) }}
        <name>{{ line.username }}</name>
        <displayName>{{ line.displayName }}</displayName>
        <contact>{{ line.extension or line.username }}</contact>
        <authName>{{ line.authUsername }}</authName>
        <authPassword>{{ line.password }}</authPassword>
{%- if line.voicemail %}
        <messagesNumber>{{ line.voicemail }}</messagesNumber>
{%- endif %}
        <messageWaitingLampPolicy>1</messageWaitingLampPolicy>
        <autoAnswer>
          <autoAnswerEnabled>2</autoAnswerEnabled>
        </autoAnswer>
        <callWaiting>3</callWaiting>
        <maxNumCalls>5</maxNumCalls>
        <busyTrigger>5</busyTrigger>
        <sharedLine>false</sharedLine>
        <ringSettingIdle>4</ringSettingIdle>
        <ringSettingActive>5</ringSettingActive>
        <forwardCallInfoDisplay>
          <callerName>true</callerName>
          <callerNumber>false</callerNumber>
          <redirectedNumber>false</redirectedNumber>
          <dialedNumber>true</dialedNumber>
        </forwardCallInfoDisplay>
      </line>
{%- endfor %}
{#- Lines and keys share the buttons: the first key is on the one after the last line. #}
{%- set taken = used[-1].number if used else 0 %}
{%- for key in keys if key.value and (not model or taken + key.position <= model['keys']) %}
      <line button="{{ taken + key.position }}" lineIndex="{{ taken + key.position }}">
        <featureID>{{ words.sepKey[key.type] }}</featureID>
        <featureLabel>{{ key.label or key.value }}</featureLabel>
        <speedDialNumber>{{ key.value }}</speedDialNumber>
{%- if key.type == 'blf' %}
        <featureOptionMask>1</featureOptionMask>
{%- endif %}
      </line>
{%- endfor %}
    </sipLines>
    <externalNumberMask>{{ first.extension or first.username if first }}</externalNumberMask>
    <voipControlPort>{{ main.port or 5060 if main else 5060 }}</voipControlPort>
    <startMediaPort>10000</startMediaPort>
    <stopMediaPort>50000</stopMediaPort>
    <dscpForAudio>184</dscpForAudio>
    <dscpVideo>136</dscpVideo>
    <ringSettingBusyStationPolicy>0</ringSettingBusyStationPolicy>
    <dialTemplate>dialplan.xml</dialTemplate>
    <softKeyFile>SoftKeys.xml</softKeyFile>
  </sipProfile>
  <commonProfile>
{{- phonePassword(admin) }}
    <backgroundImageAccess>true</backgroundImageAccess>
    <callLogBlfEnabled>2</callLogBlfEnabled>
  </commonProfile>
{{- loadInformation(model) }}
  <vendorConfig>
    <disableSpeaker>false</disableSpeaker>
    <disableSpeakerAndHeadset>false</disableSpeakerAndHeadset>
    <pcPort>0</pcPort>
    <settingsAccess>1</settingsAccess>
    <garp>0</garp>
    <autoSelectLineEnable>0</autoSelectLineEnable>
    <webAccess>0</webAccess>
{#- Dark at the weekend and at night; 1 is Sunday. #}
{%- for part in ['Display', 'Backlight'] %}
{%- set name = part | lower %}
    <days{{ part }}NotActive>1,7</days{{ part }}NotActive>
    <{{ name }}OnTime>08:00</{{ name }}OnTime>
    <{{ name }}OnDuration>10:00</{{ name }}OnDuration>
    <{{ name }}IdleTimeout>00:10</{{ name }}IdleTimeout>
    <{{ name }}OnWhenIncomingCall>1</{{ name }}OnWhenIncomingCall>
{%- endfor %}
    <displayRefreshRate>0</displayRefreshRate>
    <joinAndDirectTransferPolicy>0</joinAndDirectTransferPolicy>
    <spanToPCPort>1</spanToPCPort>
    <loggingDisplay>1</loggingDisplay>
    <loadServer></loadServer>
    <videoCapability>1</videoCapability>
    <rtcp>1</rtcp>
    <videoRtcp>1</videoRtcp>
    <ciscoCamera>1</ciscoCamera>
    <hideVideoByDefault>0</hideVideoByDefault>
    <softKeyControl>1</softKeyControl>
  </vendorConfig>
{{- locales(locale) }}
  <networkLocaleInfo>
    <name></name>
    <uid></uid>
    <version>1.0.0.0-1</version>
  </networkLocaleInfo>
  <deviceSecurityMode>1</deviceSecurityMode>
{#- The phone puts what it asks for behind the URL, after a question mark or, as here, after an ampersand. #}
  <directoryURL>{{ directory(phoneBook) ~ '&' if phoneBook and phoneBook.userUuid }}</directoryURL>
  <dscpForSCCPPhoneConfig>96</dscpForSCCPPhoneConfig>
  <dscpForSCCPPhoneServices>0</dscpForSCCPPhoneServices>
  <dscpForCm2Dvce>96</dscpForCm2Dvce>
  <transportLayerProtocol>{{ transports[sip.transport] }}</transportLayerProtocol>
  <dndCallAlert>1</dndCallAlert>
  <dndReminderTimer>5</dndReminderTimer>
  <capfAuthMode>0</capfAuthMode>
  <capfList>
    <capf>
      <phonePort>3804</phonePort>
    </capf>
  </capfList>
  <certHash></certHash>
  <encrConfig>false</encrConfig>
  <addOnModules></addOnModules>
</device>
