<?xml version="1.0" encoding="UTF-8"?>
<phonebooks>
  <contacts group_name="Default" editable="0">
{%- for key in keys if key.value %}
{%- set proxy = (lines | selectattr('number', 'equalto', key.line or 1) | first | default(sip)).proxy %}
    <contact first_name="{{ key.label or key.value }}" last_name=""
{%- if key.type == 'blf' and proxy %} subscribe_to="sip:{{ key.value }}@{{ proxy.host }}"{% endif %}>
      <numbers>
        <number dial="{{ key.value }}" label="Extension" primary="1" />
      </numbers>
    </contact>
{%- endfor %}
  </contacts>
</phonebooks>
