{% include 'certificates.tpl' %}
