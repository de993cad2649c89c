<device>{% for line in lines %}<line>{{ line.username }}</line>{% endfor %}</device>
