<?xml version="1.0" encoding="UTF-8" ?>
{#- What a phone reads first. Its own settings come after it, from the file that is called by its address. #}
<setting-files>
{%- for template in ['gui-languages.tpl', 'web-languages.tpl'] if files[template] %}
  <file url="{{ server.url }}/{{ files[template] }}"/>
{%- endfor %}
</setting-files>
