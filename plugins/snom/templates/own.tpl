<?xml version="1.0" encoding="UTF-8" ?>
{#- What a phone or base reads after the file of its model: where its own settings are. #}
{%- set settings = files['phone.tpl'] or files['dect.tpl'] %}
<setting-files>
  <file url="{{ server.url }}/{{ settings }}"/>
</setting-files>
