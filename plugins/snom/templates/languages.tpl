{#- Languages by the names that `locales.screen` has for them, and where they are. -#}
{%- set known = { 'DE': 'Deutsch', 'EN': 'English', 'ES': 'Espanol', 'FR': 'Français', 'IT': 'Italiano', 'NL': 'Dutch' } -%}
{%- macro list(element, file) -%}
<{{ element }}>
{%- for code, name in known.items() %}
  <language url="{{ server.url }}/i18n/{{ file }}_{{ code }}.xml" name="{{ name }}"/>
{%- endfor %}
</{{ element }}>
{%- endmacro %}
