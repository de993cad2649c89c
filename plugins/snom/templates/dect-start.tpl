<?xml version="1.0" encoding="utf-8" ?>
{#- What a base reads first. Its own settings come after it, from the file that is called by its address. #}
<setting-files>
  <file url="{{ server.url }}/{{ files['dect-firmware.tpl'] }}"/>
</setting-files>
