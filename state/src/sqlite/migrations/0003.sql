-- Version 3: the events of runs, and the epoch of the lease.

-- What was told while a run went on. Nothing rests on it, so it carries no checksum and refers to no run: no event is
-- a reason for a write to fail.
CREATE TABLE events (
    run   INTEGER NOT NULL,
    seq   INTEGER NOT NULL,
    time  TEXT NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;

-- Grows by one whenever somebody opens the state for writing. Who writes under an older one has lost the lease.
CREATE TABLE lease (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    epoch    INTEGER NOT NULL CHECK (epoch >= 0)
) STRICT;

INSERT INTO lease (only_row, epoch) VALUES (1, 0);
