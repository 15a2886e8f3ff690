"""One module a measure: TITLE, METHOD, COLUMNS and run(), which returns rows."""
