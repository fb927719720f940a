-- Version 1.
--
-- Tables that a plan depends on carry a seal: a checksum of the row, so that decay is an error and not a wrong plan.
-- They have no secondary index either: quick_check does not compare an index with its table.

-- Whose state this is. The lineage is given at creation and never changes.
CREATE TABLE identity (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    lineage  TEXT NOT NULL,
    created  TEXT NOT NULL,
    stack    TEXT,
    region   TEXT,
    account  TEXT,
    seal     INTEGER NOT NULL,
    CHECK ((stack IS NULL) = (region IS NULL) AND (stack IS NULL) = (account IS NULL))
) STRICT;

-- What exists, as it was after the last call.
CREATE TABLE resources (
    address    TEXT NOT NULL PRIMARY KEY,
    kind       TEXT NOT NULL,
    cloud_id   TEXT NOT NULL,
    properties TEXT NOT NULL CHECK (json_valid(properties) AND json_type(properties) = 'object'),
    outputs    TEXT NOT NULL CHECK (json_valid(outputs) AND json_type(outputs) = 'object'),
    depends_on TEXT NOT NULL CHECK (json_valid(depends_on) AND json_type(depends_on) = 'array'),
    seal       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Old ones whose successor exists already, in the order in which they were replaced.
CREATE TABLE deposed (
    position   INTEGER NOT NULL PRIMARY KEY,
    address    TEXT NOT NULL,
    kind       TEXT NOT NULL,
    cloud_id   TEXT NOT NULL,
    properties TEXT NOT NULL CHECK (json_valid(properties) AND json_type(properties) = 'object'),
    outputs    TEXT NOT NULL CHECK (json_valid(outputs) AND json_type(outputs) = 'object'),
    depends_on TEXT NOT NULL CHECK (json_valid(depends_on) AND json_type(depends_on) = 'array'),
    seal       INTEGER NOT NULL
) STRICT;

-- What compiling had to know of the account, one document.
CREATE TABLE facts (
    only_row   INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    document   TEXT NOT NULL CHECK (json_valid(document)),
    remembered TEXT NOT NULL,
    seal       INTEGER NOT NULL
) STRICT;

-- Who did what, when. A run without an outcome is going on, or its process died.
CREATE TABLE runs (
    number     INTEGER NOT NULL PRIMARY KEY CHECK (number > 0),
    uuid       TEXT NOT NULL,
    command    TEXT NOT NULL,
    version    TEXT NOT NULL,
    user       TEXT NOT NULL,
    host       TEXT NOT NULL,
    pid        INTEGER NOT NULL,
    began      TEXT NOT NULL,
    stack_text TEXT,
    plan       TEXT,
    ended      TEXT,
    outcome    TEXT CHECK (outcome IN ('complete', 'failed', 'interrupted', 'broken_off')),
    report     TEXT,
    api_calls  INTEGER,
    seconds    REAL,
    CHECK ((ended IS NULL) = (outcome IS NULL))
) STRICT;

-- What a run did with each resource, in the order in which it was told.
CREATE TABLE changes (
    run      INTEGER NOT NULL REFERENCES runs (number),
    position INTEGER NOT NULL,
    address  TEXT NOT NULL,
    action   TEXT NOT NULL,
    status   TEXT NOT NULL CHECK (status IN ('done', 'failed', 'skipped', 'unfinished')),
    error    TEXT,
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

-- The write-ahead journal. Without an outcome, or with an unknown one, an intent is open: nobody knows whether its
-- call took effect. The seal covers the intent, not what came of it.
CREATE TABLE journal (
    run       INTEGER NOT NULL REFERENCES runs (number),
    step      INTEGER NOT NULL CHECK (step >= 0),
    address   TEXT NOT NULL,
    kind      TEXT NOT NULL,
    action    TEXT NOT NULL,
    operation TEXT NOT NULL,
    token     TEXT NOT NULL,
    digest    TEXT NOT NULL,
    cloud_id  TEXT,
    since     TEXT NOT NULL,
    seal      INTEGER NOT NULL,
    outcome   TEXT CHECK (outcome IN ('done', 'accepted', 'failed', 'unknown', 'explained')),
    detail    TEXT,
    settled   TEXT,
    PRIMARY KEY (run, step),
    CHECK ((outcome IS NULL) = (settled IS NULL))
) STRICT, WITHOUT ROWID;
