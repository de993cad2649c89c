{% include 'flat-profile-start.tpl' %}
