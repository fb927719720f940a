-- Version 2: columns are called what they are. Their content stays.

ALTER TABLE identity  RENAME COLUMN seal TO checksum;
ALTER TABLE resources RENAME COLUMN seal TO checksum;
ALTER TABLE deposed   RENAME COLUMN seal TO checksum;
ALTER TABLE facts     RENAME COLUMN seal TO checksum;
ALTER TABLE facts     RENAME COLUMN remembered TO recorded;
ALTER TABLE journal   RENAME COLUMN seal TO checksum;
