"""Who can get into what, through which group, since when, by which request: as a value and in four forms.

``model`` is the answer as plain values, whoever collected them; ``tables`` writes it as text rows, CSV and
JSON, ``page`` as one HTML file that needs nothing else.
"""
