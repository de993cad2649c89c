<?xml version="1.0" encoding="UTF-8" ?>
{%- from 'languages.tpl' import list with context %}
{{ list('web-languages', 'web_lang') }}
