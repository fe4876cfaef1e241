"""The companion site: a folder of plain files that any web server, or none, can show.

``model`` holds the papers and where each stands, ``environment`` the templates, ``front``,
``lists``, ``papers`` and ``fixed`` the pages; ``build`` puts them together as `SiteFile` objects,
and ``folder`` writes those whose inputs have changed.
"""
