{#- URLs of the directory that phones look people up in, as wazo-phoned has them. As expressions: they are escaped where they are written. -#}
{% macro lookup(book, dialect, query) -%}
{{ book.url ~ '/0.1/directories/lookup/' ~ book.profile ~ '/' ~ dialect ~ '?xivo_user_uuid=' ~ book.userUuid ~ '&' ~ query }}
{%- endmacro %}
{#- The list of what there is to look up in, for phones that begin with one. -#}
{% macro menu(book, dialect) -%}
{{ book.url ~ '/0.1/directories/menu/' ~ book.profile ~ '/' ~ dialect ~ '?xivo_user_uuid=' ~ book.userUuid }}
{%- endmacro %}
{#- The form in which a phone asks whom it shall look up. -#}
{% macro input(book, dialect) -%}
{{ book.url ~ '/0.1/directories/input/' ~ book.profile ~ '/' ~ dialect ~ '?xivo_user_uuid=' ~ book.userUuid }}
{%- endmacro %}
{% macro service(book, dialect, name, action) -%}
{{ book.url ~ '/0.1/' ~ dialect ~ '/users/' ~ book.userUuid ~ '/services/' ~ name ~ '/' ~ action }}
{%- endmacro %}
