<?xml version="1.0" encoding="UTF-8" ?>
{#- What needs a second image is told with the first where that is. #}
<firmware-settings>
{%- if model and model.images %}
{%- set home = server.url ~ '/' %}
{%- if model.images | length > 1 %}
  <firmware perm="">{{ home ~ model.images[0] ~ '?chained_url=' ~ home ~ model.images[1] }}</firmware>
{%- else %}
  <firmware perm="">{{ home ~ model.images[0] }}</firmware>
{%- endif %}
{%- endif %}
</firmware-settings>
