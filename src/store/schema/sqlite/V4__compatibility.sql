-- The oldest schema that a program must know to use this store: one row. Each migration after this one sets it in its
-- last statement, and only expands, so that programs which know that schema go on working on this one.
CREATE TABLE compatibility (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    oldest INTEGER NOT NULL
) STRICT;
INSERT INTO compatibility (id, oldest) VALUES (1, 4);
