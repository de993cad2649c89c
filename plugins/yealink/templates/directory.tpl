<?xml version="1.0" encoding="UTF-8"?>
<root_favorite_set>
{%- for id, name in [('localdirectory', 'Local Directory'), ('history', 'History'), ('networkcalllog', 'Network Call Log'),
                     ('remotedirectory', 'Remote Directory'), ('ldap', 'LDAP'), ('networkdirectory', 'Network Directory')] %}
  <item id_name="{{ id }}" display_name="{{ name }}" priority="{{ loop.index }}" enable="{{ 1 if id == 'remotedirectory' else 0 }}" />
{%- endfor %}
</root_favorite_set>
