-- One row: which engine owns the file. The epoch grows by every opening; position is the greatest one that was removed.
CREATE TABLE engine (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    epoch    INTEGER NOT NULL,
    position INTEGER NOT NULL,
    owner    TEXT NOT NULL
);
INSERT INTO engine (id, epoch, position, owner) VALUES (1, 0, 0, '');

CREATE TABLE streams (
    id       INTEGER PRIMARY KEY,
    kind     TEXT NOT NULL,
    key      TEXT NOT NULL,
    version  INTEGER NOT NULL,
    owes     INTEGER NOT NULL,
    snapshot BLOB NOT NULL,
    UNIQUE (kind, key)
);
CREATE INDEX streams_owing ON streams (id) WHERE owes = 1;

-- Times are Unix milliseconds.
CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    stream   INTEGER NOT NULL,
    version  INTEGER NOT NULL,
    type     TEXT NOT NULL,
    at       INTEGER NOT NULL,
    json     BLOB NOT NULL
);
CREATE INDEX events_by_stream ON events (stream);

-- By name, not by id: an input may come before its stream, and needs no lookup. Order and due times are looked up in memory.
CREATE TABLE work (
    id      INTEGER PRIMARY KEY,
    kind    TEXT NOT NULL,
    key     TEXT NOT NULL,
    due     INTEGER NOT NULL,
    request TEXT,
    input   BLOB NOT NULL
);

-- Ids grow with age. waits: a request was enqueued under the key, whose answer somebody expects.
CREATE TABLE keys (
    id     INTEGER PRIMARY KEY,
    key    TEXT NOT NULL UNIQUE,
    at     INTEGER NOT NULL,
    waits  INTEGER NOT NULL,
    answer BLOB
);
