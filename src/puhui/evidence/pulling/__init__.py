"""Evidence pulled from a source's API: a tax bureau's line, a register, a platform, each described by a file and none by code.

`sources` is what a source is, `source_files` reads its description, `transport` asks one question over HTTP, `client` asks it politely
and patiently, `breaker` knows when to stop asking, `pages` puts the pages together, `shape` holds the rows against what was agreed, and
`actions.pull` does it all for one firm under its consent. The rows then go the way of every file, with the same checks and faults.
"""
