// Browsers let no page read its neighbours on a disk, which the summaries of results are made from.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
