{#- What Cisco's phones of the call manager read alike in SEP{MAC}.cnf.xml, whether they speak SCCP or SIP. -#}
{% from 'phone-book.tpl' import menu %}

{#-
  Names of time zones that these phones know, by the rule of their summer time and the offset in minutes. Which zones of the world have the
  same clocks is a matter of their rules; those of names are as old as the firmware, so that no name is used whose rule is no law any more.
-#}
{% set names = {
  'none': {
    '-720': 'Dateline Standard Time',
    '-660': 'Samoa Standard Time',
    '-600': 'Hawaiian Standard Time',
    '-420': 'US Mountain Standard Time',
    '-360': 'Canada Central Standard Time',
    '-300': 'SA Pacific Standard Time',
    '-240': 'SA Western Standard Time',
    '-180': 'SA Eastern Standard Time',
    '0': 'Greenwich Standard Time',
    '120': 'South Africa Standard Time',
    '180': 'Saudi Arabia Standard Time',
    '240': 'Arabian Standard Time',
    '270': 'Afghanistan Standard Time',
    '300': 'West Asia Standard Time',
    '330': 'India Standard Time',
    '360': 'Central Asia Standard Time',
    '420': 'SE Asia Standard Time',
    '480': 'Taipei Standard Time',
    '540': 'Tokyo Standard Time',
    '570': 'AUS Central Standard Time',
    '600': 'West Pacific Standard Time',
    '660': 'Central Pacific Standard Time',
    '720': 'Fiji Standard Time',
  },
  '3.2.7-11.1.7': {
    '-540': 'Alaskan Standard/Daylight Time',
    '-480': 'Pacific Standard/Daylight Time',
    '-420': 'Mountain Standard/Daylight Time',
    '-360': 'Central Standard/Daylight Time',
    '-300': 'Eastern Standard/Daylight Time',
    '-240': 'Atlantic Standard/Daylight Time',
    '-210': 'Newfoundland Standard/Daylight Time',
  },
  '3.last.7-10.last.7': {
    '-60': 'Azores Standard/Daylight Time',
    '0': 'GMT Standard/Daylight Time',
    '60': 'Central Europe Standard/Daylight Time',
    '120': 'E. Europe Standard/Daylight Time',
  },
  '3.4.4-10.last.7': { '120': 'Jerusalem Standard/Daylight Time' },
  '4.last.5-10.last.4': { '120': 'Egypt Standard/Daylight Time' },
  '10.1.7-4.1.7': {
    '570': 'Cen. Australia Standard/Daylight Time',
    '600': 'AUS Eastern Standard/Daylight Time',
  },
  '9.last.7-4.1.7': { '720': 'New Zealand Standard/Daylight Time' },
} %}

{#- Offsets that no name has, or none without a summer time of its own: the name that is nearest in winter. -#}
{% set nearest = {
  '-570': 'Hawaiian Standard Time',
  '-540': 'Alaskan Standard/Daylight Time',
  '-480': 'Pacific Standard/Daylight Time',
  '-120': 'Mid-Atlantic Standard/Daylight Time',
  '-60': 'Azores Standard/Daylight Time',
  '60': 'Central Europe Standard/Daylight Time',
  '210': 'Iran Standard/Daylight Time',
  '345': 'India Standard Time',
  '390': 'Central Asia Standard Time',
  '525': 'Tokyo Standard Time',
  '630': 'AUS Eastern Standard/Daylight Time',
  '765': 'New Zealand Standard/Daylight Time',
  '780': 'Fiji Standard Time',
  '840': 'Fiji Standard Time',
} %}

{#- Where there is no name for the clocks of a zone, firmware that knows IANA's goes by that. -#}
{% macro dateTimeSetting(timeZone, ntp) %}
    <dateTimeSetting>
      <dateTemplate>D-M-YA</dateTemplate>
{%- if timeZone %}
{%- set minutes = (timeZone.standardOffset // 60) | string %}
{%- set daylight = timeZone.daylight %}
{%- set rule = '%s.%s.%s-%s.%s.%s' % (
  daylight.start.month, daylight.start.week, daylight.start.weekday, daylight.end.month, daylight.end.week, daylight.end.weekday
) if daylight else 'none' %}
{%- set name = names.get(rule, {}).get(minutes) if not daylight or daylight.saving == 3600 %}
      <timeZone>{{ name or names.none.get(minutes) or nearest.get(minutes, 'Greenwich Standard Time') }}</timeZone>
{%- if not name %}
      <olsonTimeZone>{{ timeZone.canonical }}</olsonTimeZone>
{%- endif %}
{%- else %}
      <timeZone>Eastern Standard/Daylight Time</timeZone>
{%- endif %}
      <ntps>
{%- if ntp %}
        <ntp>
          <name>{{ ntp.host }}</name>
          <ntpMode>Unicast</ntpMode>
        </ntp>
{%- endif %}
      </ntps>
    </dateTimeSetting>
{%- endmacro %}

{#- Of several, 0 is tried first. -#}
{% macro callManager(priority, host, ports) %}
        <member priority="{{ priority }}">
          <callManager>
            <processNodeName>{{ host }}</processNodeName>
            <ports>
{%- for name, port in ports.items() %}
              <{{ name }}>{{ port }}</{{ name }}>
{%- endfor %}
            </ports>
          </callManager>
        </member>
{%- endmacro %}

{#- The image that the phone shall run is called like its file. -#}
{% macro loadInformation(model) %}
  <loadInformation>{{ model.images[0].rsplit('.', 1)[0] if model and model.images }}</loadInformation>
{%- endmacro %}

{#- Who knows the password may change the settings in the phone's menu. -#}
{% macro phonePassword(admin) %}
{%- if admin.password %}
    <phonePassword>{{ admin.password }}</phonePassword>
{%- endif %}
{%- endmacro %}

{#- Folders of the locale packages: languages that there are packages of, and countries. -#}
{% set languages = {
  'de': 'german_germany',
  'en': 'english_united_states',
  'es': 'spanish_spain',
  'fr': 'french_france',
} %}
{% set countries = {
  'AT': 'austria',
  'AU': 'australia',
  'BE': 'belgium',
  'BR': 'brazil',
  'CA': 'canada',
  'CH': 'switzerland',
  'DE': 'germany',
  'DK': 'denmark',
  'ES': 'spain',
  'FI': 'finland',
  'FR': 'france',
  'GB': 'united_kingdom',
  'GR': 'greece',
  'IE': 'ireland',
  'IT': 'italy',
  'LU': 'luxembourg',
  'MX': 'mexico',
  'NL': 'netherlands',
  'NO': 'norway',
  'NZ': 'new_zealand',
  'PL': 'poland',
  'PT': 'portugal',
  'SE': 'sweden',
  'US': 'united_states',
} %}

{#- Words on the screen by the language, tones by the country. -#}
{% macro locales(locale) %}
{%- if locale and locale.language in languages %}
  <userLocale>
    <name>i18n/{{ languages[locale.language] }}</name>
    <langCode>{{ locale.language }}</langCode>
  </userLocale>
{%- endif %}
{%- if locale and locale.country in countries %}
  <networkLocale>i18n/{{ countries[locale.country] }}</networkLocale>
{%- endif %}
{%- endmacro %}

{#- As an expression. -#}
{% macro directory(phoneBook) -%}
{{ menu(phoneBook, 'cisco') if phoneBook and phoneBook.userUuid }}
{%- endmacro %}

{#- Digits within the sound, or as events (RFC 4733): there is no SIP INFO. -#}
{% set transports = { 'tcp': 1, 'udp': 2, 'tls': 3 } %}
{% set dtmfWays = { 'RTP-in-band': 'none', 'RTP-out-of-band': 'avt', 'SIP-INFO': 'avt' } %}

{#- What Cisco's own exchange is asked for where no code is dialled. -#}
{% macro serviceUris(pickupGroup) %}
      <callPickupURI>{{ pickupGroup or 'x-cisco-serviceuri-pickup' }}</callPickupURI>
      <callPickupListURI>x-cisco-serviceuri-opickup</callPickupListURI>
      <callPickupGroupURI>x-cisco-serviceuri-gpickup</callPickupGroupURI>
      <meetMeServiceURI>x-cisco-serviceuri-meetme</meetMeServiceURI>
      <abbreviatedDialURI>x-cisco-serviceuri-abbrdial</abbreviatedDialURI>
{%- endmacro %}

{#- How calls are held, transferred and refused. -#}
{% macro callFeatures() %}
      <rfc2543Hold>false</rfc2543Hold>
      <callHoldRingback>2</callHoldRingback>
      <localCfwdEnable>true</localCfwdEnable>
      <semiAttendedTransfer>true</semiAttendedTransfer>
      <anonymousCallBlock>2</anonymousCallBlock>
      <callerIdBlocking>2</callerIdBlocking>
      <remoteCcEnable>true</remoteCcEnable>
{%- endmacro %}

{#- Timers of SIP (RFC 3261, 17), in milliseconds and seconds, and who the user part of a contact is. -#}
{% macro sipStack(userInfo) %}
    <sipStack>
      <sipInviteRetx>6</sipInviteRetx>
      <sipRetx>10</sipRetx>
      <timerInviteExpires>180</timerInviteExpires>
      <timerRegisterExpires>3600</timerRegisterExpires>
      <timerRegisterDelta>5</timerRegisterDelta>
      <timerKeepAliveExpires>120</timerKeepAliveExpires>
      <timerSubscribeExpires>120</timerSubscribeExpires>
      <timerSubscribeDelta>5</timerSubscribeDelta>
      <timerT1>500</timerT1>
      <timerT2>4000</timerT2>
      <maxRedirects>70</maxRedirects>
      <remotePartyID>true</remotePartyID>
      <userInfo>{{ userInfo }}</userInfo>
    </sipStack>
{%- endmacro %}

{#- What is dialled is sent four seconds after the last digit. -#}
{% macro dialplan() -%}
<DIALTEMPLATE>
  <TEMPLATE MATCH="*" TIMEOUT="4"/>
</DIALTEMPLATE>
{%- endmacro %}
