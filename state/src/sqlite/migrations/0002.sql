-- Version 2: columns are called what they are, and what exists says where.
--
-- Rows of resources, deposed and journal get the account and the region of their resource. Their checksums cover both,
-- so the rows are copied by `migration_2.rs`, which checks each of them first and then drops the tables of version 1.

ALTER TABLE identity RENAME COLUMN seal TO checksum;
ALTER TABLE facts    RENAME COLUMN seal TO checksum;
ALTER TABLE facts    RENAME COLUMN remembered TO recorded;

ALTER TABLE resources RENAME TO resources_1;
ALTER TABLE deposed   RENAME TO deposed_1;
ALTER TABLE journal   RENAME TO journal_1;

-- What exists, as it was after the last call. What belongs to no region has none.
CREATE TABLE resources (
    address    TEXT NOT NULL PRIMARY KEY,
    kind       TEXT NOT NULL,
    account    TEXT NOT NULL,
    region     TEXT,
    cloud_id   TEXT NOT NULL,
    properties TEXT NOT NULL CHECK (json_valid(properties) AND json_type(properties) = 'object'),
    outputs    TEXT NOT NULL CHECK (json_valid(outputs) AND json_type(outputs) = 'object'),
    depends_on TEXT NOT NULL CHECK (json_valid(depends_on) AND json_type(depends_on) = 'array'),
    checksum   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Old ones whose successor exists already, in the order in which they were replaced.
CREATE TABLE deposed (
    position   INTEGER NOT NULL PRIMARY KEY,
    address    TEXT NOT NULL,
    kind       TEXT NOT NULL,
    account    TEXT NOT NULL,
    region     TEXT,
    cloud_id   TEXT NOT NULL,
    properties TEXT NOT NULL CHECK (json_valid(properties) AND json_type(properties) = 'object'),
    outputs    TEXT NOT NULL CHECK (json_valid(outputs) AND json_type(outputs) = 'object'),
    depends_on TEXT NOT NULL CHECK (json_valid(depends_on) AND json_type(depends_on) = 'array'),
    checksum   INTEGER NOT NULL
) STRICT;

-- The write-ahead journal. Without an outcome, or with an unknown one, an intent is open: nobody knows whether its
-- call took effect. The checksum covers the intent, not what came of it.
CREATE TABLE journal (
    run       INTEGER NOT NULL REFERENCES runs (number),
    step      INTEGER NOT NULL CHECK (step >= 0),
    address   TEXT NOT NULL,
    kind      TEXT NOT NULL,
    account   TEXT NOT NULL,
    region    TEXT,
    action    TEXT NOT NULL,
    operation TEXT NOT NULL,
    token     TEXT NOT NULL,
    digest    TEXT NOT NULL,
    cloud_id  TEXT,
    since     TEXT NOT NULL,
    checksum  INTEGER NOT NULL,
    outcome   TEXT CHECK (outcome IN ('done', 'accepted', 'failed', 'unknown', 'explained')),
    detail    TEXT,
    settled   TEXT,
    PRIMARY KEY (run, step),
    CHECK ((outcome IS NULL) = (settled IS NULL))
) STRICT, WITHOUT ROWID;
